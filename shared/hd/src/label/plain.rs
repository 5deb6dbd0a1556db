//! Any classifier of images as a retrained graph, with a list of labels.

use crate::base::{Base, OnnxBase, Runtime};
use crate::convert::Import;
use crate::error::Result;
use crate::onnx::{Network, classifier};

/// How far from 1 the sum of probabilities may be.
const ROUNDING: f32 = 1e-3;

/// The classifier `network` as a retrained graph for `labels`. Whether its output is probabilities
/// or wants a softmax is found out by running it.
///
/// # Errors
/// Those of [`Import::base`]; another number of labels than the network tells apart.
pub fn plain(network: &Import, labels: &[String], runtime: &Runtime) -> Result<Network> {
    let base = network.base(&|| Ok(runtime.clone()))?;
    let base = Network::made(network.path, base)?;
    let black = vec![0; base.input_bytes()];
    let output = OnnxBase::load(runtime, &base)?.run(&black)?;
    let sum: f32 = output.iter().sum();
    let probabilities = output.iter().all(|&p| p >= 0.0) && (sum - 1.0).abs() < ROUNDING;
    let graph = classifier(&base, labels, !probabilities)?;
    Network::made_retrained(network.path, graph)
}
