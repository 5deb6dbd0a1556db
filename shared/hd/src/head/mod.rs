//! The head: a softmax layer fitted to bottlenecks.

mod balance;
mod calibrate;
mod describe;
mod fitted;
mod ground;
mod growth;
mod labels;
mod layer;
mod learned;
#[cfg(test)]
mod malformed;
mod memory;
mod model;
mod optimum;
mod out_of_fold;
mod pool;
mod predictions;
mod prior;
mod recipe;
mod score;
mod select;
mod sgd;
mod task;
mod train;
mod trial;
mod watch;

pub use balance::{ClassWeights, Given, Imbalance};
pub use growth::{Growth, growth};
pub use hd_softmax::probabilities;
pub use learned::Learned;
pub use memory::least_memory;
pub use model::Head;
pub use out_of_fold::{OutOfFold, out_of_fold};
pub use predictions::{Prediction, Predictions};
pub use prior::Prior;
pub use recipe::{Recipe, Solver, Strength};
pub use score::Score;
pub use sgd::Sgd;
pub use train::{Training, train};
pub use watch::{Snapshot, Step, Watch};
