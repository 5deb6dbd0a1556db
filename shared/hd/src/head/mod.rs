//! The head: a softmax layer fitted to bottlenecks.

mod balance;
mod calibrate;
mod describe;
mod examples;
mod fitted;
mod ground;
mod kernel;
mod labels;
mod layer;
mod lbfgs;
#[cfg(test)]
mod malformed;
mod model;
mod optimum;
mod pool;
mod predictions;
mod recipe;
mod scaling;
mod score;
mod select;
mod sgd;
mod softmax;
mod task;
mod train;
mod trial;
mod watch;

pub use balance::{ClassWeights, Given, Imbalance};
pub use model::Head;
pub use predictions::{Prediction, Predictions};
pub use recipe::{Recipe, Solver, Strength};
pub use score::Score;
pub use sgd::Sgd;
pub use softmax::probabilities;
pub use train::{Training, train};
pub use watch::{Snapshot, Step, Watch};
