//! Fuzzes the target `client_connection`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nihao_fuzz_targets::client_connection(data));
