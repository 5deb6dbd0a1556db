//! A guard around decoders: one that panics is caught.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is within a decoder, whose panics are caught and reported as what they are:
/// bad images.
pub fn is_decoding() -> bool {
    DECODING.get()
}

/// Runs `decoder`, and gives its result or, where it panics, nothing.
pub(crate) fn guarded<T>(decoder: impl FnOnce() -> T) -> Option<T> {
    let before = DECODING.replace(true);
    // The decoders keep no state between images, so nothing half-changed can be seen after a panic.
    let result = catch_unwind(AssertUnwindSafe(decoder)).ok();
    DECODING.set(before);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No image is known that makes a decoder panic, so this stands in for one.
    #[test]
    fn a_decoder_that_panics_is_caught() {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| assert!(is_decoding())));
        assert_eq!(guarded(|| -> u8 { panic!("a bug in a decoder") }), None);
        let nested = || guarded(|| -> u8 { panic!("a bug in a decoder") }).unwrap_or(2);
        assert_eq!(guarded(|| (nested(), is_decoding())), Some((2, true)));
        std::panic::set_hook(usual);
        assert!(!is_decoding());
        assert_eq!(guarded(|| 1), Some(1));
    }
}
