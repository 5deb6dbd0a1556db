//! ONNX files: the contract that every network of this project keeps, and how such networks are made.
//!
//! A network takes one input `image`: uint8 [N, H, W, 3], RGB; float32 from 0 to 255 where images are resized as
//! TensorFlow did it, which does not round, and in retrained graphs that were asked for it. Casting, transposing and normalising are inside the graph, so that no
//! consumer can get them wrong. A *base* gives `bottleneck`: float32 [N, D]. A *retrained graph*
//! gives probabilities, `final_result` if they were given no other name: float32 [N, C], and `bottleneck` beside them. N
//! is symbolic. What a consumer has to know stands in the file's metadata; `network.rs` has the keys. `guide.rs` has the
//! words in which a retrained graph tells people the same.

pub(crate) mod build;
pub(crate) mod elsewhere;
mod guide;
mod half;
pub(crate) mod network;
mod outline;
pub(crate) mod proto;
mod quantise;
pub(crate) mod seal;
mod stitch;

pub use network::{FINAL_RESULT, Network};
pub use outline::{Part, outline};
pub use quantise::{Coverage, Histogram, Observed, Quantiser, rename};
pub use stitch::{Ends, Layer, check_name, classifier, stitch};
