//! The first convolution that an image meets in a network. It tells which of the image's axes is colour, where the
//! network's input leaves that open, and into how many patches a transformer divides an image.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::onnx::proto::{Graph, Node, Tensor};

/// Operations that leave every axis where it is.
const KEEPING: [&str; 19] = [
    "Add",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Concat",
    "DequantizeLinear",
    "Div",
    "DynamicQuantizeLinear",
    "Identity",
    "Mul",
    "Neg",
    "Pad",
    "QuantizeLinear",
    "Relu",
    "Resize",
    "Slice",
    "Split",
    "Sub",
    "Upsample",
];

/// Operations whose output is their first input in another type.
const CASTS: [&str; 3] = ["Cast", "DequantizeLinear", "Identity"];

/// The most casts between weights and the convolution that takes them.
const MOST_CASTS: usize = 8;

/// A convolution of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FirstConvolution {
    /// Which axis of the network's input is the convolution's channels.
    pub(super) axis: usize,
    /// How many channels it takes.
    pub(super) channels: i64,
    /// Rows and columns of its kernel.
    kernel: [i64; 2],
    /// Down and across.
    strides: [i64; 2],
    /// At the top, the left, the bottom and the right; None where it is as much as keeps the size.
    pads: Option<[i64; 4]>,
}

impl FirstConvolution {
    /// The first one behind `input`, if nothing before it mixes the axes.
    pub(super) fn of(graph: &Graph, input: &str) -> Option<Self> {
        let weights = Weights::of(graph);
        let mut taken_by: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for node in &graph.node {
            for name in &node.input {
                taken_by.entry(name).or_default().push(node);
            }
        }
        let mut known = BTreeSet::from([input]);
        let mut waiting = VecDeque::from([(input, [0, 1, 2, 3])]);
        while let Some((name, axes)) = waiting.pop_front() {
            for node in taken_by.get(name).into_iter().flatten() {
                let is_first = node.input.first().is_some_and(|first| first == name);
                if is_first && let Some(found) = weights.convolution(node, axes) {
                    return Some(found);
                }
                let Some(axes) = behind(node, axes) else {
                    continue;
                };
                for output in &node.output {
                    if known.insert(output) {
                        waiting.push_back((output, axes));
                    }
                }
            }
        }
        None
    }

    /// How many outputs it has for an image of `size` rows and columns.
    pub(super) fn outputs(&self, size: u32) -> Option<usize> {
        let along = |axis: usize| {
            let (size, stride) = (i64::from(size), *self.strides.get(axis)?);
            if stride < 1 {
                return None;
            }
            let Some(pads) = self.pads else {
                return size.checked_add(stride - 1)?.checked_div(stride);
            };
            let padded = size
                .checked_add(*pads.get(axis)?)?
                .checked_add(*pads.get(axis + 2)?)?;
            let moves = padded.checked_sub(*self.kernel.get(axis)?)?;
            (moves >= 0).then_some(moves / stride + 1)
        };
        usize::try_from(along(0)?.checked_mul(along(1)?)?).ok()
    }
}

/// Where the axes of the input lie behind `node`.
fn behind(node: &Node, axes: [usize; 4]) -> Option<[usize; 4]> {
    match node.op_type.as_str() {
        operation if KEEPING.contains(&operation) => Some(axes),
        "Transpose" => {
            let order = ints(node, "perm").unwrap_or(&[3, 2, 1, 0]);
            let moved = order.iter().map(|&from| {
                let from = usize::try_from(from).ok()?;
                axes.get(from).copied()
            });
            moved.collect::<Option<Vec<_>>>()?.try_into().ok()
        }
        _ => None,
    }
}

/// What is known of a graph's weights.
struct Weights<'a> {
    tensors: BTreeMap<&'a str, &'a Tensor>,
    made_by: BTreeMap<&'a str, &'a Node>,
}

impl<'a> Weights<'a> {
    fn of(graph: &'a Graph) -> Self {
        let outputs = |node: &'a Node| node.output.iter().map(move |name| (name.as_str(), node));
        Self {
            tensors: (graph.initializer.iter())
                .map(|tensor| (tensor.name.as_str(), tensor))
                .collect(),
            made_by: graph.node.iter().flat_map(outputs).collect(),
        }
    }

    /// `node` as a convolution of an input whose axes lie so, if it is one.
    fn convolution(&self, node: &Node, axes: [usize; 4]) -> Option<FirstConvolution> {
        let kernel = match node.op_type.as_str() {
            "Conv" | "ConvInteger" => node.input.get(1)?,
            "QLinearConv" => node.input.get(3)?,
            _ => return None,
        };
        let &[_, each, height, width] = self.dims(kernel)? else {
            return None;
        };
        let group = int(node, "group").unwrap_or(1);
        Some(FirstConvolution {
            axis: axes[1],
            channels: each.checked_mul(group)?,
            kernel: [height, width],
            strides: ints(node, "strides").unwrap_or(&[1, 1]).try_into().ok()?,
            pads: match text(node, "auto_pad") {
                Some(b"SAME_UPPER" | b"SAME_LOWER") => None,
                _ => Some(ints(node, "pads").unwrap_or(&[0; 4]).try_into().ok()?),
            },
        })
    }

    /// The sizes of weights, which may be brought to another type first.
    fn dims(&self, name: &str) -> Option<&'a [i64]> {
        let mut name = name;
        for _ in 0..MOST_CASTS {
            if let Some(tensor) = self.tensors.get(name) {
                return Some(&tensor.dims);
            }
            let node = *self.made_by.get(name)?;
            match node.op_type.as_str() {
                "Constant" => {
                    let mut tensors = node.attribute.iter().filter_map(|a| a.t.as_ref());
                    return tensors.next().map(|tensor| tensor.dims.as_slice());
                }
                operation if CASTS.contains(&operation) => name = node.input.first()?,
                _ => return None,
            }
        }
        None
    }
}

fn ints<'a>(node: &'a Node, name: &str) -> Option<&'a [i64]> {
    Some(&node.attribute(name)?.ints)
}

fn int(node: &Node, name: &str) -> Option<i64> {
    node.attribute(name)?.i
}

fn text<'a>(node: &'a Node, name: &str) -> Option<&'a [u8]> {
    node.attribute(name)?.s.as_deref()
}
