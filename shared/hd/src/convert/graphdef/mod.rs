//! A reader of TensorFlow's frozen graphs, for networks of MobileNet's kind.
//!
//! A frozen graph is a list of nodes, each an operation on the outputs of others, with the weights as constants among
//! them. What the wanted tensor depends on is converted, node by node: NHWC to NCHW, padding SAME to the numbers that it
//! means, what freezing left to be computed from constants to its result, and batch norm, in either of its forms, to
//! other weights and biases of the convolution before it.

mod constant;
mod convert;
mod layer;
mod order;
mod proto;

use std::path::Path;

use prost::Message;
use prost::bytes::Bytes;

use self::convert::Converter;
use self::order::Nodes;
use self::proto::GraphDef;
use super::plan::{Cut, Plan};
use crate::error::{Error, Result};
use crate::onnx::proto::Model;

/// The size of image and bottleneck that the name of a base promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Rows and columns of an image.
    pub size: u32,
    /// Values of a bottleneck.
    pub values: usize,
}

/// The tensors of MobileNet v1, as TensorFlow's slim library names them.
const POOLED: &str = "MobilenetV1/Logits/AvgPool_1a/AvgPool";
const LOGITS: &str = "MobilenetV1/Predictions/Reshape";

/// The base that the frozen graph in `graph` holds, from its image to the tensor that `plan` cuts it at. `path` is what
/// messages name.
///
/// # Errors
/// Bytes that are no such graph; a tensor that it does not have; an operation that this reader does not know; a graph
/// that turns in circles, or contradicts itself or what is `expected`.
pub fn base_from_graph(
    path: &Path,
    graph: &Bytes,
    plan: &Plan,
    expected: Option<Expected>,
) -> Result<Vec<u8>> {
    convert(graph, plan, expected).map_err(|reason| Error::Weights {
        path: path.to_path_buf(),
        reason,
    })
}

fn convert(bytes: &Bytes, plan: &Plan, expected: Option<Expected>) -> Result<Vec<u8>, String> {
    let graph = GraphDef::decode(bytes.clone()).map_err(|_| {
        "not a frozen graph of TensorFlow: it is cut short or something else".to_owned()
    })?;
    let nodes = Nodes::new(&graph)?;
    let size = expected.map(|expected| expected.size).or(plan.size);
    let mut converter = Converter::new(plan, size, bytes.len());
    let wanted = match &plan.cut {
        Cut::Pooled => POOLED,
        Cut::Logits => LOGITS,
        Cut::Named(name) => name.strip_suffix(":0").unwrap_or(name),
    };
    for node in nodes.in_order(wanted)? {
        converter.add(node)?;
    }
    let (size, values, graph) = converter.finish(wanted)?;
    if let Some(expected) = expected.filter(|expected| expected.values != values) {
        return Err(format!(
            "'{wanted}' has {values} values an image, and {} has {}",
            plan.provenance.architecture, expected.values
        ));
    }
    Ok(plan.encode(Model::of(graph), size, values, None))
}

#[cfg(test)]
mod tests;
