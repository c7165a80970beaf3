//! Signatures of deliveries.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| issuesync_fuzz_targets::signature(data));
