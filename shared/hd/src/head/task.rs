//! The task of fitting a head: samples that are divided into splits and folds, with the labels as
//! the head numbers them.

use super::labels::first_missing;
use crate::bottleneck::Samples;
use crate::split::{Sample, Split, SplitRule};
use hd_softmax::{Example, Examples, Folds, unit};

/// The folds of cross-validation: with the usual percentages all are about as large as the
/// validation images.
pub(super) const FOLDS: usize = 6;

/// Samples, divided into splits, with the labels as the head numbers them.
pub(super) struct Task<'a> {
    samples: &'a Samples,
    images: &'a [Sample<'a>],
    splits: &'a [Split],
    pub(super) labels: Vec<String>,
    /// Whether bottlenecks are brought to length one.
    pub(super) unit_length: bool,
    /// For each label of the samples, its number in the head.
    numbers: Vec<u32>,
}

impl<'a> Task<'a> {
    pub(super) fn new(
        samples: &'a Samples,
        images: &'a [Sample<'a>],
        splits: &'a [Split],
        labels: Vec<String>,
        unit_length: bool,
    ) -> Self {
        let number = |label: &String| {
            let number = labels.iter().position(|known| known == label);
            number.unwrap_or_default() as u32
        };
        Self {
            numbers: samples.labels().iter().map(number).collect(),
            samples,
            images,
            splits,
            labels,
            unit_length,
        }
    }

    /// The validation images, and the training images in parts; near-duplicates are in one fold.
    ///
    /// Distorted views are learned from in the other folds, and nothing is ever scored on one.
    pub(super) fn folds(&self) -> Folds<'a> {
        let mut folds = vec![(Vec::new(), Vec::new()); FOLDS];
        for (row, (image, split)) in self.images.iter().zip(self.splits).enumerate() {
            let number = match split {
                Split::Training => 1 + SplitRule::part(&image.group, FOLDS - 1),
                Split::Validation => 0,
                Split::Testing => continue,
            };
            if let Some((plain, views)) = folds.get_mut(number) {
                let mut all = self.views(row);
                plain.extend(all.next());
                views.extend(all);
            }
        }
        Folds::new(folds)
    }

    /// The sample, and the distorted views of it if it is for training: what is for validation is
    /// seen as it is only.
    fn views(&self, row: usize) -> impl Iterator<Item = Example<'a>> + use<'a> {
        let views = match self.splits.get(row) {
            Some(Split::Training) => self.samples.views(row),
            _ => 0,
        };
        let (samples, label, unit_length) = (self.samples, self.label(row), self.unit_length);
        (0..=views).map(move |view| {
            let x = samples.view(row, view);
            Example {
                factor: if unit_length { unit(&x.floats()) } else { 1.0 },
                x,
                label,
            }
        })
    }

    /// The images of a split, without distorted views of them.
    pub(super) fn plain(&self, wanted: Split) -> Vec<Example<'a>> {
        let rows = self.rows(wanted).into_iter();
        rows.filter_map(|row| self.views(row).next()).collect()
    }

    /// The images of a split, and distorted views of those for training.
    pub(super) fn with_views(&self, wanted: Split) -> Vec<Example<'a>> {
        let rows = self.rows(wanted).into_iter();
        rows.flat_map(|row| self.views(row)).collect()
    }

    fn rows(&self, wanted: Split) -> Vec<usize> {
        let splits = self.splits.iter().enumerate();
        let rows = splits.filter(|(_, split)| **split == wanted);
        rows.map(|(row, _)| row).collect()
    }

    /// The number of a sample's label in the head.
    fn label(&self, row: usize) -> u32 {
        let label = self.samples.label(row).unwrap_or_default() as usize;
        self.numbers.get(label).copied().unwrap_or_default()
    }

    /// How many images of each label are for training, validation and testing.
    pub(super) fn counts_by_label(&self) -> Vec<[u64; 3]> {
        let mut counts = vec![[0; 3]; self.labels.len()];
        for (row, split) in self.splits.iter().enumerate() {
            let number = Split::ALL.iter().position(|one| one == split);
            let count = counts.get_mut(self.label(row) as usize);
            if let Some(count) = count
                .zip(number)
                .and_then(|(label, number)| label.get_mut(number))
            {
                *count += 1;
            }
        }
        counts
    }

    /// Whether some of the examples have each label.
    pub(super) fn is_complete(&self, examples: &Examples) -> bool {
        let seen = examples.iter(0..examples.len());
        first_missing(self.labels.len(), seen.map(|example| example.label)).is_none()
    }
}
