//! The ranges that the tensors of a base take on some images, found by running it.

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use crate::base::{Runtime, input};
use crate::error::{Error, Result};
use crate::onnx::{Network, Quantiser, Range};
use crate::photo::Preprocess;

/// The ranges of the tensors that `quantiser` asks for, over images given as the bytes of their network inputs.
///
/// # Errors
/// ONNX Runtime's, and those of `images`.
pub(super) fn calibrate(
    runtime: &Runtime,
    base: &Network,
    quantiser: &Quantiser,
    images: impl Iterator<Item = Result<Vec<u8>>>,
) -> Result<Vec<Range>> {
    let failed = |error: ort::Error| Error::Runtime {
        path: base.path.clone(),
        reason: error.to_string(),
    };
    let mut session = session(runtime, &quantiser.probe()).map_err(failed)?;
    let mut ranges = vec![
        Range {
            min: f32::INFINITY,
            max: f32::NEG_INFINITY
        };
        quantiser.tensors().len()
    ];
    for pixels in images {
        widen(
            &mut ranges,
            &mut session,
            quantiser.tensors(),
            &base.preprocess,
            &pixels?,
        )
        .map_err(failed)?;
    }
    Ok(ranges)
}

fn session(runtime: &Runtime, bytes: &[u8]) -> ort::Result<Session> {
    Session::builder(&runtime.environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .commit_from_memory(bytes)
}

fn widen(
    ranges: &mut [Range],
    session: &mut Session,
    tensors: &[String],
    rule: &Preprocess,
    pixels: &[u8],
) -> ort::Result<()> {
    let (input, _) = input(rule, rule.filter.element(), pixels)?;
    let outputs = session.run(ort::inputs![input])?;
    for (range, name) in ranges.iter_mut().zip(tensors) {
        let output = outputs
            .get(name.as_str())
            .ok_or_else(|| ort::Error::new("an output is missing"))?;
        let (_, values) = output.try_extract_tensor::<f32>()?;
        range.min = values.iter().copied().fold(range.min, f32::min);
        range.max = values.iter().copied().fold(range.max, f32::max);
    }
    Ok(())
}
