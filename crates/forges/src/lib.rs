//! Adapters for the trackers: pure translation between wire formats and the provider port.
