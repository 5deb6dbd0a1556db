//! See images.rs.

#![no_main]

#[path = "../images.rs"]
mod images;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| images::image(bytes));
