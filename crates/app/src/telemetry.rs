//! What is logged, and how: to standard error, as text or one JSON object a line. No secrets, no bodies.

use crate::config::LogConfig;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging for this process; a second call changes nothing.
pub fn start(log: &LogConfig) {
    // The configuration has checked the directives; a caller that made its own gets the default.
    let filter = EnvFilter::builder().parse(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _already_started = if log.json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
}

/// Logging of a short command: warnings only.
pub fn start_quietly() {
    start(&LogConfig { level: "warn".to_owned(), json: false });
}
