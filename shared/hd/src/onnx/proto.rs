//! The messages of ONNX that a network needs, with the field numbers of onnx.proto3.
//!
//! What is not named here is dropped when a file is read: documentation of single nodes and tensors, the shapes between
//! nodes, which every runtime finds by itself, and how a network was trained.

use std::collections::HashSet;

use prost::bytes::Bytes;

/// `TensorProto.DataType.FLOAT`.
pub(crate) const FLOAT: i32 = 1;
/// `TensorProto.DataType.UINT8`.
pub(crate) const UINT8: i32 = 2;
/// `TensorProto.DataType.INT8`.
pub(crate) const INT8: i32 = 3;
/// `TensorProto.DataType.FLOAT16`.
pub(crate) const FLOAT16: i32 = 10;
/// `TensorProto.DataType.INT32`.
pub(crate) const INT32: i32 = 6;
/// `TensorProto.DataType.INT64`.
pub(crate) const INT64: i32 = 7;
/// `TensorProto.DataLocation.EXTERNAL`.
pub(crate) const EXTERNAL: i32 = 1;
/// `AttributeProto.AttributeType.FLOAT`.
pub(crate) const FLOAT_ATTRIBUTE: i32 = 1;
/// `AttributeProto.AttributeType.INT`.
pub(crate) const INT: i32 = 2;
/// `AttributeProto.AttributeType.INTS`.
pub(crate) const INTS: i32 = 7;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Model {
    #[prost(int64, tag = "1")]
    pub(crate) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(crate) producer_name: String,
    #[prost(string, tag = "3")]
    pub(crate) producer_version: String,
    #[prost(string, tag = "6")]
    pub(crate) doc_string: String,
    #[prost(message, optional, tag = "7")]
    pub(crate) graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) opset_import: Vec<OperatorSet>,
    #[prost(message, repeated, tag = "14")]
    pub(crate) metadata_props: Vec<Property>,
    /// Operations that the network brings along. Nothing in them depends on what is around them, so they stay as they
    /// are.
    #[prost(bytes = "bytes", repeated, tag = "25")]
    pub(crate) functions: Vec<Bytes>,
}

/// Old enough for any runtime of the last years: opset 13 and IR version 8 date from 2020 and 2021.
const OPSET: i64 = 13;
pub(crate) const IR_VERSION: i64 = 8;

