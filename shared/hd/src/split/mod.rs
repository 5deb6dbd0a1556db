//! Which images a head learns from, is tuned on, and is tested on.
//!
//! An image's split follows from the digest of its content, the percentages and a seed, and from
//! nothing else. So it stays when images are added, renamed or moved, and byte-equal files are
//! always on the same side. For comparison there is retrain.py's division by path too.

mod by_path;
mod part;
mod rule;
mod sample;

pub use part::Split;
pub use rule::{PERCENTAGE, SplitBy, SplitRule};
pub use sample::Sample;
pub(crate) use sample::identify;
