//! Networks at work. This module alone speaks to ONNX Runtime.

mod aside;
mod device;
mod input;
mod optimised;
mod runtime;
mod session;
mod speed;

pub use device::{Chosen, Device, Engine, MakeEngine};
pub(crate) use input::input;
pub use runtime::Runtime;
pub use session::OnnxBase;
pub use speed::{known_time, measure, time_an_image};

use crate::error::Result;

/// A network that turns images into vectors of floats: a base into bottlenecks, a retrained graph into probabilities.
pub trait Base: Send {
    /// The outputs for images, given as the bytes of their network inputs, one behind the other; the outputs lie in the
    /// same order.
    ///
    /// # Errors
    /// The runtime's, such as running out of memory.
    fn run(&mut self, pixels: &[u8]) -> Result<Vec<f32>>;
}

/// Makes the networks that workers run, one each and only when one is needed.
pub type MakeBase<'a> = dyn Fn() -> Result<Box<dyn Base>> + Sync + 'a;
