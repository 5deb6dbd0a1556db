//! Networks with weights of 16 bits, which are half as large and compute the same way: each of these weights is cast back
//! to float32 before it is used. Runtimes do that once, when they load the network.

use std::collections::HashSet;

use prost::Message;
use prost::bytes::Bytes;

use super::network::Network;
use super::proto::{Attribute, FLOAT, FLOAT16, Graph, INT, Model, Node, Tensor};
use super::seal::{self, DIGEST};
use crate::error::{Error, Result};
use crate::float16;

/// Tensors of fewer values are left alone: a node for each would be as large as what is saved.
const FEW: usize = 64;

impl Network {
    /// The file of this network with its weights in float16. Tensors with values that float16 does not reach stay as they
    /// are.
    ///
    /// # Errors
    /// A file that is no longer what was opened.
    pub fn in_half(&self) -> Result<Vec<u8>> {
        let model = Model::decode(self.bytes.clone());
        let mut model = model.map_err(|error| Error::io(&self.path, "decode")(error.into()))?;
        if let Some(graph) = &mut model.graph {
            halve(graph);
        }
        model.metadata_props.retain(|entry| entry.key != DIGEST);
        Ok(seal::seal(model.encode_to_vec()))
    }
}

fn halve(graph: &mut Graph) {
    // Old networks name weights among their inputs, which may be given others.
    let inputs: HashSet<&str> = graph
        .input
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let mut casts = Vec::new();
    for tensor in &mut graph.initializer {
        if inputs.contains(tensor.name.as_str()) {
            continue;
        }
        if let Some(halves) = halves(tensor) {
            let name = format!("{}/half", tensor.name);
            casts.push(cast(&name, &tensor.name));
            *tensor = Tensor {
                name,
                data_type: FLOAT16,
                raw_data: Some(halves),
                ..tensor.clone()
            };
        }
    }
    graph.node.splice(0..0, casts);
}

fn cast(from: &str, to: &str) -> Node {
    Node {
        input: vec![from.to_owned()],
        output: vec![to.to_owned()],
        name: format!("{to}/cast"),
        op_type: "Cast".to_owned(),
        attribute: vec![Attribute {
            name: "to".to_owned(),
            i: Some(FLOAT.into()),
            kind: INT,
            ..Attribute::default()
        }],
        ..Node::default()
    }
}

/// The values of a tensor of float32 in float16, if it has many and all of them are in reach.
fn halves(tensor: &Tensor) -> Option<Bytes> {
    let bytes = tensor
        .raw_data
        .as_deref()
        .filter(|_| tensor.data_type == FLOAT)?;
    let (words, _) = bytes.as_chunks();
    if words.len() < FEW {
        return None;
    }
    let halves = words.iter().map(|&word| half(f32::from_le_bytes(word)));
    let halves: Option<Vec<[u8; 2]>> = halves.map(|half| half.map(u16::to_le_bytes)).collect();
    Some(halves?.concat().into())
}

/// The float16 nearest to a float32; none beyond its largest.
fn half(value: f32) -> Option<u16> {
    let half = float16::of(value);
    float16::float(half).is_finite().then_some(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_float16_does_not_reach_has_no_half() {
        assert_eq!(half(65_519.0), Some(0x7bff));
        for value in [65_520.0, f32::NAN, f32::NEG_INFINITY] {
            assert_eq!(half(value), None);
        }
    }

    #[test]
    fn only_tensors_that_gain_by_it_are_halved_and_all_keep_their_names() {
        let tensor = |name: &str, count: usize, value: f32| {
            Tensor::floats(name, &[count as i64], &vec![value; count])
        };
        let mut graph = Graph {
            initializer: vec![
                tensor("many", 100, 0.1),
                tensor("few", 3, 0.1),
                tensor("far", 100, 1e6),
            ],
            ..Graph::default()
        };
        halve(&mut graph);
        let names: Vec<_> = graph
            .initializer
            .iter()
            .map(|tensor| tensor.name.as_str())
            .collect();
        assert_eq!(names, ["many/half", "few", "far"]);
        let [cast] = graph.node.as_slice() else {
            panic!("{:?}", graph.node);
        };
        assert_eq!(
            (cast.input.as_slice(), cast.output.as_slice()),
            (&["many/half".to_owned()][..], &["many".to_owned()][..])
        );
        assert_eq!(graph.initializer[0].raw_data.as_ref().unwrap().len(), 200);
    }
}
