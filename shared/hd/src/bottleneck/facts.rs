//! What is kept of an image beside its bottlenecks.

use crate::photo::Notes;

/// What is kept of an image beside its bottlenecks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// How many pixels it has.
    pub(super) pixels: u64,
    /// Why somebody should look at it.
    pub(super) notes: Notes,
}
