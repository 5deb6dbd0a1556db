//! The messages of a TensorFlow graph that a frozen network needs, with the field numbers of graph.proto,
//! node_def.proto, attr_value.proto, tensor.proto and tensor_shape.proto.

use std::collections::BTreeMap;

use prost::bytes::Bytes;

/// `DataType.DT_FLOAT`.
pub(super) const DT_FLOAT: i32 = 1;
/// `DataType.DT_INT32`.
pub(super) const DT_INT32: i32 = 3;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct GraphDef {
    #[prost(message, repeated, tag = "1")]
    pub(super) node: Vec<NodeDef>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct NodeDef {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) op: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) input: Vec<String>,
    #[prost(btree_map = "string, message", tag = "5")]
    pub(super) attr: BTreeMap<String, AttrValue>,
}

/// One of these, depending on the attribute.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AttrValue {
    #[prost(message, optional, tag = "1")]
    pub(super) list: Option<ListValue>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(super) s: Option<Bytes>,
    #[prost(float, optional, tag = "4")]
    pub(super) f: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub(super) i: Option<i64>,
    #[prost(bool, optional, tag = "5")]
    pub(super) b: Option<bool>,
    #[prost(message, optional, tag = "7")]
    pub(super) shape: Option<Shape>,
    #[prost(message, optional, tag = "8")]
    pub(super) tensor: Option<TensorProto>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListValue {
    #[prost(int64, repeated, tag = "3")]
    pub(super) i: Vec<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "2")]
    pub(super) dim: Vec<Dim>,
}

/// A size, which is negative where it is unknown.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Dim {
    #[prost(int64, tag = "1")]
    pub(super) size: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorProto {
    #[prost(int32, tag = "1")]
    pub(super) dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) tensor_shape: Option<Shape>,
    // Shares the buffer that the file was read into.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) tensor_content: Bytes,
    #[prost(float, repeated, tag = "5")]
    pub(super) float_val: Vec<f32>,
    #[prost(int32, repeated, tag = "7")]
    pub(super) int_val: Vec<i32>,
}