impl Model {
    /// A network of this project's own making.
    pub(crate) fn of(graph: Graph) -> Self {
        Self {
            ir_version: IR_VERSION,
            graph: Some(graph),
            opset_import: vec![OperatorSet {
                domain: String::new(),
                version: OPSET,
            }],
            ..Self::default()
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OperatorSet {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(int64, tag = "2")]
    pub(crate) version: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Property {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) initializer: Vec<Tensor>,
    #[prost(string, tag = "10")]
    pub(crate) doc_string: String,
    #[prost(message, repeated, tag = "11")]
    pub(crate) input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) output: Vec<ValueInfo>,
    #[prost(bytes = "bytes", repeated, tag = "15")]
    pub(crate) sparse_initializer: Vec<Bytes>,
}

impl Graph {
    /// A name that two tensors have, if there is one. Old networks name their weights among their inputs again.
    pub(crate) fn first_twice(&self) -> Option<&str> {
        let mut known = HashSet::new();
        let outputs = self.node.iter().flat_map(|node| &node.output);
        let initializers = self.initializer.iter().map(|tensor| &tensor.name);
        let mut names = outputs.chain(initializers);
        names
            .find(|name| !name.is_empty() && !known.insert(name.as_str()))
            .map(String::as_str)
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub(crate) domain: String,
    #[prost(string, tag = "8")]
    pub(crate) overload: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Attribute {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    // Optional, since the checker wants even a zero to be written down.
    #[prost(float, optional, tag = "2")]
    pub(crate) f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub(crate) i: Option<i64>,
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub(crate) s: Option<Bytes>,
    #[prost(message, optional, tag = "5")]
    pub(crate) t: Option<Tensor>,
    #[prost(message, optional, tag = "6")]
    pub(crate) g: Option<Graph>,
    #[prost(float, repeated, packed = "false", tag = "7")]
    pub(crate) floats: Vec<f32>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(crate) ints: Vec<i64>,
    #[prost(bytes = "bytes", repeated, tag = "9")]
    pub(crate) strings: Vec<Bytes>,
    #[prost(message, repeated, tag = "10")]
    pub(crate) tensors: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) graphs: Vec<Graph>,
    #[prost(bytes = "bytes", optional, tag = "14")]
    pub(crate) tp: Option<Bytes>,
    #[prost(int32, tag = "20")]
    pub(crate) kind: i32,
    #[prost(bytes = "bytes", optional, tag = "22")]
    pub(crate) sparse_tensor: Option<Bytes>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(crate) data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(crate) int32_data: Vec<i32>,
    #[prost(bytes = "bytes", repeated, tag = "6")]
    pub(crate) string_data: Vec<Bytes>,
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    // Shares the buffer that the file was read into, so that opening a network copies no weights.
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub(crate) raw_data: Option<Bytes>,
    #[prost(double, repeated, tag = "10")]
    pub(crate) double_data: Vec<f64>,
    #[prost(uint64, repeated, tag = "11")]
    pub(crate) uint64_data: Vec<u64>,
    #[prost(message, repeated, tag = "13")]
    pub(crate) external_data: Vec<Property>,
    #[prost(int32, tag = "14")]
    pub(crate) data_location: i32,
}

impl Node {
    /// Its attribute of this name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attribute
            .iter()
            .find(|attribute| attribute.name == name)
    }
}

impl Tensor {
    /// A tensor of this shape, with the values as little-endian bytes.
    pub(crate) fn of(name: &str, data_type: i32, dims: &[i64], bytes: Vec<u8>) -> Self {
        Self {
            dims: dims.to_vec(),
            data_type,
            name: name.to_owned(),
            raw_data: Some(Bytes::from(bytes)),
            ..Self::default()
        }
    }

    /// The values of a float32 tensor that [`Self::floats`] has made.
    pub(crate) fn values(&self) -> Vec<f32> {
        let (words, _) = self.raw_data.as_deref().unwrap_or_default().as_chunks();
        words.iter().map(|&word| f32::from_le_bytes(word)).collect()
    }

    /// A float32 tensor of this shape.
    pub(crate) fn floats(name: &str, dims: &[i64], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        Self::of(name, FLOAT, dims, bytes.collect())
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) kind: Option<Type>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Type {
    #[prost(message, optional, tag = "1")]
    pub(crate) tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TensorType {
    #[prost(int32, tag = "1")]
    pub(crate) elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<Shape>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub(crate) dim: Vec<Dimension>,
}

/// A number, or the name of one that is known only when the network runs.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub(crate) value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
}

impl ValueInfo {
    /// A tensor whose first dimension is the symbolic batch size N, followed by `dims`.
    pub(crate) fn batch_of(name: &str, elem_type: i32, dims: &[i64]) -> Self {
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

    /// The same for a fixed number of images, if one is given.
    pub(crate) fn with_batch(mut self, batch: Option<i64>) -> Self {
        let tensor = self.kind.as_mut().and_then(|kind| kind.tensor.as_mut());
        let shape = tensor.and_then(|tensor| tensor.shape.as_mut());
        if let (Some(_), Some(first)) = (batch, shape.and_then(|shape| shape.dim.first_mut())) {
            *first = Dimension {
                value: batch,
                name: None,
            };
        }
        self
    }

    /// The element type, and the fixed dimensions behind the batch, if this is such a tensor.
    pub(crate) fn batch_dims(&self) -> Option<(i32, Vec<i64>)> {
        let tensor = self.kind.as_ref()?.tensor.as_ref()?;
        let dims = tensor.shape.as_ref()?.dim.get(1..)?;
        let dims = dims.iter().map(|dim| dim.value).collect::<Option<_>>()?;
        Some((tensor.elem_type, dims))
    }
}
