//! The configuration file with one variable over it.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| issuesync_fuzz_targets::config(data));
