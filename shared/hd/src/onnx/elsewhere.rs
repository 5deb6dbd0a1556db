//! Weights that do not lie in a network's own file. ONNX Runtime would read them from wherever the file says.

use prost::Message;
use prost::bytes::Bytes;

use super::proto::{EXTERNAL, Graph, Model, Node, Tensor};

/// `FunctionProto`, as far as it is looked at here.
#[derive(Clone, PartialEq, prost::Message)]
struct Function {
    #[prost(message, repeated, tag = "7")]
    node: Vec<Node>,
}

/// `SparseTensorProto`.
#[derive(Clone, PartialEq, prost::Message)]
struct Sparse {
    #[prost(message, optional, tag = "1")]
    values: Option<Tensor>,
    #[prost(message, optional, tag = "2")]
    indices: Option<Tensor>,
}

/// Whether any of a model's weights lie in a file of their own.
pub(super) fn has_weights_elsewhere(model: &Model) -> bool {
    model.graph.iter().any(in_graph) || in_functions(&model.functions)
}

/// Whether any of the constants of these nodes do, at any depth.
pub(crate) fn in_nodes(nodes: &[Node]) -> bool {
    let mut attributes = nodes.iter().flat_map(|node| &node.attribute);
    attributes.any(|attribute| {
        attribute.t.iter().chain(&attribute.tensors).any(is_outside)
            || attribute.g.iter().chain(&attribute.graphs).any(in_graph)
            || attribute.sparse_tensor.iter().any(in_sparse)
    })
}

/// Whether any of the constants of these operations do.
pub(crate) fn in_functions(functions: &[Bytes]) -> bool {
    let decoded = |bytes: &Bytes| Function::decode(bytes.clone());
    // What cannot be read is not trusted.
    functions
        .iter()
        .any(|bytes| decoded(bytes).map_or(true, |function| in_nodes(&function.node)))
}

fn in_graph(graph: &Graph) -> bool {
    graph.initializer.iter().any(is_outside)
        || graph.sparse_initializer.iter().any(in_sparse)
        || in_nodes(&graph.node)
}

fn in_sparse(bytes: &Bytes) -> bool {
    Sparse::decode(bytes.clone()).map_or(true, |sparse| {
        sparse.values.iter().chain(&sparse.indices).any(is_outside)
    })
}

fn is_outside(tensor: &Tensor) -> bool {
    tensor.data_location == EXTERNAL || !tensor.external_data.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::proto::Attribute;
    use super::*;

    fn outside() -> Tensor {
        Tensor {
            data_location: EXTERNAL,
            ..Tensor::default()
        }
    }

    fn of(graph: Graph) -> Model {
        Model::of(graph)
    }

    fn node(attribute: Attribute) -> Graph {
        Graph {
            node: vec![Node {
                attribute: vec![attribute],
                ..Node::default()
            }],
            ..Graph::default()
        }
    }

    #[test]
    fn weights_elsewhere_are_found_wherever_they_are_named() {
        let initializer = || Graph {
            initializer: vec![outside()],
            ..Graph::default()
        };
        let sparse = Sparse {
            values: Some(outside()),
            indices: None,
        };
        let sparse = Bytes::from(sparse.encode_to_vec());
        let t = Attribute {
            t: Some(outside()),
            ..Attribute::default()
        };
        let function = Function {
            node: node(t.clone()).node,
        };
        let mut models = vec![
            of(initializer()),
            of(Graph {
                sparse_initializer: vec![sparse.clone()],
                ..Graph::default()
            }),
            Model {
                functions: vec![function.encode_to_vec().into()],
                ..Model::default()
            },
        ];
        let attributes = [
            t,
            Attribute {
                tensors: vec![Tensor::default(), outside()],
                ..Attribute::default()
            },
            Attribute {
                g: Some(initializer()),
                ..Attribute::default()
            },
            Attribute {
                graphs: vec![initializer()],
                ..Attribute::default()
            },
            Attribute {
                sparse_tensor: Some(sparse),
                ..Attribute::default()
            },
        ];
        models.extend(attributes.map(|attribute| of(node(attribute))));
        for (index, model) in models.iter().enumerate() {
            assert!(has_weights_elsewhere(model), "{index}");
        }
        let inside = Attribute {
            t: Some(Tensor::floats("w", &[1], &[1.0])),
            ..Attribute::default()
        };
        assert!(!has_weights_elsewhere(&of(node(inside))));
    }
}
