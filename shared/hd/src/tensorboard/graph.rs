//! A network as TensorBoard's GRAPHS tab wants it: a GraphDef, with the field numbers of
//! graph.proto and node_def.proto.

use prost::Message;

use crate::onnx::Part;

#[derive(Clone, PartialEq, Message)]
struct GraphDef {
    #[prost(message, repeated, tag = "1")]
    node: Vec<NodeDef>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeDef {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    op: String,
    #[prost(string, repeated, tag = "3")]
    input: Vec<String>,
}

pub(super) fn encode(parts: &[Part]) -> Vec<u8> {
    let node = |part: &Part| NodeDef {
        name: part.name.clone(),
        op: part.operation.clone(),
        input: part.inputs.clone(),
    };
    GraphDef {
        node: parts.iter().map(node).collect(),
    }
    .encode_to_vec()
}
