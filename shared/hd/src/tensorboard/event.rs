//! The messages of TensorBoard's events, with the field numbers of event.proto, summary.proto,
//! histogram.proto, tensor.proto and those of the plugins.

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Event {
    #[prost(double, tag = "1")]
    pub(super) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(super) step: i64,
    #[prost(string, optional, tag = "3")]
    pub(super) file_version: Option<String>,
    /// A GraphDef.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) graph_def: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub(super) summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    pub(super) session_log: Option<SessionLog>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct SessionLog {
    #[prost(int32, tag = "1")]
    pub(super) status: i32,
}

/// `SessionLog.START`.
const START: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(super) value: Vec<Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Value {
    #[prost(string, tag = "1")]
    pub(super) tag: String,
    #[prost(float, optional, tag = "2")]
    pub(super) simple_value: Option<f32>,
    #[prost(message, optional, tag = "5")]
    pub(super) histo: Option<HistogramProto>,
    #[prost(message, optional, tag = "8")]
    pub(super) tensor: Option<Tensor>,
    #[prost(message, optional, tag = "9")]
    pub(super) metadata: Option<Metadata>,
}

/// `DataType.DT_FLOAT`.
pub(super) const FLOAT: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tensor {
    #[prost(int32, tag = "1")]
    pub(super) kind: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) shape: Option<Shape>,
    #[prost(float, repeated, tag = "5")]
    pub(super) floats: Vec<f32>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "2")]
    pub(super) dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Dimension {
    #[prost(int64, tag = "1")]
    pub(super) size: i64,
}

impl Shape {
    pub(super) fn of(sizes: &[i64]) -> Self {
        let dim = sizes.iter().map(|&size| Dimension { size });
        Self { dim: dim.collect() }
    }
}

/// Which plugin shows a value, and what that is to know.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub(super) plugin: Option<Plugin>,
    #[prost(string, tag = "2")]
    pub(super) display_name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Plugin {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) content: Vec<u8>,
}

/// `PrCurvePluginData`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PluginData {
    #[prost(int32, tag = "1")]
    pub(super) version: i32,
    #[prost(uint32, tag = "2")]
    pub(super) thresholds: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HistogramProto {
    #[prost(double, tag = "1")]
    pub(super) min: f64,
    #[prost(double, tag = "2")]
    pub(super) max: f64,
    #[prost(double, tag = "3")]
    pub(super) num: f64,
    #[prost(double, tag = "4")]
    pub(super) sum: f64,
    #[prost(double, tag = "5")]
    pub(super) sum_squares: f64,
    /// The upper end of each bucket.
    #[prost(double, repeated, tag = "6")]
    pub(super) bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    pub(super) bucket: Vec<f64>,
}

impl Event {
    /// The first event of every file.
    pub(super) fn version() -> Self {
        Self {
            file_version: Some("brain.Event:2".to_owned()),
            ..Self::default()
        }
    }

    /// A training begins: what was shown of an earlier one is to be forgotten.
    pub(super) fn start() -> Self {
        Self {
            session_log: Some(SessionLog { status: START }),
            ..Self::default()
        }
    }

    pub(super) fn graph(definition: Vec<u8>) -> Self {
        Self {
            graph_def: Some(definition),
            ..Self::default()
        }
    }

    pub(super) fn of(step: usize, summary: Summary) -> Self {
        Self {
            wall_time: step as f64,
            step: step as i64,
            summary: Some(summary),
            ..Self::default()
        }
    }
}

pub(super) fn scalar(tag: &str, value: f64) -> Value {
    Value {
        tag: tag.to_owned(),
        simple_value: Some(value as f32),
        ..Value::default()
    }
}
