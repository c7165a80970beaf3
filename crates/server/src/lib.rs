//! The HTTP surface: webhook intake, REST API, event stream, tokens.
