//! How long a network takes for an image, measured, and kept in the folder `measured` of the cache: microseconds in a file
//! whose name is the digest of the network and the processor.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::optimised::processor;
use super::{Base, OnnxBase, Runtime};
use crate::cache::cache_folder;
use crate::digest::Digest;
use crate::error::Result;
use crate::file;
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

/// The time that was measured for this network on such a processor before, if one was.
pub fn known_time(network: &Network) -> Option<Duration> {
    let microseconds = fs::read_to_string(place(network)?).ok()?;
    Some(Duration::from_micros(microseconds.trim().parse().ok()?))
}

/// Measures the time of `network`, and keeps it where something can be kept.
///
/// # Errors
/// A graph that ONNX Runtime refuses.
pub fn measure(runtime: &Runtime, network: &Network) -> Result<Duration> {
    let time = time_an_image(runtime, network)?;
    if let Some(place) = place(network) {
        let _ = file::replace(&place, |out| writeln!(out, "{}", time.as_micros()));
    }
    Ok(time)
}

fn place(network: &Network) -> Option<PathBuf> {
    let parts = [network.digest.as_bytes().as_slice(), &processor()?];
    let name = Digest::of_parts(parts).to_string();
    Some(cache_folder().ok()?.join("measured").join(name))
}
