//! Samples as a head sees them: their labels by its numbers, and which of them it learned from.

use crate::bottleneck::Samples;
use crate::error::{Error, Result};
use crate::head::Head;
use crate::split::Sample;

/// Images that are listed one by one at most, so that `metrics.json` stays small.
pub(super) const LISTED: usize = 2000;

/// For each label of the samples, its number in the head, which messages call `name`.
pub(super) fn label_numbers(head: &Head, name: &str, samples: &Samples) -> Result<Vec<u32>> {
    let number = |label: &String| {
        let position = head.labels.iter().position(|known| known == label);
        position
            .map(|number| number as u32)
            .ok_or_else(|| Error::Mismatch {
                path: samples.path().to_path_buf(),
                reason: format!(
                    "it has the label '{label}', but {name} knows only '{}'",
                    head.labels.join("', '")
                ),
            })
    };
    samples.labels().iter().map(number).collect()
}

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
