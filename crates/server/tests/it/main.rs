//! The HTTP surface over a real engine, the memory store and a tracker that only answers what a test tells it.

#![allow(clippy::disallowed_methods, reason = "tests may wait in real time")]

mod app;
mod fixtures;
mod tracker;

mod auth;
mod bad_input;
mod comments;
mod conflicts;
mod connections;
mod edits;
mod events;
mod listener;
mod listing;
mod log;
mod openapi;
mod outbox;
mod story;
mod tokens;
mod webhooks;
