//! What a head says of each image, from which every figure follows.

use hd_rows::{floats, slices};
use rayon::prelude::*;

use crate::argmax::argmax;
use crate::bottleneck::Samples;
use crate::head::Head;

/// Images that one thread works on at a time.
const PART: usize = 64;

/// A head's answer for an image, beside the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The number of the image among the samples.
    pub row: usize,
    /// The number of its label in the head.
    pub label: u32,
    /// The number of the most probable label.
    pub answer: u32,
    /// How many labels come before its own in the order of their probabilities: 0 where the answer
    /// is right. Of equals the one with the smaller number comes first.
    pub rank: u32,
    /// What the probabilities say.
    pub now: Belief,
    /// What they said before the temperature, which changes no answer.
    pub before: Belief,
    /// What makes a probability of each of its logits.
    pub(super) softmax: Softmax,
}

/// What the probabilities of all labels say of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    /// The probability of its own label.
    pub truth: f64,
    /// The largest probability.
    pub score: f64,
    /// The squared error of all of them: (1 - p)^2 of its own label and p^2 of the others, summed.
    pub squared_error: f64,
}

impl Judged {
    /// The judgement on image `row` of a label, by the probabilities with and without the
    /// temperature.
    pub(super) fn new(row: usize, label: u32, now: &[f64], before: &[f64]) -> Self {
        let own = label as usize;
        let truth = now.get(own).copied().unwrap_or_default();
        let is_before = |(number, &p): (usize, &f64)| p > truth || (p == truth && number < own);
        let rank = now.iter().enumerate().filter(|&label| is_before(label));
        Self {
            row,
            label,
            answer: argmax(now.iter().copied()).unwrap_or_default() as u32,
            rank: rank.count() as u32,
            now: Belief::new(label, now),
            before: Belief::new(label, before),
            softmax: Softmax::default(),
        }
    }

    /// Whether the answer is the label.
    pub fn is_right(&self) -> bool {
        self.answer == self.label
    }
}

impl Belief {
    fn new(label: u32, probabilities: &[f64]) -> Self {
        let errors = (0..)
            .zip(probabilities)
            .map(|(number, &p)| match number == label {
                true => (1.0 - p) * (1.0 - p),
                false => p * p,
            });
        Self {
            truth: probabilities
                .get(label as usize)
                .copied()
                .unwrap_or_default(),
            score: probabilities.iter().copied().fold(0.0, f64::max),
            squared_error: errors.sum(),
        }
    }
}

/// What makes a probability of a logit: that of the same logits is the same number here as where
/// all are computed at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Softmax {
    largest: f64,
    sum: f64,
}

impl Softmax {
    fn of(logits: &[f64]) -> Self {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers = logits.iter().map(|logit| (logit - largest).exp());
        Self {
            largest,
            sum: powers.sum(),
        }
    }

    pub(super) fn of_logit(&self, logit: f64) -> f64 {
        (logit - self.largest).exp() / self.sum
    }
}

/// The judgements of a head on some of the samples. `numbers` has the head's number of each of the
/// samples' labels.
pub(super) fn judge(
    head: &Head,
    samples: &Samples,
    numbers: &[u32],
    rows: &[usize],
) -> Vec<Judged> {
    let parts = rows.par_chunks(PART).flat_map_iter(|rows| {
        let all = logits(head, samples, rows);
        let all = all.chunks(head.labels.len().max(1)).zip(rows);
        let judged = all.map(|(logits, &row)| {
            let (now, before) = head.softmax_and_before(logits);
            Judged {
                softmax: Softmax::of(logits),
                ..Judged::new(row, label_of(samples, numbers, row), &now, &before)
            }
        });
        judged.collect::<Vec<_>>()
    });
    parts.collect()
}

/// The probability of each label for some of the samples: [rows, labels].
pub(super) fn probabilities(head: &Head, samples: &Samples, rows: &[usize]) -> Vec<Vec<f64>> {
    let all = logits(head, samples, rows);
    let all = all.chunks(head.labels.len().max(1));
    all.map(|logits| head.softmax_and_before(logits).0)
        .collect()
}

/// The logits of all labels for some of the samples.
fn logits(head: &Head, samples: &Samples, rows: &[usize]) -> Vec<f64> {
    let bottlenecks = floats(rows.iter().map(|&row| samples.row(row)));
    let bottlenecks = slices(&bottlenecks);
    let labels = head.labels.len();
    let mut logits = vec![0.0; rows.len() * labels];
    head.logits(&bottlenecks, 0..labels, &mut logits);
    logits
}

fn label_of(samples: &Samples, numbers: &[u32], row: usize) -> u32 {
    let label = samples.label(row).unwrap_or_default() as usize;
    numbers.get(label).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_label_with_the_smaller_number_comes_first() {
        let rank = |label| Judged::new(0, label, &[0.2, 0.4, 0.4, 0.0], &[1.0; 4]).rank;
        assert_eq!([0, 1, 2, 3].map(rank), [2, 0, 1, 3]);
    }

    #[test]
    fn the_squared_error_is_summed_over_all_labels() {
        let judged = Judged::new(0, 0, &[0.5, 0.25, 0.25], &[0.0, 1.0, 0.0]);
        assert_eq!(judged.now.squared_error, 0.375);
        assert_eq!(judged.before.squared_error, 2.0);
        assert!(judged.is_right());
    }

    #[test]
    fn a_probability_is_the_same_number_whichever_way_it_is_computed() {
        let logits = [0.3, -2.0, 5.5, 5.5, -700.0, 800.0];
        let all = hd_softmax::probabilities(logits.iter().copied());
        let sum = Softmax::of(&logits);
        assert!(logits.iter().zip(all).all(|(&z, p)| sum.of_logit(z) == p));
    }
}
