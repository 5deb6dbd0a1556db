//! Networks of older opsets in the first that knows a scale for each channel.

use super::flow::first;
use crate::onnx::proto::{Attribute, Graph, INT64, Model, Node, Tensor};

/// The first opset with a scale for each channel.
const OPSET: i64 = 13;
/// Before this one operations differ in too many ways.
const OLDEST: i64 = 7;
/// Operations that mean something else since some opset, which is that number, and are not rewritten here.
const CHANGED: [(&str, i64); 10] = [
    ("Hardmax", 13),
    ("LogSoftmax", 13),
    ("ReduceSum", 13),
    ("Resize", 11),
    ("Slice", 10),
    ("Softmax", 13),
    ("Split", 13),
    ("TopK", 11),
    ("Upsample", 13),
    ("Loop", 13),
];

/// Brings a network to [`OPSET`], where it is of an older one.
///
/// # Errors
/// A network that takes more than a few attributes becoming inputs.
pub(super) fn lift(model: &mut Model, graph: &mut Graph) -> Result<(), String> {
    let mut opsets = model.opset_import.iter_mut();
    let own = opsets.find(|set| set.domain.is_empty() || set.domain == "ai.onnx");
    let Some(own) = own else {
        return Err("it names no opset".to_owned());
    };
    let from = own.version;
    let is_changed = |node: &Node| {
        let mut changed = CHANGED.iter();
        changed.any(|&(operation, since)| node.op_type == operation && from < since)
    };
    if from < OLDEST || from < OPSET && graph.node.iter().any(is_changed) {
        return Err(format!(
            "it is of opset {from}; export the network with opset {OPSET} or later"
        ));
    }
    for node in graph.node.iter_mut().filter(|_| from < OPSET) {
        match node.op_type.as_str() {
            "Clip" if from < 11 => {
                for (part, default) in [("min", f32::MIN), ("max", f32::MAX)] {
                    let value = take(node, part).and_then(|part| part.f).unwrap_or(default);
                    let tensor = Tensor::floats(&name(node, part), &[], &[value]);
                    give(node, tensor, &mut graph.initializer);
                }
            }
            "Pad" if from < 11 => {
                let (pads, value) = (take(node, "pads"), take(node, "value"));
                let pads = integers(&name(node, "pads"), pads.map(|pads| pads.ints));
                give(node, pads, &mut graph.initializer);
                let value = value.and_then(|value| value.f).unwrap_or_default();
                let value = Tensor::floats(&name(node, "value"), &[], &[value]);
                give(node, value, &mut graph.initializer);
            }
            "Squeeze" | "Unsqueeze" => {
                if let Some(axes) = take(node, "axes") {
                    let axes = integers(&name(node, "axes"), Some(axes.ints));
                    give(node, axes, &mut graph.initializer);
                }
            }
            "Dropout" => node.attribute.clear(),
            _ => {}
        }
    }
    own.version = from.max(OPSET);
    Ok(())
}

/// Takes an attribute away.
fn take(node: &mut Node, name: &str) -> Option<Attribute> {
    let mut attributes = node.attribute.iter();
    let index = attributes.position(|attribute| attribute.name == name)?;
    Some(node.attribute.remove(index))
}

/// A constant as one more input.
fn give(node: &mut Node, tensor: Tensor, constants: &mut Vec<Tensor>) {
    node.input.push(tensor.name.clone());
    constants.push(tensor);
}

fn name(node: &Node, part: &str) -> String {
    format!("{}/{part}", first(&node.output))
}

fn integers(name: &str, values: Option<Vec<i64>>) -> Tensor {
    let values = values.unwrap_or_default();
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    Tensor::of(name, INT64, &[values.len() as i64], bytes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::proto::{FLOAT_ATTRIBUTE, INTS, OperatorSet};

    fn model(version: i64) -> Model {
        let set = OperatorSet {
            domain: String::new(),
            version,
        };
        Model {
            opset_import: vec![set],
            ..Model::default()
        }
    }

    fn node(operation: &str, attribute: Vec<Attribute>) -> Graph {
        let node = Node {
            op_type: operation.to_owned(),
            input: vec!["x".to_owned()],
            output: vec!["y".to_owned()],
            attribute,
            ..Node::default()
        };
        Graph {
            node: vec![node],
            ..Graph::default()
        }
    }

    #[test]
    fn attributes_become_inputs_and_what_has_changed_is_refused() {
        let max = Attribute {
            name: "max".to_owned(),
            f: Some(6.0),
            kind: FLOAT_ATTRIBUTE,
            ..Attribute::default()
        };
        let (mut old, mut clip) = (model(9), node("Clip", vec![max]));
        lift(&mut old, &mut clip).unwrap();
        assert_eq!(old.opset_import[0].version, 13);
        assert_eq!(clip.node[0].input, ["x", "y/min", "y/max"]);
        assert_eq!(clip.initializer[0].values(), [f32::MIN]);
        assert_eq!(clip.initializer[1].values(), [6.0]);
        let axes = Attribute {
            name: "axes".to_owned(),
            ints: vec![2, 3],
            kind: INTS,
            ..Attribute::default()
        };
        let mut squeeze = node("Squeeze", vec![axes]);
        lift(&mut model(11), &mut squeeze).unwrap();
        assert_eq!(squeeze.node[0].input, ["x", "y/axes"]);
        assert!(squeeze.node[0].attribute.is_empty());
        let refused = lift(&mut model(11), &mut node("Split", vec![])).unwrap_err();
        assert!(refused.contains("opset 13 or later"), "{refused}");
        // A newer one stays what it is.
        let mut new = model(18);
        lift(&mut new, &mut node("Split", vec![])).unwrap();
        assert_eq!(new.opset_import[0].version, 18);
    }
}
