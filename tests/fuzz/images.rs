//! Images of every format, on bytes that may be anything.

#![allow(dead_code, reason = "each target calls one of them")]

use std::sync::Once;

use hd::photo::{Preprocess, ResizeRule, Want, decode, is_decoding};

/// No image of the tests has as many.
const MAX_PIXELS: u64 = 1 << 14;

/// Decodes an image in each way that there is, and prepares it for a network.
pub(crate) fn image(bytes: &[u8]) {
    static QUIET: Once = Once::new();
    QUIET.call_once(expect_panics_in_decoders);
    for as_tensorflow in [false, true] {
        let want = Want {
            truncated: true,
            max_pixels: MAX_PIXELS,
            shorter_side: None,
            as_tensorflow,
        };
        if let Ok(image) = decode(bytes, &want) {
            assert!(image.pixels() <= MAX_PIXELS);
        }
    }
    let rule = Preprocess {
        resize: ResizeRule::CentreCrop { shorter_side: 9 },
        ..Preprocess::of_size(8, 8)
    };
    if let Ok(pixels) = rule.apply(bytes, MAX_PIXELS) {
        assert_eq!(pixels.len(), 8 * 8 * 3);
    }
}

/// A decoder that panics is caught, and its image is a bad one: that is no finding.
fn expect_panics_in_decoders() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_decoding() {
            usual(panic);
        }
    }));
}
