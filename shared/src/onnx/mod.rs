//! ONNX files: the contract that every network of this project keeps, and how such networks are made.
//!
//! A network takes one input `image`: uint8 [N, H, W, 3], RGB. Casting, transposing and normalising are inside the
//! graph, so that no consumer can get them wrong. A *base* gives `bottleneck`: float32 [N, D]. A *retrained graph*
//! gives probabilities `final_result`: float32 [N, C], and `bottleneck` beside them. N is symbolic. What a
//! consumer has to know stands in the file's metadata; `network.rs` has the keys.

mod build;
mod mobilenet_v2;
mod network;
mod proto;
mod stitch;
mod torch;

pub use mobilenet_v2::{base_from_weights, classifier_from_weights};
pub use network::{Network, Provenance};
pub use stitch::stitch;
