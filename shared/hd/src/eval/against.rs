//! Two heads on the same images.

use serde::{Deserialize, Serialize};

use super::accuracy::Accuracy;
use super::calibration::Calibration;
use super::judged::{Judged, judge};
use super::mcnemar::exact_test;
use super::rows::{LISTED, path_of};
use crate::bottleneck::Samples;
use crate::error::Result;
use crate::head::Head;
use crate::split::Sample;

/// How another head does on the images that were evaluated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// What the other head is called.
    pub head: String,
    /// How many of the images the other head has learned from: its figures flatter it then.
    pub learned: u64,
    /// How often it is right.
    #[serde(flatten)]
    pub accuracy: Accuracy,
    /// Its cross-entropy, in nats.
    pub cross_entropy: f64,
    /// The images that only this head is right about, and not the other.
    pub only_this_right: u64,
    /// The images that only the other head is right about.
    pub only_other_right: u64,
    /// How probably both would differ by this much if they were equally good: McNemar's exact test,
    /// two-sided.
    pub mcnemar_p: f64,
    /// How many images they answer differently.
    pub different: u64,
    /// These images, by path, and no more than 2000 of them.
    pub changed: Vec<Changed>,
}

/// An image that two heads answer differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Its path relative to the folder of images; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Its label.
    pub label: String,
    /// The answer of this head.
    pub answer: String,
    /// The answer of the other.
    pub other: String,
}

impl Against {
    /// Compares the answers of `head` with those of `other`, which is called `name`.
    pub(super) fn of(
        head: &Head,
        judged: &[Judged],
        (name, other): (&str, &Head),
        samples: &Samples,
        images: &[Sample],
    ) -> Result<Self> {
        other.check_base(samples, name)?;
        let numbers = other.numbers(samples, name)?;
        let rows: Vec<usize> = judged.iter().map(|image| image.row).collect();
        let others = judge(other, samples, &numbers, &rows);
        let pairs = || judged.iter().zip(&others);
        let only = |this: bool| {
            let only = pairs().filter(|(a, b)| a.is_right() == this && b.is_right() != this);
            only.count() as u64
        };
        let (only_this_right, only_other_right) = (only(true), only(false));
        let label = |head: &Head, number: u32| {
            head.labels
                .get(number as usize)
                .cloned()
                .unwrap_or_default()
        };
        let changed = pairs().filter_map(|(a, b)| {
            let (answer, other) = (label(head, a.answer), label(other, b.answer));
            (answer != other).then(|| Changed {
                path: path_of(samples, a.row),
                label: label(head, a.label),
                answer,
                other,
            })
        });
        let mut changed: Vec<Changed> = changed.collect();
        let different = changed.len() as u64;
        changed.truncate(LISTED);
        Ok(Self {
            head: name.to_owned(),
            learned: learned(other, images, &rows),
            accuracy: Accuracy::among(others.iter().map(Judged::is_right)),
            cross_entropy: Calibration::of(others.iter().map(|one| (one.now, one.is_right())))
                .cross_entropy,
            only_this_right,
            only_other_right,
            mcnemar_p: exact_test(only_this_right, only_other_right),
            different,
            changed,
        })
    }
}

/// How many of the evaluated rows a head has learned from.
fn learned(head: &Head, images: &[Sample], rows: &[usize]) -> u64 {
    let images = rows.iter().filter_map(|&row| images.get(row));
    images
        .filter(|image| head.learned.contains(&image.digest))
        .count() as u64
}
