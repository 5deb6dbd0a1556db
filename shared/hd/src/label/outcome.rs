//! The outcome of looking at one image.

use crate::photo::DecodeError;

/// A result for an image, or the reason why it is none. That is no failure of the labeller, which
/// can go on with the next.
pub type Outcome<T> = std::result::Result<T, DecodeError>;
