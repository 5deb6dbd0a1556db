//! Looking on while a head is trained.

use ndarray::{Array1, Array2};

use super::select::Score;
use super::sgd::Step;
use super::softmax::probabilities;
use crate::split::Split;
use crate::tensorboard::Shown;

/// Who is told how training goes.
pub trait Watch {
    /// How a strength of the regularisation did.
    fn score(&self, _: &Score) {}

    /// What was measured after a step of gradient descent.
    fn step(&self, _: &Step) {}

    /// Whether every step is to be shown in full, which costs a look at the pictures each time.
    fn wants_all(&self) -> bool {
        false
    }

    /// What a step has made of the head, as training or validation pictures show it.
    fn show(&self, _: Split, _: &Shown) {}
}

/// Nobody.
impl Watch for () {}

/// Pictures that a head is looked at with.
pub(super) struct Look {
    /// [N, D].
    pub(super) x: Array2<f32>,
    /// [N], each the number of a label.
    pub(super) y: Vec<usize>,
}

/// What a head makes of pictures.
pub(super) struct Measured {
    pub(super) accuracy: f64,
    pub(super) cross_entropy: f64,
    logits: Vec<f32>,
    probabilities: Vec<f32>,
}

impl Look {
    /// With W [C, D] and b [C].
    pub(super) fn measure(&self, weights: &Array2<f32>, biases: &Array1<f32>) -> Measured {
        let logits = self.x.dot(&weights.t()) + biases;
        let (mut right, mut cross_entropy) = (0.0, 0.0);
        let mut all = Vec::with_capacity(logits.len());
        for (row, &label) in logits.rows().into_iter().zip(&self.y) {
            let softmax = probabilities(row.iter().copied());
            let own = softmax.get(label).copied().unwrap_or_default();
            cross_entropy -= own.max(f64::MIN_POSITIVE).ln();
            // Of equals the first.
            let largest = softmax.iter().copied().fold(0.0, f64::max);
            right += f64::from(softmax.iter().position(|&p| p == largest) == Some(label));
            all.extend(softmax.into_iter().map(|p| p as f32));
        }
        let n = self.y.len().max(1) as f64;
        Measured {
            accuracy: right / n,
            cross_entropy: cross_entropy / n,
            logits: logits.iter().copied().collect(),
            probabilities: all,
        }
    }
}

impl Measured {
    /// Shows it, with the W and b that it was measured with.
    pub(super) fn show(
        &self,
        watch: &dyn Watch,
        split: Split,
        step: usize,
        weights: &Array2<f32>,
        biases: &Array1<f32>,
    ) {
        let shown = Shown {
            step,
            weights: weights.as_slice().unwrap_or_default(),
            biases: biases.as_slice().unwrap_or_default(),
            logits: &self.logits,
            probabilities: &self.probabilities,
            accuracy: self.accuracy,
            cross_entropy: self.cross_entropy,
        };
        watch.show(split, &shown);
    }
}
