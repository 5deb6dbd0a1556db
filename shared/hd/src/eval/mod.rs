//! How good a head is, on images that it has not seen.
//!
//! [`evaluate`] looks at each image once. What the head says of it is a [`Judged`], and every figure
//! follows from these.

mod accuracy;
mod against;
mod baselines;
mod bound;
mod calibration;
mod charts;
mod compare;
mod confusion;
mod decided;
mod evaluate;
#[cfg(test)]
mod golden;
mod json;
mod judged;
mod learning;
mod mcnemar;
mod metrics;
mod neighbour;
mod per_label;
mod ranking;
mod rows;
mod table;
mod text;

pub use accuracy::Accuracy;
pub use against::{Against, Changed};
pub use baselines::{Baselines, MostFrequent};
pub use bound::{Bound, Missed};
pub use calibration::Calibration;
pub use charts::{Chart, charts};
pub use compare::{Candidate, Comparison, Lead, Standing, compare};
pub use confusion::Confusion;
pub use decided::{Decided, TopK};
pub use evaluate::{Evaluation, blank, evaluate};
pub use judged::{Belief, Judged};
pub use learning::{Doubling, LearningCurve, LearningPoint, Verdict, learning_curve};
pub use metrics::{Confident, Metrics, Mistake};
pub use per_label::{Average, LabelMetrics};
pub use ranking::Areas;
