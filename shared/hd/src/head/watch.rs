//! Looking on while a head is trained.

use rayon::prelude::*;

use super::examples::Example;
use super::kernel::project;
use super::select::Score;
use super::sgd::Step;
use super::softmax::probabilities;
use crate::split::Split;
use crate::tensorboard::{Curve, Histogram, Shown};

/// Images that are looked at by one thread at once.
const PART: usize = 2048;

/// Images whose logits are computed together.
const ROWS: usize = 16;

/// Who is told how training goes.
pub trait Watch {
    /// How a strength of the regularisation did.
    fn score(&self, _: &Score) {}

    /// What was measured after a step of gradient descent.
    fn step(&self, _: &Step) {}

    /// Whether every step is to be shown in full, which costs a look at the images each time.
    fn wants_all(&self) -> bool {
        false
    }

    /// What a step has made of the head, as training or validation images show it.
    fn show(&self, _: Split, _: &Shown) {}

    /// After the last step, whose number is given: how the probabilities of each label are distributed.
    fn curves(&self, _: Split, _: usize, _: &[String], _: &[Curve]) {}
}

/// Nobody.
impl Watch for () {}

/// Images that a head is looked at with.
pub(super) struct Look<'a>(pub(super) Vec<Example<'a>>);

/// W [C, D] and b [C] after a step.
#[derive(Clone, Copy)]
pub(super) struct State<'a> {
    pub(super) step: usize,
    pub(super) labels: &'a [String],
    pub(super) weights: &'a [f32],
    pub(super) biases: &'a [f32],
}

/// What a head makes of images.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) accuracy: f64,
    pub(super) cross_entropy: f64,
    logits: Histogram,
    probabilities: Histogram,
}

impl Look<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// With W [C, D] and b [C]: how the probabilities of each label are distributed.
    pub(super) fn curves(&self, weights: &[f32], biases: &[f32]) -> Vec<Curve> {
        let parts = self.0.par_chunks(PART);
        let parts: Vec<Vec<Curve>> = parts.map(|part| curves(part, weights, biases)).collect();
        let none = vec![Curve::default(); biases.len()];
        parts.into_iter().fold(none, |mut all, part| {
            all.iter_mut()
                .zip(&part)
                .for_each(|(all, part)| all.merge(part));
            all
        })
    }

    /// With W [C, D] and b [C].
    pub(super) fn measure(&self, weights: &[f32], biases: &[f32]) -> Measured {
        let parts = self.0.par_chunks(PART);
        let sums: Vec<Measured> = parts.map(|part| sums(part, weights, biases)).collect();
        let mut all = sums.into_iter().fold(Measured::default(), |mut all, part| {
            all.accuracy += part.accuracy;
            all.cross_entropy += part.cross_entropy;
            all.logits.merge(&part.logits);
            all.probabilities.merge(&part.probabilities);
            all
        });
        let n = self.len().max(1) as f64;
        all.accuracy /= n;
        all.cross_entropy /= n;
        all
    }
}

/// A curve for each label.
fn curves(examples: &[Example], weights: &[f32], biases: &[f32]) -> Vec<Curve> {
    let mut curves = vec![Curve::default(); biases.len()];
    each(examples, weights, biases, |_, softmax, label| {
        for (number, (curve, &p)) in (0..).zip(curves.iter_mut().zip(softmax)) {
            curve.add(p, number == label);
        }
    });
    curves
}

/// Gives `take` the probabilities of each of the examples, with its logits, and its label.
fn each(
    examples: &[Example],
    weights: &[f32],
    biases: &[f32],
    mut take: impl FnMut(&[f32], &[f64], u32),
) {
    let mean = vec![0f32; weights.len() / biases.len().max(1)];
    let mut logits = vec![0f32; ROWS * biases.len()];
    for examples in examples.chunks(ROWS) {
        let rows: Vec<&[f32]> = examples.iter().map(|example| example.x).collect();
        let logits = logits
            .get_mut(..rows.len() * biases.len())
            .unwrap_or_default();
        project(&rows, &mean, weights, logits);
        let logits = logits.chunks_mut(biases.len().max(1));
        for (Example { label, .. }, logits) in examples.iter().zip(logits) {
            logits.iter_mut().zip(biases).for_each(|(z, b)| *z += b);
            let softmax = probabilities(logits.iter().map(|&z| f64::from(z)));
            take(logits, &softmax, *label);
        }
    }
}

/// As many of the examples as are right, and the sum of their cross-entropies.
fn sums(examples: &[Example], weights: &[f32], biases: &[f32]) -> Measured {
    let mut sums = Measured::default();
    each(examples, weights, biases, |logits, softmax, label| {
        let own = softmax.get(label as usize).copied().unwrap_or_default();
        sums.cross_entropy -= own.max(f64::MIN_POSITIVE).ln();
        // Of equals the first.
        let largest = softmax.iter().copied().fold(0.0, f64::max);
        let answer = softmax.iter().position(|&p| p == largest);
        sums.accuracy += f64::from(answer == Some(label as usize));
        logits.iter().for_each(|&z| sums.logits.add(z.into()));
        softmax.iter().for_each(|&p| sums.probabilities.add(p));
    });
    sums
}

impl Measured {
    /// Shows it, with the state that it was measured in.
    pub(super) fn show(&self, watch: &dyn Watch, split: Split, state: State) {
        let shown = Shown {
            step: state.step,
            labels: state.labels,
            weights: state.weights,
            biases: state.biases,
            logits: &self.logits,
            probabilities: &self.probabilities,
            accuracy: self.accuracy,
            cross_entropy: self.cross_entropy,
        };
        watch.show(split, &shown);
    }
}
