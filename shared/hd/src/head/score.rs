//! Scores: how each strength of the regularisation did in cross-validation.

use serde::{Deserialize, Serialize};

/// The score of a strength, on images that the fits did not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The strength: the loss is mean cross-entropy + l2/2 |W|^2, on standardised bottlenecks.
    pub l2: f64,
    /// The temperature: logits are best divided by it.
    pub temperature: f64,
    /// Mean cross-entropy over all scored folds after that, in nats; every label counts as it did
    /// in training.
    pub cross_entropy: f64,
    /// The share of images in these folds whose most probable label is right, weighted likewise.
    pub accuracy: f64,
    /// How many folds were scored.
    pub folds: u32,
    /// How many images are in them.
    pub images: u64,
    /// The share of the validation images that are right, each counted alike.
    pub validation_accuracy: f64,
}

impl Score {
    /// The strength in as many digits as tell it from others.
    pub fn strength(&self) -> String {
        shown(self.l2)
    }
}

/// A strength for people to read.
pub(super) fn shown(l2: f64) -> String {
    match l2 > 0.0 && l2 < 0.001 {
        true => format!("{l2:.1e}"),
        false => format!("{l2:.4}"),
    }
}
