//! Precision and recall at every threshold, as TensorBoard's PR curves want them.

use super::event::{FLOAT, Metadata, Plugin, PluginData, Shape, Tensor, Value};

/// Thresholds from 0 to 1, as many as TensorBoard's summaries have.
const THRESHOLDS: usize = 201;

/// How the probabilities of one label are distributed over images that have it, and over those that
/// have another.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    /// By threshold, the images that have the label.
    positive: Vec<u64>,
    /// The images that have another.
    negative: Vec<u64>,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            positive: vec![0; THRESHOLDS],
            negative: vec![0; THRESHOLDS],
        }
    }
}

impl Curve {
    /// Counts an image that was given this probability of the label, and has the label or another.
    pub(super) fn add(&mut self, probability: f64, positive: bool) {
        let threshold = (probability * (THRESHOLDS - 1) as f64) as usize;
        let counts = if positive {
            &mut self.positive
        } else {
            &mut self.negative
        };
        if let Some(count) = counts.get_mut(threshold) {
            *count += 1;
        }
    }

    /// Counts what `other` has counted.
    pub(super) fn merge(&mut self, other: &Self) {
        let pairs = [
            (&mut self.positive, &other.positive),
            (&mut self.negative, &other.negative),
        ];
        for (to, from) in pairs {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }

    /// True and false positives, true and false negatives, precision, recall: a row each.
    fn rows(&self) -> Vec<f32> {
        let [positive, negative] = [&self.positive, &self.negative].map(|counts| at_least(counts));
        let [p, n] =
            [&positive, &negative].map(|counts| counts.first().copied().unwrap_or_default());
        let share = |part: u64, of: u64| part as f32 / (of as f32).max(1e-7);
        let pairs = || positive.iter().zip(&negative);
        [
            positive.iter().map(|&tp| tp as f32).collect::<Vec<f32>>(),
            negative.iter().map(|&fp| fp as f32).collect(),
            negative.iter().map(|&fp| (n - fp) as f32).collect(),
            positive.iter().map(|&tp| (p - tp) as f32).collect(),
            pairs().map(|(&tp, &fp)| share(tp, tp + fp)).collect(),
            positive.iter().map(|&tp| share(tp, p)).collect(),
        ]
        .concat()
    }

    pub(super) fn value(&self, label: &str) -> Value {
        let content = PluginData {
            version: 0,
            thresholds: THRESHOLDS as u32,
        };
        Value {
            tag: format!("{label}/pr_curves"),
            metadata: Some(Metadata {
                plugin: Some(Plugin {
                    name: "pr_curves".to_owned(),
                    content: prost::Message::encode_to_vec(&content),
                }),
                display_name: label.to_owned(),
            }),
            tensor: Some(Tensor {
                kind: FLOAT,
                shape: Some(Shape::of(&[6, THRESHOLDS as i64])),
                floats: self.rows(),
            }),
            ..Value::default()
        }
    }
}

/// For each threshold, how many are counted there or above.
fn at_least(counts: &[u64]) -> Vec<u64> {
    let mut sums: Vec<u64> = counts
        .iter()
        .rev()
        .scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        })
        .collect();
    sums.reverse();
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_by_hand() {
        let mut curve = Curve::default();
        for (probability, positive) in [(1.0, true), (0.6, true), (0.6, false), (0.1, false)] {
            curve.add(probability, positive);
        }
        let rows = curve.rows();
        let at = |threshold: usize| -> Vec<f32> {
            (0..6)
                .map(|row| rows[row * THRESHOLDS + threshold])
                .collect()
        };
        assert_eq!(at(0), [2.0, 2.0, 0.0, 0.0, 0.5, 1.0]);
        assert_eq!(at(100), [2.0, 1.0, 1.0, 0.0, 2.0 / 3.0, 1.0]);
        assert_eq!(at(200), [1.0, 0.0, 2.0, 1.0, 1.0, 0.5]);
        let mut twice = curve.clone();
        twice.merge(&curve);
        assert_eq!(twice.rows()[0], 4.0);
    }
}
