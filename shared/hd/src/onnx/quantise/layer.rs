//! The layers that can be in integers.

use super::flow::{Flow, first};
use super::weights::Filters;
use crate::onnx::proto::{FLOAT, Node, Tensor};

/// A convolution or a fully connected layer with weights that are known and in floats.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// [out, in / groups, places of the kernel].
    pub(super) weights: Vec<f32>,
    pub(super) dims: Vec<i64>,
    /// One for each output.
    pub(super) biases: Vec<f32>,
    groups: usize,
}

impl Layer {
    /// The layer that a node is, if it is one.
    pub(super) fn of(node: &Node, flow: &Flow<'_>) -> Option<Self> {
        let [data, weights, rest @ ..] = node.input.as_slice() else {
            return None;
        };
        let is_own = node.domain.is_empty() || node.domain == "ai.onnx";
        if !is_own || flow.is_pooled(data) || flow.constant(data).is_some() {
            return None;
        }
        let weights = floats(flow.constant(weights)?)?;
        let (dims, weights, groups) = match node.op_type.as_str() {
            "Conv" => (weights.0, weights.1, integer(node, "group", 1)),
            "Gemm" if is_plain(node) => {
                let (dims, weights) = rows(weights, integer(node, "transB", 0) != 0)?;
                (dims, weights, 1)
            }
            _ => return None,
        };
        let outputs = usize::try_from(*dims.first()?).ok()?;
        let biases = match first(rest) {
            "" => vec![0.0; outputs],
            name => floats(flow.constant(name)?)?.1,
        };
        let is_whole = biases.len() == outputs && outputs > 0 && weights.len() % outputs == 0;
        (is_whole && !weights.is_empty()).then_some(Self {
            weights,
            dims,
            biases,
            groups: usize::try_from(groups).ok()?,
        })
    }

    /// The weights by their output.
    pub(super) fn filters(&self) -> Filters<'_> {
        let size = |dim: Option<&i64>| dim.map_or(1, |&size| size.max(1) as usize);
        Filters {
            values: &self.weights,
            outputs: size(self.dims.first()),
            inputs: size(self.dims.get(1)),
            groups: self.groups,
        }
    }
}

/// Whether a Gemm is the product and sum of a fully connected layer.
fn is_plain(node: &Node) -> bool {
    let factor = |name| {
        let found = node.attribute(name);
        found.and_then(|attribute| attribute.f).unwrap_or(1.0)
    };
    factor("alpha") == 1.0 && factor("beta") == 1.0 && integer(node, "transA", 0) == 0
}

/// A matrix with a row for each output.
fn rows((dims, values): (Vec<i64>, Vec<f32>), is_so: bool) -> Option<(Vec<i64>, Vec<f32>)> {
    let &[inputs, outputs] = dims.as_slice() else {
        return None;
    };
    if is_so {
        return Some((dims, values));
    }
    let outputs = usize::try_from(outputs).ok()?;
    let column = |output| values.iter().skip(output).step_by(outputs.max(1)).copied();
    let rows = (0..outputs).flat_map(column).collect();
    Some((vec![outputs as i64, inputs], rows))
}

/// The shape and values of a tensor of floats.
fn floats(tensor: &Tensor) -> Option<(Vec<i64>, Vec<f32>)> {
    if tensor.data_type != FLOAT {
        return None;
    }
    let values = match tensor.raw_data {
        Some(_) => tensor.values(),
        None => tensor.float_data.clone(),
    };
    let is_whole = values.len() as i64 == tensor.dims.iter().product::<i64>();
    let is_finite = values.iter().all(|value| value.is_finite());
    (is_whole && is_finite).then(|| (tensor.dims.clone(), values))
}

fn integer(node: &Node, name: &str, default: i64) -> i64 {
    let found = node.attribute(name);
    found.and_then(|attribute| attribute.i).unwrap_or(default)
}
