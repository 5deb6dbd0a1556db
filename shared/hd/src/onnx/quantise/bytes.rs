//! Which tensors of a network become bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{Flow, first};
use crate::onnx::proto::Graph;

/// Operations on two tensors that ONNX Runtime can do on bytes.
const PAIRS: [&str; 2] = ["Add", "Mul"];
/// Operations whose outputs are among their inputs, so that both have one scale.
const MOVES: [&str; 6] = [
    "MaxPool",
    "Flatten",
    "Reshape",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
];

/// The tensors that become bytes.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    /// Those with a scale of their own, in the order of the network.
    pub(super) own: Vec<String>,
    /// Those that have the scale of another.
    pub(super) like: BTreeMap<String, String>,
}

impl Bytes {
    /// What the layers `integers`, by their outputs, take and give, and what lies between them.
    pub(super) fn of(graph: &Graph, flow: &Flow<'_>, integers: &BTreeSet<String>) -> Self {
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        let mut like = BTreeMap::new();
        for node in &graph.node {
            let (output, images) = (first(&node.output), flow.images(node));
            let operation = node.op_type.as_str();
            let is_known = images.iter().any(|image| wanted.contains(image));
            let is_pair = PAIRS.contains(&operation) && images.len() == 2;
            if integers.contains(output) || is_known && (is_pair || operation == "Concat") {
                wanted.extend(images);
                wanted.insert(flow.activated(output));
            } else if is_known && MOVES.contains(&operation) {
                wanted.insert(output);
                like.insert(output.to_owned(), first(&node.input).to_owned());
            }
        }
        let outputs = graph.node.iter().map(|node| first(&node.output));
        let own = outputs.filter(|&output| {
            wanted.contains(output) && !like.contains_key(output) && !flow.is_output(output)
        });
        let own = own.map(str::to_owned).collect();
        like.retain(|name, _| !flow.is_output(name));
        Self { own, like }
    }

    /// The tensor that a tensor has its scale from, if it becomes bytes.
    pub(super) fn origin<'a>(&'a self, name: &'a str) -> &'a str {
        let mut name = name;
        while let Some(other) = self.like.get(name) {
            name = other;
        }
        name
    }
}
