//! The nodes that a tensor depends on, each behind those that it depends on itself.

use std::collections::HashMap;

use super::proto::{GraphDef, NodeDef};

/// Operations that make an image of a file. What they depend on is not needed: an image is given instead.
const DECODERS: [&str; 5] = [
    "DecodeBmp",
    "DecodeGif",
    "DecodeImage",
    "DecodeJpeg",
    "DecodePng",
];

/// Whether `node` makes an image of a file.
pub(super) fn is_decoder(node: &NodeDef) -> bool {
    DECODERS.contains(&node.op.as_str())
}

/// The nodes of a graph, by name.
pub(super) struct Nodes<'a>(HashMap<&'a str, &'a NodeDef>);

#[derive(Clone, Copy, PartialEq)]
enum State {
    Entered,
    Left,
}

impl<'a> Nodes<'a> {
    /// # Errors
    /// No node; two of one name.
    pub(super) fn new(graph: &'a GraphDef) -> Result<Self, String> {
        if graph.node.is_empty() {
            return Err("not a frozen graph of TensorFlow: it has no nodes".to_owned());
        }
        let mut nodes = HashMap::with_capacity(graph.node.len());
        for node in &graph.node {
            if nodes.insert(node.name.as_str(), node).is_some() {
                return Err(format!("two nodes have the name '{}'", node.name));
            }
        }
        Ok(Self(nodes))
    }

    /// Whether one of them has a name that begins so.
    pub(super) fn any_begins(&self, prefix: &str) -> bool {
        self.0.keys().any(|name| name.starts_with(prefix))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a NodeDef> {
        self.0.get(name).copied()
    }

    /// The node `wanted` and all that it depends on, in an order in which they can be computed.
    ///
    /// # Errors
    /// A node that is not there; nodes that depend on themselves.
    pub(super) fn in_order(&self, wanted: &'a str) -> Result<Vec<&'a NodeDef>, String> {
        let first = self.0.get(wanted).ok_or_else(|| {
            format!("it has no tensor '{wanted}'; --output names the one to take as the bottleneck")
        })?;
        let mut states = HashMap::new();
        let mut order = Vec::new();
        // With a list of its own it takes no more of the stack for a long chain than for a short one.
        let mut waiting = vec![*first];
        while let Some(&node) = waiting.last() {
            let name = node.name.as_str();
            match states.get(name) {
                None => {
                    states.insert(name, State::Entered);
                    for input in needed(node) {
                        let next = self.0.get(input).ok_or_else(|| {
                            format!("node '{name}' takes '{input}', which is not there")
                        })?;
                        match states.get(input) {
                            None => waiting.push(next),
                            Some(State::Entered) => {
                                return Err(format!("node '{input}' depends on itself"));
                            }
                            Some(State::Left) => {}
                        }
                    }
                }
                Some(State::Entered) => {
                    states.insert(name, State::Left);
                    order.push(node);
                    waiting.pop();
                }
                // Waited for by several.
                Some(State::Left) => {
                    waiting.pop();
                }
            }
        }
        Ok(order)
    }
}

/// The nodes whose outputs `node` takes, as far as they have to be known.
fn needed(node: &NodeDef) -> impl Iterator<Item = &str> {
    let inputs = node.input.iter().filter_map(|input| data(input));
    inputs.filter(|_| !is_decoder(node))
}

/// The name of the node that an input names; an input for the order of execution only has none.
pub(super) fn data(input: &str) -> Option<&str> {
    match input.starts_with('^') {
        true => None,
        false => Some(input.strip_suffix(":0").unwrap_or(input)),
    }
}
