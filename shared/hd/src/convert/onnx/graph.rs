//! What in a graph depends on what.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::onnx::proto::{Graph, Node};

/// Errors where a graph cannot be computed from `input`.
///
/// # Errors
/// A node that takes what is not there; nodes that depend on themselves.
pub(super) fn check(graph: &Graph, input: &str) -> Result<(), String> {
    let mut made: BTreeSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    made.insert(input);
    let made_by: BTreeMap<&str, usize> = (graph.node.iter().enumerate())
        .flat_map(|(index, node)| names(&node.output).map(move |output| (output, index)))
        .collect();
    // For each node the nodes that wait for it, and how many it waits for itself.
    let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut missing = vec![0usize; graph.node.len()];
    for ((index, node), missing) in graph.node.iter().enumerate().zip(&mut missing) {
        if let Some(absent) =
            names(&node.input).find(|name| !made.contains(name) && !made_by.contains_key(name))
        {
            return Err(format!(
                "node '{}' ({}) takes '{absent}', which is not there",
                node.name, node.op_type
            ));
        }
        for maker in takes(node).filter_map(|name| made_by.get(name)) {
            followers.entry(*maker).or_default().push(index);
            *missing += 1;
        }
    }
    let mut ready: Vec<usize> = (0..graph.node.len())
        .filter(|&i| missing.get(i) == Some(&0))
        .collect();
    let mut done = 0;
    while let Some(index) = ready.pop() {
        done += 1;
        for &follower in followers.get(&index).into_iter().flatten() {
            if let Some(count) = missing.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    ready.push(follower);
                }
            }
        }
    }
    let circular = missing
        .iter()
        .position(|&count| count > 0)
        .and_then(|index| graph.node.get(index));
    match circular {
        Some(node) if done < graph.node.len() => Err(format!(
            "node '{}' ({}) depends on itself",
            node.name, node.op_type
        )),
        _ => Ok(()),
    }
}

/// The links between the nodes of a graph.
pub(super) struct Links<'a> {
    /// Which node makes a tensor.
    made_by: BTreeMap<&'a str, &'a Node>,
    /// The tensors that depend on the image, and the image itself.
    seen: BTreeSet<&'a str>,
}

impl<'a> Links<'a> {
    pub(super) fn of(graph: &'a Graph, input: &'a str) -> Self {
        let mut made_by = BTreeMap::new();
        let mut taken_by: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for node in &graph.node {
            made_by.extend(names(&node.output).map(|output| (output, node)));
            for name in takes(node) {
                taken_by.entry(name).or_default().push(node);
            }
        }
        let mut seen = BTreeSet::from([input]);
        let mut waiting = vec![input];
        while let Some(name) = waiting.pop() {
            let nodes = taken_by.get(name).into_iter().flatten();
            for output in nodes.flat_map(|node| names(&node.output)) {
                if seen.insert(output) {
                    waiting.push(output);
                }
            }
        }
        Self { made_by, seen }
    }

    /// Whether a tensor depends on the image.
    pub(super) fn is_seen(&self, name: &str) -> bool {
        self.seen.contains(name) && self.made_by.contains_key(name)
    }

    /// The tensor before `name`, if one of these operations made it from that.
    pub(super) fn before<'b>(&'b self, name: &'b str, operations: &[&str]) -> &'b str {
        match self.made_by.get(name) {
            Some(node) if operations.contains(&node.op_type.as_str()) => {
                node.input.first().map_or(name, String::as_str)
            }
            _ => name,
        }
    }

    /// The input of the fully connected layer that is nearest before `output`: a product with a matrix that does not
    /// depend on the image, or a convolution of what one of `pools` has left.
    pub(super) fn last_fully_connected(&self, output: &'a str, pools: &[&str]) -> Option<&'a str> {
        let mut waiting = VecDeque::from([output]);
        let mut known = BTreeSet::from([output]);
        while let Some(name) = waiting.pop_front() {
            let Some(&node) = self.made_by.get(name) else {
                continue;
            };
            let seen: Vec<&str> = takes(node)
                .filter(|name| self.seen.contains(name))
                .collect();
            match (node.op_type.as_str(), seen.as_slice()) {
                ("Gemm" | "MatMul", &[data]) => return Some(data),
                ("Conv", &[data]) => {
                    let before = self.made_by.get(data)?;
                    return pools.contains(&before.op_type.as_str()).then_some(data);
                }
                _ => waiting.extend(seen.into_iter().filter(|name| known.insert(name))),
            }
        }
        None
    }

    /// The part of `graph` that `tensors` depend on, without inputs and outputs.
    pub(super) fn needed_for(&self, graph: &Graph, tensors: &[String]) -> Graph {
        let mut needed: BTreeSet<&str> = tensors.iter().map(String::as_str).collect();
        let mut waiting: Vec<&str> = needed.iter().copied().collect();
        while let Some(name) = waiting.pop() {
            let nodes = self.made_by.get(name).into_iter();
            for input in nodes.flat_map(|node| takes(node)) {
                if needed.insert(input) {
                    waiting.push(input);
                }
            }
        }
        let is_needed = |node: &&Node| names(&node.output).any(|output| needed.contains(output));
        let initializers = graph.initializer.iter();
        Graph {
            node: graph.node.iter().filter(is_needed).cloned().collect(),
            initializer: initializers
                .filter(|tensor| needed.contains(tensor.name.as_str()))
                .cloned()
                .collect(),
            ..Graph::default()
        }
    }
}

/// The names that are not left out.
fn names(names: &[String]) -> impl Iterator<Item = &str> {
    names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
}

/// Everything that a node takes: its inputs, and what graphs within it take from around them.
fn takes(node: &Node) -> impl Iterator<Item = &str> {
    let mut inner = BTreeSet::new();
    for graph in graphs(node) {
        add_taken(graph, &mut inner);
    }
    names(&node.input).chain(inner)
}

/// Names that are made within are harmless here: they are those of no tensor outside.
fn add_taken<'a>(graph: &'a Graph, taken: &mut BTreeSet<&'a str>) {
    taken.extend(graph.output.iter().map(|output| output.name.as_str()));
    for node in &graph.node {
        taken.extend(names(&node.input));
        for graph in graphs(node) {
            add_taken(graph, taken);
        }
    }
}

/// The bodies of loops and branches.
fn graphs(node: &Node) -> impl Iterator<Item = &Graph> {
    let attributes = node.attribute.iter();
    attributes.flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
}

/// Gives every tensor and node the name that `rename` makes of its own.
pub(super) fn prefix_names(graph: &mut Graph, rename: &dyn Fn(&str) -> String) {
    let change = |name: &mut String| {
        if !name.is_empty() {
            *name = rename(name);
        }
    };
    graph
        .initializer
        .iter_mut()
        .for_each(|tensor| change(&mut tensor.name));
    for value in graph.input.iter_mut().chain(&mut graph.output) {
        change(&mut value.name);
    }
    for node in &mut graph.node {
        node.input
            .iter_mut()
            .chain(&mut node.output)
            .for_each(change);
        change(&mut node.name);
        for attribute in &mut node.attribute {
            for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
                prefix_names(graph, rename);
            }
        }
    }
}
