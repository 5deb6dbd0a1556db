//! The values that the tensors of a base take on some images, found by running it.

use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;

use crate::base::{Runtime, input};
use crate::error::{Error, Result};
use crate::onnx::{Network, Observed, Quantiser};
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
    let mut observed = vec![Observed::default(); quantiser.tensors().len()];
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

/// A network at work.
pub(super) fn session(runtime: &Runtime, bytes: &[u8]) -> ort::Result<Session> {
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
        observed.histogram.add(values);
        // Of tokens and the like it is not known which side has the channels.
        if let [_, channels] | [_, channels, _, _] = **shape {
            add_means(&mut observed.means, channels, values);
        }
    }
    Ok(())
}

/// Adds the mean of each channel of [1, channels] or [1, channels, height, width] to the sums so far.
fn add_means(sums: &mut Vec<f64>, channels: i64, values: &[f32]) {
    let channels = channels.max(1) as usize;
    let each = (values.len() / channels).max(1);
    sums.resize(channels, 0.0);
    for (sum, plane) in sums.iter_mut().zip(values.chunks(each)) {
        *sum += plane.iter().map(|&value| f64::from(value)).sum::<f64>() / each as f64;
    }
}
