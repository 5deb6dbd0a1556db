//! `metrics.json`: the figures of an evaluation, as JSON with sorted keys.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use crate::error::{Error, Result};
use crate::file;

/// With more labels than this a matrix is no longer read, and the text lists the largest confusions
/// instead.
const READABLE: usize = 10;

/// The figures of an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The name of the base.
    pub architecture: String,
    /// The images that were evaluated: `training`, `validation`, `testing` or `all`.
    pub split: String,
    /// How many images that were.
    pub n: u64,
    /// The share of images whose most probable label is right.
    pub accuracy: f64,
    /// Where the accuracy on ever more such images lies with 95 % confidence (Wilson's score
    /// interval, 1927).
    pub accuracy_interval: [f64; 2],
    /// Mean of -log p(right label), in nats.
    pub cross_entropy: f64,
    /// How far probabilities are from what they say; see [`Calibration`].
    pub calibration_error: f64,
    /// The head's temperature, by which its logits were divided.
    pub temperature: f64,
    /// The same figures before that.
    pub uncalibrated: Calibration,
    /// The answers that are sure.
    pub confident: Confident,
    /// The labels, in output order.
    pub labels: Vec<String>,
    /// How often an image of the row's label was given the column's.
    pub confusion: Vec<Vec<u64>>,
    /// The same for each label alone.
    pub per_class: Vec<LabelMetrics>,
    /// The images that were given a wrong label, the surest first.
    pub mistakes: Vec<Mistake>,
    /// Whether any of the images are drawings that hd-fetch made.
    pub drawings: bool,
}

/// The figures of answers with a high score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confident {
    /// Their score is above this.
    pub threshold: f64,
    /// Their share of all answers.
    pub share: f64,
    /// The share of them that is right; absent where there are none.
    pub accuracy: Option<f64>,
}

/// The figures of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// The label.
    pub label: String,
    /// The name of its folder; empty in a file of an older hd-eval.
    #[serde(default)]
    pub folder: String,
    /// How many images have it.
    pub n: u64,
    /// The share that is right of the images that were given the label; absent where none was.
    pub precision: Option<f64>,
    /// The share that was given the label of the images that have it; absent where none has.
    pub recall: Option<f64>,
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
            serde_json::to_writer_pretty(&mut *out, &serde_json::to_value(self)?)?;
            writeln!(out)
        })
    }

    /// How often the label in row `a` was taken for the one in column `b`, for all such pairs, the
    /// most frequent first.
    pub(super) fn confusions(&self) -> Vec<(&str, &str, u64)> {
        let mut pairs = Vec::new();
        for (a, row) in self.labels.iter().zip(&self.confusion) {
            let wrong = self
                .labels
                .iter()
                .zip(row)
                .filter(|(b, count)| *b != a && **count > 0);
            pairs.extend(wrong.map(|(b, &count)| (a.as_str(), b.as_str(), count)));
        }
        pairs.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        pairs
    }

    fn write_matrix(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        writeln!(
            f,
            "Confusion (a row for each label, a column for each answer)"
        )?;
        write!(f, "{:width$}", "")?;
        let columns: Vec<usize> = self
            .labels
            .iter()
            .map(|label| label.chars().count().max(6))
            .collect();
        for (label, column) in self.labels.iter().zip(&columns) {
            write!(f, "  {label:>column$}")?;
        }
        for (label, row) in self.labels.iter().zip(&self.confusion) {
            write!(f, "\n{label:width$}")?;
            for (count, column) in row.iter().zip(&columns) {
                write!(f, "  {count:>column$}")?;
            }
        }
        writeln!(f, "\n")
    }

    fn write_calibration(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Confident {
            threshold,
            share: sure,
            accuracy,
        } = &self.confident;
        writeln!(
            f,
            "Scores over {threshold:.2} = {:.1}% of the images, {} of them right",
            100.0 * sure,
            share(*accuracy)
        )?;
        let before = |figure: String| match self.temperature == 1.0 {
            true => String::new(),
            false => format!(" ({figure} before calibration)"),
        };
        let Calibration {
            cross_entropy,
            calibration_error,
        } = self.uncalibrated;
        let percent = |error: f64| format!("{:.1}%", 100.0 * error);
        writeln!(
            f,
            "Expected calibration error = {}{}",
            percent(self.calibration_error),
            before(percent(calibration_error))
        )?;
        writeln!(
            f,
            "Cross-entropy = {:.4}{}",
            self.cross_entropy,
            before(format!("{cross_entropy:.4}"))
        )
    }

    fn write_confusions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Largest confusions")?;
        for (label, given, count) in self.confusions().into_iter().take(READABLE) {
            writeln!(f, "{count:>8}  {label} taken for {given}")?;
        }
        writeln!(f)
    }
}

/// As text. The last line has the form that retrain.py's has.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .labels
            .iter()
            .map(|label| label.chars().count())
            .max()
            .unwrap_or(0)
            .max(5);
        writeln!(f, "{:width$}  images  precision  recall", "Label")?;
        for class in &self.per_class {
            let LabelMetrics { label, n, .. } = class;
            let (precision, recall) = (share(class.precision), share(class.recall));
            writeln!(f, "{label:width$}  {n:>8}  {precision:>9}  {recall:>6}")?;
        }
        writeln!(f)?;
        match self.labels.len() <= READABLE {
            true => self.write_matrix(f, width)?,
            false => self.write_confusions(f)?,
        }
        if self.drawings {
            writeln!(
                f,
                "These images are drawings, not photos: the figures show that the programs work,"
            )?;
            writeln!(f, "not how well the labels of photos can be told apart.\n")?;
        }
        let [low, high] = self.accuracy_interval;
        self.write_calibration(f)?;
        writeln!(
            f,
            "95% confidence interval of the accuracy = {:.1}% to {:.1}%",
            100.0 * low,
            100.0 * high
        )?;
        let what = match self.split.as_str() {
            "testing" => "Final test".to_owned(),
            split => {
                let mut letters = split.chars();
                let first = letters.next().map(|first| first.to_uppercase().to_string());
                first.unwrap_or_default() + letters.as_str()
            }
        };
        writeln!(
            f,
            "{what} accuracy = {:.1}% (N={})",
            100.0 * self.accuracy,
            self.n
        )
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{:.1}%", 100.0 * value))
}
