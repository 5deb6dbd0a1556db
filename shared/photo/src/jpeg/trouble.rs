//! Errors of JPEGs.

use crate::error::{CUT_SHORT, DecodeError};

pub(super) fn corrupt(reason: impl Into<String>) -> DecodeError {
    DecodeError::Corrupt {
        format: "JPEG",
        reason: reason.into(),
    }
}

pub(super) fn variety(reason: String) -> DecodeError {
    DecodeError::Variety {
        format: "JPEG",
        reason,
    }
}

pub(super) fn cut_short() -> DecodeError {
    corrupt(CUT_SHORT)
}
