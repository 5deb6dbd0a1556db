//! See archives.rs.

#![no_main]

#[path = "../archives.rs"]
mod archives;
#[path = "../scratch.rs"]
mod scratch;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| archives::archive(bytes));
