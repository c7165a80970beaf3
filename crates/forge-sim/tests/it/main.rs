//! Stories about the simulated tracker: what a client and a webhook receiver see, never what is inside.

mod api;
mod deliveries;
mod faults;
mod history;
mod hooks;
mod places;
mod shapes;
mod shell;
mod stage;
