//! Bottlenecks: the base's output for every image, computed once and kept.

mod cache;
mod describe;
mod export;
mod extract;
mod journal;
mod reader;
mod run;
mod samples;
mod skipped;

pub use cache::{Bottlenecks, Row, Skipped};
pub use extract::{Options, Progress, Summary, update};
pub use samples::Samples;
pub use skipped::write_skipped;
