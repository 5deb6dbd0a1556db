//! Labels, and the names of the folders that give them.

use std::ffi::OsStr;

use unicode_normalization::UnicodeNormalization;

/// The label of the folder `name`.
pub fn label_of(name: &OsStr) -> String {
    normal(&name.to_string_lossy()).replace(['_', '-'], " ")
}

/// A label in its normal form, NFC: one letter with an accent may be kept as one character or as
/// two, and looks the same.
pub(super) fn normal(label: &str) -> String {
    label.nfc().collect()
}
