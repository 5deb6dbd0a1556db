//! What TensorBoard shows of a training: files of events, one folder a run.
//!
//! The tags are retrain.py's, so that its users find what they know, and runs of both can lie side by side. The files are
//! written when training is done. Their times are the numbers of the steps, in seconds: the same training gives the same
//! bytes.

mod event;
mod histogram;
mod record;

use std::path::Path;

use self::event::{Event, Summary, scalar};
pub use self::histogram::Histogram;
use crate::error::{Error, Result};
use crate::file;

/// The one file of a run. TensorBoard looks for the middle part.
const FILE: &str = "events.out.tfevents.0.hd";

/// What is shown of the head after a step.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The number of the step; the first is 0.
    pub step: usize,
    /// W, C x D, in whatever order.
    pub weights: &'a [f32],
    /// b, C.
    pub biases: &'a [f32],
    /// W x + b of the pictures that were looked at.
    pub logits: &'a Histogram,
    /// Their softmax.
    pub probabilities: &'a Histogram,
    /// The share whose most probable label is right.
    pub accuracy: f64,
    /// Mean cross-entropy, in nats.
    pub cross_entropy: f64,
}

/// One run: what was shown of it so far, as the content of its file.
#[derive(Debug)]
pub struct Run(Vec<u8>);

impl Default for Run {
    fn default() -> Self {
        let mut bytes = Vec::new();
        record::write(&mut bytes, &Event::version());
        Self(bytes)
    }
}

impl Run {
    /// Adds what is shown after a step.
    pub fn add(&mut self, shown: &Shown) {
        let mut values = Vec::new();
        for (name, parameters) in [("weights", shown.weights), ("biases", shown.biases)] {
            let tag = |what: &str| format!("final_training_ops/{name}/summaries/{what}");
            let numbers = || parameters.iter().map(|&number| f64::from(number));
            let all: Histogram = numbers().collect();
            let deviations = numbers().map(|number| (number - all.mean()).powi(2));
            let variance = deviations.sum::<f64>() / parameters.len().max(1) as f64;
            values.push(scalar(&tag("mean"), all.mean()));
            values.push(scalar(&tag("stddev_1"), variance.sqrt()));
            values.push(scalar(&tag("max"), all.max()));
            values.push(scalar(&tag("min"), all.min()));
            values.push(all.value(&tag("histogram")));
        }
        let tag = |what: &str| format!("final_training_ops/Wx_plus_b/{what}");
        values.push(shown.logits.value(&tag("pre_activations")));
        values.push(shown.probabilities.value(&tag("activations")));
        values.push(scalar("cross_entropy_1", shown.cross_entropy));
        values.push(scalar("accuracy_1", shown.accuracy));
        record::write(
            &mut self.0,
            &Event::of(shown.step, Summary { value: values }),
        );
    }
}

/// Writes the runs `train` and `validation` into folders of the folder `into`, in place of an earlier training's.
///
/// # Errors
/// Trouble in writing.
pub fn write(into: &Path, train: &Run, validation: &Run) -> Result<()> {
    for (name, run) in [("train", train), ("validation", validation)] {
        let folder = into.join(name);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder, "create the folder"))?;
        file::replace(&folder.join(FILE), |out| out.write_all(&run.0))?;
    }
    Ok(())
}
