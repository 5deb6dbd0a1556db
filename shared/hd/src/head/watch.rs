//! Watching a head being trained: what is told on the way, and to whom.

use super::predictions::Predictions;
use super::score::Score;
use crate::split::Split;

/// Somebody who is told how training goes. Whatever is not of interest need not be implemented.
pub trait Watch {
    /// A strength of the regularisation was scored.
    fn score(&self, _: &Score) {}

    /// A step of gradient descent was measured.
    fn step(&self, _: &Step) {}

    /// Whether there are to be snapshots, of every step. By default there are none.
    fn wants_snapshots(&self) -> bool {
        false
    }

    /// The head after a step, with the training or the validation images to look at it.
    fn snapshot(&self, _: Split, _: &Snapshot) {}

    /// The head after the last step, likewise.
    fn finished(&self, _: Split, _: &Snapshot) {}
}

/// Nobody is told.
impl Watch for () {}

/// The measurements after a step of gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The number of the step; the first is 0.
    pub index: u32,
    /// The share of the batch whose most probable label is right.
    pub accuracy: f64,
    /// Mean cross-entropy of the batch, in nats.
    pub cross_entropy: f64,
    /// The share of validation images likewise, and how many they were; absent where there are
    /// none.
    pub validation: Option<(f64, usize)>,
}

/// A head as it is after a step, before any temperature.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The number of the step; the first is 0.
    pub step: usize,
    /// The labels, in output order.
    pub labels: &'a [String],
    /// Whether bottlenecks are brought to length one before W.
    pub unit_length: bool,
    /// W, C x D, in rows.
    pub weights: &'a [f32],
    /// b, C.
    pub biases: &'a [f32],
    /// The head's predictions for the images that it is looked at with. Nothing is computed until
    /// they are asked for.
    pub predictions: Predictions<'a>,
}
