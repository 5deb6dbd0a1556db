//! Images that somebody should look at.

use std::path::PathBuf;

/// An image that can be used, and that somebody should look at all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noted {
    /// Its path relative to the folder of images.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}
