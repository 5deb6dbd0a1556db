//! A network from elsewhere becomes a base: ONNX of any maker, a frozen graph of TensorFlow, or weights of a network that
//! is known here ([`NetworkKind`]), as PyTorch saves them or in safetensors.
//!
//! The network's own file says what it computes, or a blueprint does. A [`Plan`] says the rest: where it came from, where it is cut, and how
//! images are brought to it. What neither says, such as the size of a tensor, is found out by running the network.

mod assemble;
mod blueprint;
mod calibrate;
mod efficientnet_lite;
mod element_type;
mod graphdef;
mod imagenet;
mod import;
mod mobilenet_v2;
mod mobilenet_v3;
mod mobilenet_v4;
mod nearest;
mod network_kind;
mod onnx;
mod padding;
mod plan;
mod preprocessor_config;
mod probe;
mod quantise;
mod safetensors;
mod simplify;
mod tensor;
mod torch;
mod weights;

pub use graphdef::{Expected, base_from_graph};
pub use import::Import;
pub use network_kind::NetworkKind;
pub use onnx::{Candidate, Foreign, Tokens};
pub use plan::{Cut, Plan, Provenance, Resizing, TokenPool};
pub use quantise::{QUANTIZED, Quantised, quantise};
