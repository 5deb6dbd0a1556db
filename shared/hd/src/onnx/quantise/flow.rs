//! What in a graph depends on the image, and who reads it.

use std::collections::{BTreeMap, BTreeSet};

use crate::onnx::proto::{Graph, Node, Tensor};

/// Operations that leave one number of each channel.
const POOLS: [&str; 2] = ["GlobalAveragePool", "ReduceMean"];
/// Functions that ONNX Runtime computes with the operation before them, where nobody else reads that one's output.
const ACTIVATIONS: [&str; 2] = ["Clip", "Relu"];

/// The links between the nodes of a graph.
#[derive(Debug)]
pub(super) struct Flow<'a> {
    constants: BTreeMap<&'a str, &'a Tensor>,
    /// The tensors that depend on the image.
    seen: BTreeSet<&'a str>,
    /// Those among them that have no places any more, as behind the mean over all places.
    pooled: BTreeSet<&'a str>,
    readers: BTreeMap<&'a str, Vec<&'a Node>>,
    outputs: BTreeSet<&'a str>,
}

impl<'a> Flow<'a> {
    /// The links of a graph whose nodes stand in their order.
    pub(super) fn of(graph: &'a Graph) -> Self {
        let constants = graph.initializer.iter();
        let names = |values: &'a [crate::onnx::proto::ValueInfo]| {
            values.iter().map(|value| value.name.as_str()).collect()
        };
        let mut flow = Self {
            constants: constants.map(|t| (t.name.as_str(), t)).collect(),
            seen: names(&graph.input),
            pooled: BTreeSet::new(),
            readers: BTreeMap::new(),
            outputs: names(&graph.output),
        };
        for node in &graph.node {
            flow.follow(node);
        }
        flow
    }

    fn follow(&mut self, node: &'a Node) {
        for input in &node.input {
            self.readers.entry(input).or_default().push(node);
        }
        let seen = self.images(node);
        let is_pooled = POOLS.contains(&node.op_type.as_str())
            || seen.iter().all(|input| self.pooled.contains(input));
        if !seen.is_empty() {
            let outputs = node.output.iter().map(String::as_str);
            self.seen.extend(outputs.clone());
            if is_pooled {
                self.pooled.extend(outputs);
            }
        }
    }

    /// The inputs of a node that depend on the image.
    pub(super) fn images(&self, node: &'a Node) -> Vec<&'a str> {
        let inputs = node.input.iter().map(String::as_str);
        inputs.filter(|input| self.seen.contains(input)).collect()
    }

    /// The weights of this name.
    pub(super) fn constant(&self, name: &str) -> Option<&'a Tensor> {
        self.constants.get(name).copied()
    }

    /// Whether a tensor has no places.
    pub(super) fn is_pooled(&self, name: &str) -> bool {
        self.pooled.contains(name)
    }

    /// Whether somebody outside of the graph reads a tensor.
    pub(super) fn is_output(&self, name: &str) -> bool {
        self.outputs.contains(name)
    }

    /// What becomes of a node's output before anybody else reads it: itself, or that of the activation behind it.
    pub(super) fn activated(&self, output: &'a str) -> &'a str {
        match self.readers.get(output).map(Vec::as_slice) {
            Some([reader])
                if ACTIVATIONS.contains(&reader.op_type.as_str()) && !self.is_output(output) =>
            {
                first(&reader.output)
            }
            _ => output,
        }
    }
}

/// The first of some names, or none.
pub(super) fn first(names: &[String]) -> &str {
    names.first().map_or("", String::as_str)
}
