//! Samples as a head sees them: where they lie, and which of them it learned from.

use crate::bottleneck::Samples;
use crate::head::Head;
use crate::split::Sample;

/// Images that are listed one by one at most, so that `metrics.json` stays small.
pub(super) const LISTED: usize = 2000;

/// The rows that a head has learned from, by the content of their images.
pub(super) fn learned_rows(head: &Head, images: &[Sample]) -> Vec<usize> {
    let rows = images.iter().enumerate();
    let learned = rows.filter(|(_, image)| head.learned.contains(&image.digest));
    learned.map(|(row, _)| row).collect()
}

/// The path of a sample, for JSON.
pub(super) fn path_of(samples: &Samples, row: usize) -> String {
    let path = samples
        .image(row)
        .map(|path| path.to_string_lossy().into_owned());
    path.unwrap_or_default()
}
