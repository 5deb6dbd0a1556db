//! A tensor of a file of weights, with its data.

/// A float32 tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    /// The size of each dimension; none for a scalar.
    pub(super) shape: Vec<usize>,
    /// As many elements as the sizes multiply to.
    pub(super) data: Vec<f32>,
}
