//! Numbers of things in messages.

use std::fmt::Display;

/// So many of a thing, `noun` being the word for one: "1 image", "2 images".
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    match count == N::from(1) {
        true => format!("1 {noun}"),
        false => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_plural() {
        assert_eq!(counted(1usize, "image"), "1 image");
        assert_eq!(counted(0u64, "image"), "0 images");
        assert_eq!(counted(2u32, "different image"), "2 different images");
    }
}
