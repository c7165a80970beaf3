//! Addresses of repositories that somebody pasted.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| issuesync_fuzz_targets::address(data));
