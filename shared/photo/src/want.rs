//! How an image is wanted.

/// The usual limit on the size of an image, in pixels. Phones make 200 megapixels; bombs claim
/// more.
pub const MAX_PIXELS: u64 = 1 << 28;

/// How an image is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// An image of more pixels is refused.
    pub max_pixels: u64,
    /// The shorter side may be reduced to no less than this many pixels where that saves work;
    /// absent, the image is wanted in its full size.
    pub shorter_side: Option<u32>,
    /// Whether a JPEG is to have the very pixels that TensorFlow gives it.
    pub as_tensorflow: bool,
    /// Whether a JPEG that ends too early is taken where most of its rows are there.
    pub truncated: bool,
}

impl Default for Want {
    /// The full size, up to [`MAX_PIXELS`].
    fn default() -> Self {
        Self {
            max_pixels: MAX_PIXELS,
            shorter_side: None,
            as_tensorflow: false,
            truncated: false,
        }
    }
}
