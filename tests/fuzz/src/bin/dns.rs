//! Fuzzes the target `dns`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nihao_fuzz_targets::dns(data));
