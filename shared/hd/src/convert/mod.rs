//! A network from elsewhere becomes a base: ONNX of any maker, a frozen graph of TensorFlow, or PyTorch's weights.
//!
//! The network's own file says what it computes. A [`Plan`] says the rest: where it came from, where it is cut, and how
//! images are brought to it. What neither says, such as the size of a tensor, is found out by running the network.

mod calibrate;
mod graphdef;
mod import;
mod mobilenet_v2;
mod onnx;
mod plan;
mod probe;
mod quantise;
mod torch;

pub use graphdef::{Expected, base_from_graph};
pub use import::Import;
pub use mobilenet_v2::base_from_weights;
pub use onnx::{Candidate, Foreign};
pub use plan::{Cut, Plan, Provenance};
pub use quantise::{QUANTIZED, quantise};
