//! The sum of losses and of their gradients over some rows.

/// The sum of losses and of their gradients over some rows.
pub(crate) struct Sum {
    pub(crate) loss: f64,
    /// By rows less nothing, [O, D].
    pub(crate) weights: Vec<f64>,
    /// [O].
    pub(crate) biases: Vec<f64>,
}

impl Sum {
    pub(crate) fn zero(outputs: usize, size: usize) -> Self {
        Self {
            loss: 0.0,
            weights: vec![0.0; outputs * size],
            biases: vec![0.0; outputs],
        }
    }
}
