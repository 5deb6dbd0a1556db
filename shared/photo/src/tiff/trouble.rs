//! Errors of TIFFs.

use crate::error::DecodeError;

/// A file that does not follow its format.
pub(super) fn corrupt(reason: impl Into<String>) -> DecodeError {
    DecodeError::Corrupt {
        format: "TIFF",
        reason: reason.into(),
    }
}

/// What cannot be decoded here is what other programs can turn into something that can.
pub(super) fn variety(reason: impl Into<String>) -> DecodeError {
    let reason = reason.into();
    DecodeError::Variety {
        format: "TIFF",
        reason: format!("{reason}; ImageMagick's `convert FILE OUT.png` makes a PNG of most"),
    }
}
