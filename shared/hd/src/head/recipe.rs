//! The recipe of a head: which images it is fitted to, and how.

use super::balance::ClassWeights;
use super::model::Head;
use super::prior::Prior;
use super::sgd::Sgd;
use crate::split::SplitRule;

/// The strength of the L2 regularisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strength {
    /// The one that does best in cross-validation.
    Chosen,
    /// A given one.
    Given(f64),
}

/// How a head is fitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Solver {
    /// To the optimum, by L-BFGS.
    Lbfgs(Strength),
    /// Step by step, as retrain.py does it.
    Sgd(Sgd),
}

/// How a head is trained.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Which images are learned from.
    pub split: SplitRule,
    /// Whether near-duplicates are found, and kept on one side; otherwise each image is divided for
    /// itself.
    pub group_duplicates: bool,
    /// How the head is fitted to them.
    pub solver: Solver,
    /// How much each of them counts; by [`Sgd`] every label counts alike.
    pub class_weights: ClassWeights,
    /// The mix of labels that the scores are for.
    pub prior: Prior,
    /// A head to start from, whose labels keep their order.
    pub init: Option<Head>,
}
