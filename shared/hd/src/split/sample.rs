//! Images as the division into splits sees them.

use std::path::Path;

use super::part::Split;
use crate::digest::Digest;

/// An image to be divided.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The digest of its content.
    pub digest: Digest,
    /// The digest that decides its split: the smallest among the near-duplicates of it, which is its
    /// own where there is none.
    pub group: Digest,
    /// The number of its label.
    pub label: u32,
    /// Its path within its folder of images.
    pub path: &'a Path,
    /// The split that its folder or its list gives it.
    pub given: Option<Split>,
}

/// Identifies a set of images and their labels; their order has no influence.
pub(crate) fn identify(images: &[Sample]) -> Digest {
    let mut sorted: Vec<_> = images
        .iter()
        .map(|image| (image.digest, image.label))
        .collect();
    sorted.sort_unstable();
    let labels: Vec<[u8; 4]> = sorted
        .iter()
        .map(|(_, label)| label.to_le_bytes())
        .collect();
    let pairs = sorted.iter().zip(&labels);
    let parts = pairs.flat_map(|((digest, _), label)| [digest.as_bytes().as_slice(), label]);
    Digest::of_parts(parts)
}
