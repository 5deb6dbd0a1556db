//! The head: a softmax layer fitted to bottlenecks.

mod fit;
mod lbfgs;
mod model;
mod select;
mod sgd;
mod softmax;
mod watch;

pub(crate) use fit::identify;
pub use fit::{Solver, Strength, Training, train};
pub use model::Head;
pub use select::Score;
pub use sgd::{Sgd, Step};
pub use softmax::probabilities;
pub use watch::Watch;
