//! ONNX files: the contract that every network of this project keeps, and how such networks are made.
//!
//! A network takes one input `image`: uint8 [N, H, W, 3], RGB; float32 from 0 to 255 where images are resized as
//! TensorFlow did it, which does not round. Casting, transposing and normalising are inside the graph, so that no
//! consumer can get them wrong. A *base* gives `bottleneck`: float32 [N, D]. A *retrained graph*
//! gives probabilities, `final_result` if they were given no other name: float32 [N, C], and `bottleneck` beside them. N is symbolic. What a
//! consumer has to know stands in the file's metadata; `network.rs` has the keys.

mod build;
mod graphdef;
mod mobilenet_v2;
mod network;
mod outline;
mod plan;
mod proto;
mod quantise;
mod stitch;
mod torch;
mod wrap;

pub use graphdef::{Expected, base_from_graph};
pub use mobilenet_v2::base_from_weights;
pub use network::{FINAL_RESULT, Network, Provenance};
pub use outline::{Part, outline};
pub use plan::{Cut, Plan};
pub use quantise::{Quantiser, Range};
pub use stitch::{Layer, check_name, classifier, stitch};
pub use wrap::{Foreign, Tensor};
