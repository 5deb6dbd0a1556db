//! Heads on several bases, compared on the images that none of them is tested on.
//!
//! Which base to take is a choice, as the strength of the regularisation is. Whoever made it by the
//! testing images would have no figure left that is true of new ones. So each image for training or
//! validation is scored by a fit on other images, as in cross-validation, and an image counts if it
//! is scored on every base. Then the same images are compared, one by one.

use std::collections::BTreeMap;

use super::accuracy::Accuracy;
use super::mcnemar::exact_test;
use crate::bottleneck::Samples;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::head::{Head, OutOfFold, out_of_fold};
use crate::split::{Sample, Split};
use crate::twins;

/// A head, and the bottlenecks that it was trained on.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// The head.
    pub head: &'a Head,
    /// The bottlenecks.
    pub samples: &'a Samples,
}

/// How several candidates do on the same images.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Each candidate, the best first.
    pub standings: Vec<Standing>,
    /// The best beside the next.
    pub lead: Option<Lead>,
}

/// How a candidate does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Its number among the candidates.
    pub candidate: usize,
    /// How often fits that have not seen an image are right about it.
    pub accuracy: Accuracy,
    /// The mean of -log p(true label) of the same fits, in nats.
    pub cross_entropy: f64,
}

/// The images that only one of two candidates is right about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    /// Those that the best is right about.
    pub only_best: u64,
    /// Those that the next is right about.
    pub only_next: u64,
    /// How probably both would differ by this much if they were equally good: McNemar's exact test,
    /// two-sided.
    pub p: f64,
}

/// Compares the candidates by accuracy, and where that is equal by cross-entropy.
///
/// # Errors
/// Samples of another base than their head's, or with labels that it does not know; candidates
/// that have no image in common.
pub fn compare(candidates: &[Candidate]) -> Result<Comparison> {
    let scored = candidates.iter().map(Scored::of);
    let scored: Vec<Scored> = scored.collect::<Result<_>>()?;
    let common = common(&scored);
    if common.is_empty()
        && let Some(candidate) = candidates.last()
    {
        return Err(Error::Mismatch {
            path: candidate.samples.path().to_path_buf(),
            reason: "it has no image in common with the others".to_owned(),
        });
    }
    let mut standings: Vec<Standing> = (0..)
        .zip(&scored)
        .map(|(candidate, scored)| scored.standing(candidate, &common))
        .collect();
    standings.sort_by(|a, b| {
        let by_right = b.accuracy.right.cmp(&a.accuracy.right);
        by_right.then(a.cross_entropy.total_cmp(&b.cross_entropy))
    });
    let mut best = standings.iter().filter_map(|one| scored.get(one.candidate));
    let lead = best
        .next()
        .zip(best.next())
        .map(|(best, next)| Lead::of(best, next, &common));
    Ok(Comparison { standings, lead })
}

/// What fits on other images say of each image, by its content. A content counts once.
struct Scored(BTreeMap<Digest, (OutOfFold, bool)>);

impl Scored {
    fn of(candidate: &Candidate) -> Result<Self> {
        let Candidate { head, samples } = candidate;
        let examples = head.examples(samples)?;
        let images = twins::by_rule(samples, &head.split);
        let images = images.images(samples);
        let splits = head.split.assign(&images, samples.labels())?;
        let is_learned = |row: &usize| splits.get(*row) != Some(&Split::Testing);
        let rows: Vec<usize> = (0..images.len()).filter(is_learned).collect();
        let images: Vec<Sample> = rows
            .iter()
            .filter_map(|&row| images.get(row).copied())
            .collect();
        let examples: Vec<_> = rows
            .iter()
            .filter_map(|&row| examples.get(row).copied())
            .collect();
        let predicted = out_of_fold(head, &images, &examples);
        let each = images.iter().zip(&examples).zip(predicted);
        let each = each.filter_map(|((image, example), predicted)| {
            predicted.map(|one| (image.digest, (one, one.answer.0 == example.label)))
        });
        Ok(Self(each.collect()))
    }

    fn is_right(&self, image: &Digest) -> bool {
        self.0.get(image).is_some_and(|(_, is_right)| *is_right)
    }

    fn standing(&self, candidate: usize, common: &[Digest]) -> Standing {
        let self_confidence = |image| {
            self.0
                .get(image)
                .map_or(0.0, |(one, _)| one.self_confidence)
        };
        let losses = common
            .iter()
            .map(|image| -self_confidence(image).max(f64::MIN_POSITIVE).ln());
        Standing {
            candidate,
            accuracy: Accuracy::among(common.iter().map(|image| self.is_right(image))),
            cross_entropy: losses.sum::<f64>() / common.len().max(1) as f64,
        }
    }
}

impl Lead {
    fn of(best: &Scored, next: &Scored, common: &[Digest]) -> Self {
        let only = |one: &Scored, other: &Scored| {
            let only = |image: &&Digest| one.is_right(image) && !other.is_right(image);
            common.iter().filter(only).count() as u64
        };
        let (only_best, only_next) = (only(best, next), only(next, best));
        Self {
            only_best,
            only_next,
            p: exact_test(only_best, only_next),
        }
    }
}

/// The contents that all have scored, in their order.
fn common(scored: &[Scored]) -> Vec<Digest> {
    let Some((first, others)) = scored.split_first() else {
        return Vec::new();
    };
    let have_all = |image: &&Digest| others.iter().all(|one| one.0.contains_key(image));
    first.0.keys().filter(have_all).copied().collect()
}
