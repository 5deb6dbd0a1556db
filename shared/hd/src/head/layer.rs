//! A head as the layer that is put behind a base.

use super::model::Head;
use crate::onnx::Layer;

impl<'a> From<&'a Head> for Layer<'a> {
    fn from(head: &'a Head) -> Self {
        Self {
            labels: &head.labels,
            unit_length: head.unit_length,
            weights: &head.weights,
            biases: &head.biases,
        }
    }
}
