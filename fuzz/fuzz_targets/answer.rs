//! Answers of a tracker, with the headers that decide something.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| issuesync_fuzz_targets::answer(data));
