//! Of several forms of a base, the one whose answers are nearest to its own.

use super::calibrate::session;
use crate::base::{Runtime, input};
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::onnx::network::BOTTLENECK;
use crate::photo::Preprocess;

/// The candidate whose bottlenecks differ least from those of `base`, in the mean of squares over some images, given as
/// the bytes of their network inputs; the first of equals.
///
/// # Errors
/// Those of the candidates, and ONNX Runtime's.
pub(super) fn nearest(
    runtime: &Runtime,
    base: &Network,
    candidates: impl IntoIterator<Item = Result<Vec<u8>>>,
    images: &[Vec<u8>],
) -> Result<Vec<u8>> {
    let answers = |network: &[u8]| {
        bottlenecks(runtime, network, &base.preprocess, images).map_err(|error| Error::Runtime {
            path: base.path.clone(),
            reason: error.to_string(),
        })
    };
    let own = answers(&base.bytes)?;
    let mut best = (f64::INFINITY, Vec::new());
    for candidate in candidates {
        let candidate = candidate?;
        let pairs = own.iter().zip(answers(&candidate)?);
        let distance = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
        if distance < best.0 || best.1.is_empty() {
            best = (distance, candidate);
        }
    }
    Ok(best.1)
}

/// The bottlenecks of all images, one behind the other.
fn bottlenecks(
    runtime: &Runtime,
    network: &[u8],
    rule: &Preprocess,
    images: &[Vec<u8>],
) -> ort::Result<Vec<f32>> {
    let mut session = session(runtime, network)?;
    let mut all = Vec::new();
    for pixels in images {
        let (input, _) = input(rule, rule.filter.element(), pixels)?;
        let outputs = session.run(ort::inputs![input])?;
        let output = outputs
            .get(BOTTLENECK)
            .ok_or_else(|| ort::Error::new("an output is missing"))?;
        all.extend_from_slice(output.try_extract_tensor::<f32>()?.1);
    }
    Ok(all)
}
