//! `metrics.json`: the figures of an evaluation, as JSON with sorted keys.
//!
//! What is undefined, such as the precision of a label that no image was given, is null. An entry of
//! a list has a line to itself, so that the file is readable and stays small with a thousand labels.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::against::Against;
use super::baselines::Baselines;
use super::calibration::Calibration;
use super::confusion::Confusion;
use super::decided::{Decided, TopK};
use super::json;
use super::per_label::{Average, LabelMetrics};
use crate::error::{Error, Result};
use crate::file;
use crate::label::CONFIDENT;

/// The figures of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The name of the base.
    pub architecture: String,
    /// The images that were evaluated: `training`, `validation`, `testing` or `all`.
    pub split: String,
    /// How many images that was.
    pub n: u64,
    /// How many of them have the content of another one among them, which counts once more with
    /// each.
    pub copies: u64,
    /// The share of images whose most probable label is right.
    pub accuracy: f64,
    /// Where the accuracy on ever more such images lies with 95 % confidence; see [`Accuracy`].
    ///
    /// [`Accuracy`]: super::Accuracy
    pub accuracy_interval: [f64; 2],
    /// What would be right without a head.
    pub baselines: Baselines,
    /// How far probabilities are from what they say.
    #[serde(flatten)]
    pub calibration: Calibration,
    /// The head's temperature, by which its logits were divided.
    pub temperature: f64,
    /// The figures of its logits before that. The strength of the regularisation was chosen together
    /// with the temperature, so this is not what the head would do if there were no temperatures: a
    /// weaker strength would have been chosen then.
    pub uncalibrated: Calibration,
    /// The answers that are sure.
    pub confident: Confident,
    /// The answers over each of a row of thresholds.
    pub decided: Vec<Decided>,
    /// How often the label is among the k most probable ones, for a row of k.
    pub top_k: Vec<TopK>,
    /// The labels, in output order.
    pub labels: Vec<String>,
    /// How often an image of a label was given which.
    pub confusion: Confusion,
    /// The figures of each label.
    pub per_class: Vec<LabelMetrics>,
    /// Their means, in which every label counts alike.
    #[serde(rename = "macro")]
    pub macro_average: Average,
    /// Their means, in which a label counts as often as it has images.
    #[serde(rename = "weighted")]
    pub weighted_average: Average,
    /// The images that were given a wrong label, the surest first.
    pub mistakes: Vec<Mistake>,
    /// Whether any of the images are drawings that hd-fetch made.
    pub drawings: bool,
    /// Another head on the same images, if one was given.
    pub against: Option<Against>,
}

/// The figures of the answers that hd-app takes for sure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confident {
    /// Their score is above this.
    pub threshold: f64,
    /// Their share of all answers.
    pub share: f64,
    /// The share of them that is right; absent where there are none.
    pub accuracy: Option<f64>,
}

/// An image that was given a wrong label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// Its path relative to the folder of images; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Its label.
    pub label: String,
    /// The label that it was given.
    pub given: String,
    /// The probability of that.
    pub score: f64,
}

impl Confident {
    /// That of the sure ones among the answers over several thresholds.
    pub(super) fn among(decided: &[Decided]) -> Self {
        let sure = decided
            .iter()
            .find(|decided| decided.threshold == CONFIDENT);
        Self {
            threshold: CONFIDENT,
            share: sure.and_then(|sure| sure.share).unwrap_or_default(),
            accuracy: sure.and_then(|sure| sure.accuracy.accuracy),
        }
    }
}

impl Metrics {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// A file that is missing, or not what hd-eval writes.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = file::read(path)?;
        if bytes.first().is_some_and(|&first| first != b'{') {
            return Err(Error::Foreign {
                path: path.to_path_buf(),
                expected: "a file of metrics",
                found: "is no JSON".to_owned(),
            });
        }
        serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
            path: path.to_path_buf(),
            what: "a file of metrics",
            reason: error.to_string(),
            maker: "hd-eval",
        })
    }

    /// Writes the file `path`.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::replace(path, |out| {
            // By way of a value, which sorts its keys.
            json::write(&serde_json::to_value(self)?, out)
        })
    }
}
