//! The head: a softmax layer fitted to bottlenecks.

mod balance;
mod calibrate;
mod examples;
mod fit;
mod kernel;
mod lbfgs;
mod model;
mod scaling;
mod select;
mod sgd;
mod softmax;
mod watch;

pub use balance::{ClassWeights, Given, Imbalance};
pub(crate) use fit::identify;
pub use fit::{Recipe, Solver, Strength, Training, train};
pub use model::Head;
pub use select::Score;
pub use sgd::{Sgd, Step};
pub use softmax::probabilities;
pub use watch::Watch;
