//! A tensor of a state dict, with its data.

/// A float32 tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tensor {
    /// The size of each dimension; none for a scalar.
    pub shape: Vec<usize>,
    /// As many elements as the sizes multiply to.
    pub data: Vec<f32>,
}
