//! How often a head decides at all, where only high scores count, and how often that is right.

use serde::{Deserialize, Serialize};

use super::accuracy::Accuracy;
use super::judged::Judged;
use crate::label::CONFIDENT;

/// The thresholds that are looked at; hd-app's is among them.
const THRESHOLDS: [f64; 7] = [0.5, 0.6, 0.7, 0.8, CONFIDENT, 0.95, 0.99];

/// The numbers of most probable labels that are looked at.
const TOP: [u32; 4] = [1, 2, 3, 5];

/// The answers with a score over a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Their score is above this.
    pub threshold: f64,
    /// Their share of all answers.
    pub share: Option<f64>,
    /// Where that lies with 95 % confidence.
    pub share_interval: Option<[f64; 2]>,
    /// How many they are, and how many of them are right.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

/// How often the label is among the k most probable ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopK {
    /// So many labels.
    pub k: u32,
    /// How many images that is right for.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

impl Decided {
    /// The answers over each of a row of thresholds.
    pub(super) fn all(judged: &[Judged]) -> Vec<Self> {
        THRESHOLDS
            .map(|threshold| Self::over(threshold, judged))
            .into()
    }

    fn over(threshold: f64, judged: &[Judged]) -> Self {
        let decided = judged.iter().filter(|image| image.now.score > threshold);
        let accuracy = Accuracy::among(decided.map(Judged::is_right));
        let share = Accuracy::of(accuracy.n, judged.len() as u64);
        Self {
            threshold,
            share: share.accuracy,
            share_interval: share.accuracy_interval,
            accuracy,
        }
    }
}

impl TopK {
    /// The figures for a row of numbers, as far as there are labels.
    pub(super) fn all(labels: usize, judged: &[Judged]) -> Vec<Self> {
        let numbers = TOP.into_iter().filter(|&k| k as usize <= labels);
        let of = |k| Self {
            k,
            accuracy: Accuracy::among(judged.iter().map(|image| image.rank < k)),
        };
        numbers.map(of).collect()
    }
}
