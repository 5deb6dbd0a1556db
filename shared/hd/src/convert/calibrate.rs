//! The ranges that the tensors of a base take on some images and the means of their channels, found by running it.

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use crate::base::{Runtime, input};
use crate::error::{Error, Result};
use crate::onnx::{Network, Observed, Quantiser, Range};
use crate::photo::Preprocess;

/// What is observed of the tensors that `quantiser` asks for, over images given as the bytes of their network inputs.
///
/// # Errors
/// ONNX Runtime's, and those of `images`.
pub(super) fn calibrate(
    runtime: &Runtime,
    base: &Network,
    quantiser: &Quantiser,
    images: impl Iterator<Item = Result<Vec<u8>>>,
) -> Result<Vec<Observed>> {
    let failed = |error: ort::Error| Error::Runtime {
        path: base.path.clone(),
        reason: error.to_string(),
    };
    let mut session = session(runtime, &quantiser.probe()).map_err(failed)?;
    let nothing = Observed {
        range: Range {
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
        },
        means: Vec::new(),
    };
    let mut observed = vec![nothing; quantiser.tensors().len()];
    let mut count = 0.0;
    for pixels in images {
        let (names, rule) = (quantiser.tensors(), &base.preprocess);
        observe(&mut observed, &mut session, names, rule, &pixels?).map_err(failed)?;
        count += 1.0;
    }
    // They were sums until here.
    let means = observed.iter_mut().flat_map(|observed| &mut observed.means);
    means.for_each(|mean| *mean /= count);
    Ok(observed)
}

fn session(runtime: &Runtime, bytes: &[u8]) -> ort::Result<Session> {
    Session::builder(&runtime.environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .commit_from_memory(bytes)
}

fn observe(
    observed: &mut [Observed],
    session: &mut Session,
    tensors: &[String],
    rule: &Preprocess,
    pixels: &[u8],
) -> ort::Result<()> {
    let (input, _) = input(rule, rule.filter.element(), pixels)?;
    let outputs = session.run(ort::inputs![input])?;
    for (observed, name) in observed.iter_mut().zip(tensors) {
        let output = outputs
            .get(name.as_str())
            .ok_or_else(|| ort::Error::new("an output is missing"))?;
        let (shape, values) = output.try_extract_tensor::<f32>()?;
        add_means(&mut observed.means, shape.get(1).copied(), values);
        let range = &mut observed.range;
        range.min = values.iter().copied().fold(range.min, f32::min);
        range.max = values.iter().copied().fold(range.max, f32::max);
    }
    Ok(())
}

/// Adds the mean of each channel of [1, channels, height, width] to the sums so far.
fn add_means(sums: &mut Vec<f64>, channels: Option<i64>, values: &[f32]) {
    let channels = channels.map_or(1, |channels| channels.max(1) as usize);
    let each = (values.len() / channels).max(1);
    sums.resize(channels, 0.0);
    for (sum, plane) in sums.iter_mut().zip(values.chunks(each)) {
        *sum += plane.iter().map(|&value| f64::from(value)).sum::<f64>() / each as f64;
    }
}
