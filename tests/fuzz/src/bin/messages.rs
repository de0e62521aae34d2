//! Fuzzes the target `messages`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nihao_fuzz_targets::messages(data));
