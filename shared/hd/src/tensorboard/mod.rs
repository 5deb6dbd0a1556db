//! What TensorBoard shows of a training: files of events, one folder a run.
//!
//! The tags are retrain.py's, so that its users find what they know, and runs of both can lie side by side. The files are
//! written when training is done. Their times are the numbers of the steps, in seconds: the same training gives the same
//! bytes. Beside the events of validation lie the files of the projector; `projector.rs` has them.

mod curve;
mod event;
mod graph;
mod histogram;
mod projector;
mod record;

use std::path::{Path, PathBuf};

pub use self::curve::Curve;
use self::event::{Event, Summary, scalar};
pub use self::histogram::Histogram;
pub use self::projector::Point;
use crate::error::{Error, Result};
use crate::file;
use crate::onnx::Part;

/// How the name of a run's one file begins, by which TensorBoard finds it, and how it ends. Between them stands a number.
const FILE: (&str, &str) = ("events.out.tfevents.", ".hd");

/// What is shown of the head after a step.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The number of the step; the first is 0.
    pub step: usize,
    /// The labels, in output order.
    pub labels: &'a [String],
    /// W, C x D, in rows.
    pub weights: &'a [f32],
    /// b, C.
    pub biases: &'a [f32],
    /// W x + b of the images that were looked at.
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
        record::write(&mut bytes, &Event::start());
        Self(bytes)
    }
}

impl Run {
    /// Adds the curves of the head after its last step, one for each label.
    pub fn add_curves(&mut self, step: usize, labels: &[String], curves: &[Curve]) {
        let values = labels
            .iter()
            .zip(curves)
            .map(|(label, curve)| curve.value(label));
        let summary = Summary {
            value: values.collect(),
        };
        record::write(&mut self.0, &Event::of(step, summary));
    }

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

/// What is shown of a training.
#[derive(Debug, Default)]
pub struct Summaries<'a> {
    /// What training images show.
    pub train: Run,
    /// What validation images show.
    pub validation: Run,
    /// The retrained graph.
    pub graph: Option<Vec<Part>>,
    /// Validation images, for the projector.
    pub points: Vec<Point<'a>>,
    /// The folder of the images, if there are to be thumbnails.
    pub images: Option<&'a Path>,
}

/// Writes the runs `train` and `validation` into folders of the folder `into`, in place of an earlier training's.
///
/// # Errors
/// Trouble in writing.
pub fn write(into: &Path, summaries: &Summaries) -> Result<()> {
    let runs = [
        ("train", &summaries.train),
        ("validation", &summaries.validation),
    ];
    for (name, run) in runs {
        // As with retrain.py, the graph belongs to the run that trains.
        let graph = summaries.graph.as_ref().filter(|_| name == "train");
        let record = graph.map(|parts| record::of(&Event::graph(graph::encode(parts))));
        let content = [run.0.as_slice(), &record.unwrap_or_default()].concat();
        replace(&into.join(name), &content)?;
    }
    projector::write(
        &into.join("validation"),
        &summaries.points,
        summaries.images,
    )
}

/// Puts a file with this content in the place of the one in `folder`. A TensorBoard that is watching reads a file once, and
/// then only such as come later by their names; so another content has the next number.
fn replace(folder: &Path, content: &[u8]) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder, "create the folder"))?;
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder, "read"))?;
    let mut earlier: Vec<(u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((number(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    earlier.sort();
    let next = match earlier.last() {
        Some((_, path)) if std::fs::read(path).is_ok_and(|there| there == content) => {
            return Ok(());
        }
        Some((number, _)) => number + 1,
        None => 0,
    };
    let path = folder.join(format!("{}{next:010}{}", FILE.0, FILE.1));
    file::replace(&path, |out| out.write_all(content))?;
    earlier
        .iter()
        .try_for_each(|(_, path)| std::fs::remove_file(path).map_err(Error::io(path, "remove")))
}

/// The number in the name of a file of ours.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(FILE.0)?.strip_suffix(FILE.1)?;
    digits.parse().ok()
}
