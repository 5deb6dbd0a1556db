//! Labels, and the names of the folders that give them.

use std::ffi::OsStr;

/// The label of the folder `name`.
pub fn label_of(name: &OsStr) -> String {
    name.to_string_lossy().replace(['_', '-'], " ")
}
