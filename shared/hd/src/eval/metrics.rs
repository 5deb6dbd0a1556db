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
    /// How many of them the head has learned from: the figures flatter it then.
    pub seen: u64,
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
    /// The images that were given a wrong label, the surest first, and no more than 2000 of them. The
    /// table of predictions has all.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::judged::Judged;
    use crate::eval::per_label::per_label;
    use crate::eval::ranking::Areas;
    use crate::eval::{Accuracy, MostFrequent};

    /// Metrics of 20 images a label, a third of which are given another one.
    fn metrics(labels: usize) -> Metrics {
        let name = |label: usize| format!("a label of some length, number {label}");
        let image = |row: usize| {
            let label = row / 20;
            let answer = (label + usize::from(row.is_multiple_of(3)) * row) % labels;
            let p: Vec<f64> = (0..labels)
                .map(|n| f64::from(u8::from(n == answer)))
                .collect();
            Judged::new(row, label as u32, &p, &p)
        };
        let judged: Vec<Judged> = (0..20 * labels).map(image).collect();
        let accuracy = Accuracy::among(judged.iter().map(Judged::is_right));
        let confusion = Confusion::of(labels, &judged);
        let areas = Areas {
            roc_auc: Some(1.0 / 3.0),
            average_precision: Some(2.0 / 3.0),
        };
        let names = (0..labels).map(|label| (name(label), name(label)));
        let per_class = per_label(names, &confusion, &vec![areas; labels]);
        let beliefs = || judged.iter().map(|image| (image.now, image.is_right()));
        let decided = Decided::all(&judged);
        Metrics {
            architecture: "net".to_owned(),
            split: "all".to_owned(),
            n: accuracy.n,
            copies: 0,
            seen: 0,
            accuracy: accuracy.accuracy.unwrap(),
            accuracy_interval: accuracy.accuracy_interval.unwrap(),
            baselines: Baselines {
                most_frequent: MostFrequent {
                    label: name(0),
                    accuracy,
                },
                nearest_neighbour: None,
            },
            calibration: Calibration::of(beliefs()),
            temperature: 1.0,
            uncalibrated: Calibration::of(beliefs()),
            confident: Confident::among(&decided),
            decided,
            top_k: TopK::all(labels, &judged),
            labels: (0..labels).map(name).collect(),
            confusion,
            macro_average: Average::macro_of(&per_class),
            weighted_average: Average::weighted_of(&per_class),
            per_class,
            mistakes: Vec::new(),
            drawings: false,
            against: None,
        }
    }

    #[test]
    fn a_thousand_labels_stay_small_on_paper_and_on_the_screen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.json");
        let metrics = metrics(1000);
        metrics.write(&path).unwrap();
        let size = std::fs::metadata(&path).unwrap().len();
        assert!(size < 1_500_000, "{size} bytes");
        let (read, text) = (Metrics::open(&path).unwrap(), metrics.to_string());
        assert_eq!(read.to_string(), text);
        assert_eq!(read.confusion, metrics.confusion);
        assert!(text.lines().count() < 60, "{text}");
        assert!(text.starts_with("The 10 of 1000 labels that it does worst on"));
    }

    #[test]
    fn figures_have_names_and_what_is_undefined_keeps_no_bound() {
        let metrics = metrics(3);
        let bound = |name: &str, at_least, limit| crate::eval::Bound {
            name: name.to_owned(),
            at_least,
            limit,
        };
        let figures = metrics.named();
        for name in [
            "per_class.a label of some length, number 2.recall_interval.1",
            "decided.0.95.n",
            "top_k.3.right",
            "uncalibrated.brier",
            "baselines.most_frequent.accuracy",
        ] {
            assert!(
                figures.iter().any(|(known, _)| known == name),
                "{name} in {figures:?}"
            );
        }
        let kept = [bound("n", true, 60.0), bound("n", false, 60.0)];
        assert_eq!(metrics.missed(&kept), []);
        let missed = [
            bound("n", true, 61.0),
            bound("baselines.nearest_neighbour", false, 1.0),
        ];
        let missed: Vec<String> = metrics
            .missed(&missed)
            .iter()
            .map(ToString::to_string)
            .collect();
        let undefined = "baselines.nearest_neighbour is undefined, where at most 1 is asked for";
        assert_eq!(
            missed,
            ["n is 60, 1 below the 61 that is asked for", undefined]
        );
    }
}
