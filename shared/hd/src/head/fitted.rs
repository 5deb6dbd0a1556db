//! The result of a solver.

use super::score::Score;

/// A softmax layer as a solver found it, and how it got there.
pub(super) struct Fitted {
    /// [C, D].
    pub(super) weights: Vec<f32>,
    /// [C].
    pub(super) biases: Vec<f32>,
    pub(super) temperature: f64,
    pub(super) l2: f64,
    pub(super) scores: Vec<Score>,
    pub(super) score: Option<Score>,
    pub(super) iterations: usize,
    pub(super) loss: Option<f64>,
    pub(super) converged: bool,
}
