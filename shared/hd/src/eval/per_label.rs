//! Precision, recall and their like, of each label and of all together.

use serde::{Deserialize, Serialize};

use super::accuracy::Accuracy;
use super::confusion::Confusion;
use super::ranking::Areas;

/// The figures of one label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelMetrics {
    /// The label.
    pub label: String,
    /// The name of its folder.
    pub folder: String,
    /// How many images have it.
    pub n: u64,
    /// How many images were given it.
    pub answers: u64,
    /// How many of these have it.
    pub right: u64,
    /// The share that is right of the images that were given the label; absent where none was.
    pub precision: Option<f64>,
    /// Where that lies with 95 % confidence.
    pub precision_interval: Option<[f64; 2]>,
    /// The share that was given the label of the images that have it; absent where none has.
    pub recall: Option<f64>,
    /// Where that lies with 95 % confidence.
    pub recall_interval: Option<[f64; 2]>,
    /// The harmonic mean of precision and recall; absent where no image has the label or was given
    /// it.
    pub f1: Option<f64>,
    /// How well its scores alone tell its images from the others.
    #[serde(flatten)]
    pub areas: Areas,
}

/// Means over the labels.
///
/// As in scikit-learn, labels that neither an image has nor an answer is are left out of precision,
/// recall and F1, and what is undefined for another label counts as 0. The areas are means over the
/// labels that have them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Average {
    /// Mean precision.
    pub precision: Option<f64>,
    /// Mean recall.
    pub recall: Option<f64>,
    /// Mean F1.
    pub f1: Option<f64>,
    /// Mean area below the ROC curves.
    pub roc_auc: Option<f64>,
    /// Mean average precision.
    pub average_precision: Option<f64>,
}

/// The figures of each label, given with its folder.
pub(super) fn per_label(
    labels: impl Iterator<Item = (String, String)>,
    confusion: &Confusion,
    areas: &[Areas],
) -> Vec<LabelMetrics> {
    let mut counts = vec![[0; 3]; areas.len()];
    for (label, answer, count) in confusion.cells() {
        let is_right = label == answer;
        for (number, place, adds) in [(label, 0, true), (answer, 1, true), (label, 2, is_right)] {
            let counts = counts.get_mut(number as usize);
            if let Some(cell) = counts
                .and_then(|counts| counts.get_mut(place))
                .filter(|_| adds)
            {
                *cell += count;
            }
        }
    }
    let labels = labels.zip(counts).zip(areas);
    labels
        .map(|(((label, folder), counts), &areas)| of_label(label, folder, counts, areas))
        .collect()
}

fn of_label(
    label: String,
    folder: String,
    [n, answers, right]: [u64; 3],
    areas: Areas,
) -> LabelMetrics {
    let (precision, recall) = (Accuracy::of(right, answers), Accuracy::of(right, n));
    LabelMetrics {
        label,
        folder,
        n,
        answers,
        right,
        precision: precision.accuracy,
        precision_interval: precision.accuracy_interval,
        recall: recall.accuracy,
        recall_interval: recall.accuracy_interval,
        f1: (n + answers > 0).then(|| 2.0 * right as f64 / (n + answers) as f64),
        areas,
    }
}

impl Average {
    /// The mean in which every label counts alike.
    pub(super) fn macro_of(labels: &[LabelMetrics]) -> Self {
        Self::of(labels, |_| 1.0)
    }

    /// The mean in which a label counts as often as it has images.
    pub(super) fn weighted_of(labels: &[LabelMetrics]) -> Self {
        Self::of(labels, |label| label.n as f64)
    }

    fn of(labels: &[LabelMetrics], weight: fn(&LabelMetrics) -> f64) -> Self {
        let seen = || labels.iter().filter(|label| label.n + label.answers > 0);
        let of_seen = |figure: fn(&LabelMetrics) -> Option<f64>| {
            mean(seen().map(|label| (weight(label), figure(label).unwrap_or_default())))
        };
        let of_defined = |figure: fn(&Areas) -> Option<f64>| {
            let defined = labels.iter();
            mean(defined.filter_map(|label| Some((weight(label), figure(&label.areas)?))))
        };
        Self {
            precision: of_seen(|label| label.precision),
            recall: of_seen(|label| label.recall),
            f1: of_seen(|label| label.f1),
            roc_auc: of_defined(|areas| areas.roc_auc),
            average_precision: of_defined(|areas| areas.average_precision),
        }
    }
}

/// The mean of figures with weights; absent where there is none.
fn mean(figures: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (weights, sum) = figures.fold((0.0, 0.0), |(weights, sum), (weight, figure)| {
        (weights + weight, sum + weight * figure)
    });
    (weights > 0.0).then(|| sum / weights)
}
