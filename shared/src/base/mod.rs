//! Networks at work. This module alone speaks to ONNX Runtime.

mod runtime;
mod session;

pub use runtime::Runtime;
pub use session::OnnxBase;

use crate::error::Result;

/// A network that turns a picture into a vector of floats: a base into a bottleneck, a retrained graph into
/// probabilities.
pub trait Base: Send {
    /// The output for one picture, given as the `height * width * 3` bytes of its network input.
    ///
    /// # Errors
    /// The runtime's, such as running out of memory.
    fn run(&mut self, pixels: &[u8]) -> Result<Vec<f32>>;
}

/// Makes the networks that workers run, one each and only when one is needed.
pub type MakeBase<'a> = dyn Fn() -> Result<Box<dyn Base>> + Sync + 'a;
