//! See files.rs.

#![no_main]

#[path = "../files.rs"]
mod files;
#[path = "../scratch.rs"]
mod scratch;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| files::tar(bytes));
