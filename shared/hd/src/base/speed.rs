//! How long a network takes for an image.

use std::time::{Duration, Instant};

use super::{Base, OnnxBase, Runtime};
use crate::error::Result;
use crate::onnx::Network;

/// Runs that are not counted, in which memory is taken.
const FIRST: usize = 3;

/// Runs that are counted: enough for a median that a busy machine does not move by much.
const RUNS: usize = 41;

/// The median of the times that `network` takes for an image that is decoded and of its size, on one
/// thread of the processor. The values of an image do not change it.
///
/// # Errors
/// A graph that ONNX Runtime refuses.
pub fn time_an_image(runtime: &Runtime, network: &Network) -> Result<Duration> {
    let mut base = OnnxBase::load(runtime, network)?;
    let image = vec![0; network.input_bytes()];
    let mut times = Vec::with_capacity(RUNS);
    for run in 0..FIRST + RUNS {
        let start = Instant::now();
        base.run(&image)?;
        if run >= FIRST {
            times.push(start.elapsed());
        }
    }
    times.sort();
    Ok(times.get(RUNS / 2).copied().unwrap_or_default())
}
