//! The head: a softmax layer fitted to bottlenecks.

mod fit;
mod lbfgs;
mod model;
mod select;
mod softmax;

pub(crate) use fit::identify;
pub use fit::{Strength, Training, train};
pub use model::Head;
pub use select::Score;
pub use softmax::probabilities;
