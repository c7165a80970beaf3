//! The SQL stores: one small facade over database engines, SQLite embedded.
