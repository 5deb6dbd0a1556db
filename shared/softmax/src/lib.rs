//! Multinomial logistic regression: its loss, its gradient, and the search for its minimum.
//!
//! ```text
//! [Example] ── Moments ── Scaling ── Problem ── Search::minimise ── Problem::fold
//!   rows x       of each    mean and   loss and    L-BFGS             W [C, D], b [C]
//!   and labels   feature    scale      gradient
//! ```
//!
//! Numbers in, numbers out: no files and no errors. Sums are taken in an order that follows from
//! the number of rows alone, so that the result is the same, to the bit, on any number of cores.
//! It is a crate of its own because it is where training spends its time: Cargo.toml has it
//! optimised in one piece, and all else compiled faster.

mod affine;
mod along;
mod exact;
mod examples;
mod exponential;
mod gemm;
mod kernel;
mod lbfgs;
mod many;
#[cfg(test)]
mod noise;
mod problem;
mod scaling;
mod sum;

pub use along::memory_of_fit;
pub use exact::exact;
pub use examples::{Example, Examples, Folds, unit};
pub use kernel::{accumulate, project};
pub use lbfgs::{Function, Outcome, Search};
pub use problem::{Problem, probabilities};
pub use scaling::{Moments, Scaling};
