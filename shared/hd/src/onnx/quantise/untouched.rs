//! Networks that integers of 8 bits do not suit.

use super::flow::Flow;
use crate::onnx::proto::Graph;

/// Operations of networks whose values differ too much in size for one scale: attention, and what divides by a deviation
/// that it has just computed.
const UNSUITED: [&str; 9] = [
    "Softmax",
    "LayerNormalization",
    "SimplifiedLayerNormalization",
    "RMSNormalization",
    "GroupNormalization",
    "InstanceNormalization",
    "Attention",
    "MultiHeadAttention",
    "Einsum",
];

/// Operations of networks that are in integers already.
const INTEGERS: [&str; 4] = [
    "QuantizeLinear",
    "QLinearConv",
    "ConvInteger",
    "MatMulInteger",
];

/// Why the network is better left as it is, if it is.
pub(super) fn reason(graph: &Graph, flow: &Flow<'_>) -> Option<String> {
    for node in &graph.node {
        let (images, operation) = (flow.images(node), node.op_type.as_str());
        let has_places = images.iter().any(|image| !flow.is_pooled(image));
        if INTEGERS.contains(&operation) {
            return Some("it is in integers already".to_owned());
        }
        if has_places && UNSUITED.contains(&operation) {
            return Some(format!(
                "it has the operation {operation}, whose values 8 bits do not hold well"
            ));
        }
        if operation == "MatMul" && images.len() == 2 {
            return Some(
                "it multiplies activations by each other (attention), which 8 bits do not hold well"
                    .to_owned(),
            );
        }
    }
    None
}
