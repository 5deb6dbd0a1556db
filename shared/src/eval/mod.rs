//! How good a head is, on pictures that it has not seen.

mod evaluate;
mod metrics;
mod report;

pub use evaluate::evaluate;
pub use metrics::{LabelMetrics, Metrics, Mistake};
pub use report::render;
