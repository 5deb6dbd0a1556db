//! How good a head is, on images that it has not seen.

mod calibration;
mod evaluate;
mod metrics;
mod report;

pub use calibration::Calibration;
pub use evaluate::evaluate;
pub use metrics::{Confident, LabelMetrics, Metrics, Mistake};
pub use report::render;
