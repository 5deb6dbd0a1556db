//! The classifier at a graph's end: the tensors that it takes and gives.

use std::collections::{HashSet, VecDeque};

use super::order::{Nodes, data};
use super::proto::{GraphDef, NodeDef};
use crate::convert::plan::Cut;

/// A network whose tensors are known by name. A head that retrain.py put behind it is not taken for its own.
struct Family {
    /// The beginning of a name that only its nodes have.
    mark: &'static str,
    pooled: &'static str,
    logits: &'static str,
}

const FAMILIES: [Family; 2] = [
    // MobileNet v1, as TensorFlow's slim library names it.
    Family {
        mark: "MobilenetV1/",
        pooled: "MobilenetV1/Logits/AvgPool_1a/AvgPool",
        logits: "MobilenetV1/Predictions/Reshape",
    },
    // Inception v3 of 2015, classify_image_graph_def.pb.
    Family {
        mark: "pool_3/_reshape",
        pooled: "pool_3/_reshape",
        logits: "softmax/logits",
    },
];

/// Operations that leave one vector of a plane.
const POOLS: [&str; 2] = ["AvgPool", "Mean"];
/// Operations that do nothing to values.
const SAME: [&str; 4] = ["CheckNumerics", "Identity", "Reshape", "Squeeze"];

/// The name of the node to cut at.
///
/// # Errors
/// No fully connected layer at the graph's end to walk back to.
pub(super) fn wanted<'a>(
    graph: &'a GraphDef,
    nodes: &Nodes<'a>,
    cut: &'a Cut,
) -> Result<&'a str, String> {
    let family = FAMILIES.iter().find(|family| nodes.any_begins(family.mark));
    match (cut, family) {
        (Cut::Named(name), _) => Ok(name.strip_suffix(":0").unwrap_or(name)),
        (Cut::Pooled, Some(family)) => Ok(family.pooled),
        (Cut::Logits, Some(family)) => Ok(family.logits),
        (Cut::Pooled, None) => end(graph)
            .and_then(|end| last_fully_connected(nodes, end))
            .ok_or_else(|| {
                "no fully connected layer leads to its end; --output names the tensor to take as the bottleneck"
                    .to_owned()
            }),
        (Cut::Logits, None) => end(graph)
            .map(|end| before_softmax(nodes, end))
            .ok_or_else(|| "it has no output; --output names the tensor to take".to_owned()),
    }
}

/// The last node that no other takes.
fn end(graph: &GraphDef) -> Option<&NodeDef> {
    let inputs = graph.node.iter().flat_map(|node| &node.input);
    let taken: HashSet<&str> = inputs.filter_map(|input| data(input)).collect();
    let mut nodes = graph.node.iter().rev();
    nodes.find(|node| {
        !taken.contains(node.name.as_str()) && !["Const", "NoOp"].contains(&node.op.as_str())
    })
}

fn input<'a>(nodes: &Nodes<'a>, node: &'a NodeDef, number: usize) -> Option<&'a NodeDef> {
    nodes.get(data(node.input.get(number)?)?)
}

/// The node before those that do nothing to values.
fn before<'a>(nodes: &Nodes<'a>, node: &'a NodeDef) -> &'a NodeDef {
    let mut node = node;
    let mut known = HashSet::new();
    while SAME.contains(&node.op.as_str()) && known.insert(node.name.as_str()) {
        match input(nodes, node, 0) {
            Some(next) => node = next,
            None => break,
        }
    }
    node
}

/// The tensor whose softmax the end is, or the end itself.
fn before_softmax<'a>(nodes: &Nodes<'a>, end: &'a NodeDef) -> &'a str {
    let last = before(nodes, end);
    match (last.op.as_str(), input(nodes, last, 0)) {
        ("Softmax", Some(logits)) => &logits.name,
        _ => &end.name,
    }
}

/// What the fully connected layer takes that is nearest before `end`: a product with a matrix, or a convolution of what a
/// pool has left.
fn last_fully_connected<'a>(nodes: &Nodes<'a>, end: &'a NodeDef) -> Option<&'a str> {
    let mut waiting = VecDeque::from([end]);
    let mut known = HashSet::from([end.name.as_str()]);
    while let Some(node) = waiting.pop_front() {
        let data_input = input(nodes, node, 0);
        match (node.op.as_str(), data_input) {
            ("MatMul", Some(taken)) => return Some(&taken.name),
            ("Conv2D", Some(taken)) => {
                let pooled = POOLS.contains(&before(nodes, taken).op.as_str());
                return pooled.then_some(taken.name.as_str());
            }
            _ => {}
        }
        let inputs = node.input.iter().filter_map(|input| data(input));
        let inputs = inputs.filter_map(|name| nodes.get(name));
        waiting.extend(inputs.filter(|node| known.insert(&node.name)));
    }
    None
}
