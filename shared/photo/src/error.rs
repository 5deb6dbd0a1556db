//! The reasons why an image cannot be used.

/// The reason that is given for an image that is cut short.
pub(crate) const CUT_SHORT: &str = "it ends too early";

/// Why an image cannot be used. The path stands beside it wherever it is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// Bytes that begin like no kind of image.
    #[error("not an image")]
    NotAnImage,
    /// A kind of image that this build cannot decode.
    #[error("{0} images cannot be decoded")]
    Unsupported(&'static str),
    /// A kind of image that a library of the system decodes, where the system does not have it.
    #[error("{format} images need {library}, which this system lacks (apt-get install {package})")]
    Missing {
        /// The kind of image.
        format: &'static str,
        /// What decodes it.
        library: &'static str,
        /// Debian's package that has it.
        package: &'static str,
    },
    /// More pixels than are decoded.
    #[error("{width} x {height} pixels are more than the limit")]
    TooLarge {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// More memory than may be taken.
    #[error(
        "its {width} x {height} pixels take {megabytes} MB to decode, which are more than --max-memory or the system allows"
    )]
    Memory {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Memory that it takes at its most, in units of 1,048,576 bytes.
        megabytes: u64,
    },
    /// A variety of a kind of image that this build cannot decode.
    #[error("this {format} cannot be decoded: {reason}")]
    Variety {
        /// The kind of image.
        format: &'static str,
        /// The feature that it needs, in the decoder's words.
        reason: String,
    },
    /// An image that ends too early or does not follow its format.
    #[error("corrupt {format}: {reason}")]
    Corrupt {
        /// The kind of image that it begins like.
        format: &'static str,
        /// The decoder's reason.
        reason: String,
    },
}
