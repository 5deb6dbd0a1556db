//! The messages of ONNX that a network needs, with the field numbers of onnx.proto3.
//!
//! What is not named here is dropped when a file is read. That is harmless for the files that this project wrote,
//! and no other file is written again.

use prost::bytes::Bytes;

/// `TensorProto.DataType.FLOAT`.
pub(super) const FLOAT: i32 = 1;
/// `TensorProto.DataType.UINT8`.
pub(super) const UINT8: i32 = 2;
/// `AttributeProto.AttributeType.INT`.
pub(super) const INT: i32 = 2;
/// `AttributeProto.AttributeType.INTS`.
pub(super) const INTS: i32 = 7;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Model {
    #[prost(int64, tag = "1")]
    pub(super) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(super) producer_name: String,
    #[prost(string, tag = "3")]
    pub(super) producer_version: String,
    #[prost(message, optional, tag = "7")]
    pub(super) graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub(super) opset_import: Vec<OperatorSet>,
    #[prost(message, repeated, tag = "14")]
    pub(super) metadata_props: Vec<Property>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OperatorSet {
    #[prost(string, tag = "1")]
    pub(super) domain: String,
    #[prost(int64, tag = "2")]
    pub(super) version: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Property {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(super) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(super) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(super) output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(super) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(super) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(super) name: String,
    #[prost(string, tag = "4")]
    pub(super) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(super) attribute: Vec<Attribute>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    // Optional, since the checker wants even a zero to be written down.
    #[prost(int64, optional, tag = "3")]
    pub(super) i: Option<i64>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(super) ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    pub(super) kind: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub(super) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(super) data_type: i32,
    #[prost(string, tag = "8")]
    pub(super) name: String,
    // Shares the buffer that the file was read into, so that opening a network copies no weights.
    #[prost(bytes = "bytes", tag = "9")]
    pub(super) raw_data: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(super) kind: Option<Type>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Type {
    #[prost(message, optional, tag = "1")]
    pub(super) tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorType {
    #[prost(int32, tag = "1")]
    pub(super) elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) shape: Option<Shape>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub(super) dim: Vec<Dimension>,
}

/// A number, or the name of one that is known only when the network runs.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub(super) value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(super) name: Option<String>,
}

impl ValueInfo {
    /// A tensor whose first dimension is the symbolic batch size N, followed by `dims`.
    pub(super) fn batch_of(name: &str, elem_type: i32, dims: &[i64]) -> Self {
        let batch = Dimension {
            value: None,
            name: Some("N".to_owned()),
        };
        let fixed = dims.iter().map(|&value| Dimension {
            value: Some(value),
            name: None,
        });
        let shape = Shape {
            dim: std::iter::once(batch).chain(fixed).collect(),
        };
        let tensor = TensorType {
            elem_type,
            shape: Some(shape),
        };
        Self {
            name: name.to_owned(),
            kind: Some(Type {
                tensor: Some(tensor),
            }),
        }
    }

    /// The element type, and the fixed dimensions behind the batch, if this is such a tensor.
    pub(super) fn batch_dims(&self) -> Option<(i32, Vec<i64>)> {
        let tensor = self.kind.as_ref()?.tensor.as_ref()?;
        let dims = tensor.shape.as_ref()?.dim.get(1..)?;
        let dims = dims.iter().map(|dim| dim.value).collect::<Option<_>>()?;
        Some((tensor.elem_type, dims))
    }
}
