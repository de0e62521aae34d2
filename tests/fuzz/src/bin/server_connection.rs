//! Fuzzes the target `server_connection`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| nihao_fuzz_targets::server_connection(data));
