//! What a network is made of, without its numbers.

use std::collections::HashMap;

use prost::Message;

use super::network::{BOTTLENECK, HEAD_INPUT, IMAGE};
use super::proto::Model;

/// An input, a tensor of weights or an operation, in scopes that stand before the name, divided by slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Unique among the parts of a network.
    pub name: String,
    /// The kind of operation.
    pub operation: String,
    /// The names of the parts whose outputs it takes.
    pub inputs: Vec<String>,
}

/// The parts of a retrained graph: the input in the scope `input`, the base in one that has its name, and the head as it
/// is. None if these are not the bytes of an ONNX file.
pub fn outline(network: &[u8], architecture: &str) -> Option<Vec<Part>> {
    let graph = Model::decode(network).ok()?.graph?;
    let at_head = graph.node.iter().position(|node| {
        let input = node.input.first();
        input.is_some_and(|input| input == HEAD_INPUT)
    });
    let base = at_head.unwrap_or(graph.node.len());
    let head: Vec<&String> = graph
        .node
        .iter()
        .skip(base)
        .flat_map(|node| &node.input)
        .collect();
    let mut names: HashMap<&str, String> = HashMap::new();
    let mut parts = Vec::new();
    for input in graph.input.iter().filter(|input| input.name == IMAGE) {
        names.insert(&input.name, format!("input/{IMAGE}"));
        parts.push(("Placeholder", input.name.as_str(), &[][..]));
    }
    let in_base = |name: &str| format!("{architecture}/{name}");
    for weights in &graph.initializer {
        let own = if head.contains(&&weights.name) {
            weights.name.clone()
        } else {
            in_base(&weights.name)
        };
        names.insert(&weights.name, own);
        parts.push(("Const", weights.name.as_str(), &[][..]));
    }
    for (index, node) in graph.node.iter().enumerate() {
        let Some(first) = node.output.first() else {
            continue;
        };
        let own = if index < base || first == BOTTLENECK {
            in_base(first)
        } else {
            first.clone()
        };
        for output in &node.output {
            names.insert(output, own.clone());
        }
        parts.push((node.op_type.as_str(), first.as_str(), node.input.as_slice()));
    }
    let named = |name: &str| names.get(name).cloned();
    let part = |(operation, name, inputs): (&str, &str, &[String])| {
        Some(Part {
            name: named(name)?,
            operation: operation.to_owned(),
            inputs: inputs.iter().filter_map(|input| named(input)).collect(),
        })
    };
    Some(parts.into_iter().filter_map(part).collect())
}
