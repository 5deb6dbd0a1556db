//! A reader of TensorFlow's frozen graphs, for convolutional networks: MobileNet, Inception, ResNet and their like.
//!
//! A frozen graph is a list of nodes, each an operation on the outputs of others, with the weights as constants among
//! them. What the wanted tensor depends on is converted, node by node: NHWC to NCHW, padding SAME to the numbers that it
//! means, what freezing left to be computed from constants to its result, and batch norm, in each of its forms, to other
//! weights and biases of the convolution before it. Where a graph decodes images itself, it begins with the resized
//! image, and what it does to its pixels is the normalisation.

mod arithmetic;
mod classifier;
mod constant;
mod convert;
mod convolution;
mod image;
mod layer;
mod order;
mod pooling;
mod proto;

use std::path::Path;

use prost::Message;
use prost::bytes::Bytes;

use self::classifier::wanted;
use self::convert::Converter;
use self::order::{Nodes, is_decoder};
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

/// Whether the graph decodes images, so that it is known how it normalises their pixels. What is no graph does not.
pub(super) fn normalises_itself(graph: &Bytes, cut: &Cut) -> bool {
    let decodes = || {
        let graph = read(graph)?;
        let nodes = Nodes::new(&graph)?;
        let order = nodes.in_order(wanted(&graph, &nodes, cut)?)?;
        Ok::<bool, String>(order.into_iter().any(is_decoder))
    };
    decodes().unwrap_or(false)
}

fn read(bytes: &Bytes) -> Result<GraphDef, String> {
    GraphDef::decode(bytes.clone()).map_err(|_| {
        "not a frozen graph of TensorFlow: it is cut short or something else".to_owned()
    })
}

fn convert(bytes: &Bytes, plan: &Plan, expected: Option<Expected>) -> Result<Vec<u8>, String> {
    let graph = read(bytes)?;
    let nodes = Nodes::new(&graph)?;
    let size = expected.map(|expected| expected.size).or(plan.size);
    let mut converter = Converter::new(plan, size, bytes.len());
    let wanted = wanted(&graph, &nodes, &plan.cut)?;
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
