//! A stateful simulator of issue trackers that speaks their wire formats.
