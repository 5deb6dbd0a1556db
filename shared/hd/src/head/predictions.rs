//! Predictions: the logits and probabilities that a head gives images, computed when somebody asks
//! for them.

use rayon::prelude::*;

use crate::argmax::argmax;
use hd_rows::{floats, slices};
use hd_softmax::Example;
use hd_softmax::probabilities;
use hd_softmax::project;

/// Images that one thread works on at a time. Results are merged part by part, and so do not depend
/// on the number of threads, to the bit.
const PART: usize = 2048;

/// Images whose logits are computed together.
const ROWS: usize = 16;

/// The prediction for one image.
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    /// W x + b, one for each label: C.
    pub logits: &'a [f32],
    /// The softmax of the logits: C.
    pub probabilities: &'a [f64],
    /// The number of the image's true label.
    pub label: u32,
}

impl Prediction<'_> {
    /// Whether the most probable label is the true one.
    pub fn is_right(&self) -> bool {
        argmax(self.probabilities.iter().copied()) == Some(self.label as usize)
    }

    /// -log p(true label), in nats.
    pub fn cross_entropy(&self) -> f64 {
        let truth = self.probabilities.get(self.label as usize).copied();
        -truth.unwrap_or_default().max(f64::MIN_POSITIVE).ln()
    }
}

/// The predictions of a head for some images.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    examples: &'a [Example<'a>],
    /// W, [C, D].
    weights: &'a [f32],
    /// b, [C].
    biases: &'a [f32],
}

/// How good predictions are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quality {
    /// The share whose most probable label is right.
    pub(super) accuracy: f64,
    /// Mean cross-entropy, in nats.
    pub(super) cross_entropy: f64,
}

impl<'a> Predictions<'a> {
    pub(super) fn new(examples: &'a [Example<'a>], weights: &'a [f32], biases: &'a [f32]) -> Self {
        Self {
            examples,
            weights,
            biases,
        }
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Collects the predictions for all images into one value. Parts of the images are worked on in
    /// parallel, each of them added to a `new` value; then `merge` puts the values together, in the
    /// order of the images.
    pub fn fold<T: Send>(
        &self,
        new: impl Fn() -> T + Sync,
        add: impl Fn(&mut T, &Prediction) + Sync,
        mut merge: impl FnMut(&mut T, T),
    ) -> T {
        let parts = self.examples.par_chunks(PART).map(|part| {
            let mut value = new();
            self.each(part, |prediction| add(&mut value, prediction));
            value
        });
        let parts: Vec<T> = parts.collect();
        parts.into_iter().fold(new(), |mut all, part| {
            merge(&mut all, part);
            all
        })
    }

    /// How good they are.
    pub(super) fn quality(&self) -> Quality {
        let sums = self.fold(
            Quality::default,
            |sums, prediction| {
                sums.accuracy += f64::from(prediction.is_right());
                sums.cross_entropy += prediction.cross_entropy();
            },
            |all, part| {
                all.accuracy += part.accuracy;
                all.cross_entropy += part.cross_entropy;
            },
        );
        let n = self.len().max(1) as f64;
        Quality {
            accuracy: sums.accuracy / n,
            cross_entropy: sums.cross_entropy / n,
        }
    }

    /// Gives `take` the prediction for each of the examples.
    fn each(&self, examples: &[Example], mut take: impl FnMut(&Prediction)) {
        let (weights, biases) = (self.weights, self.biases);
        let mean = vec![0f32; weights.len() / biases.len().max(1)];
        let mut logits = vec![0f32; ROWS * biases.len()];
        for examples in examples.chunks(ROWS) {
            let rows = floats(examples.iter().map(|example| example.x));
            let rows = slices(&rows);
            let logits = logits.get_mut(..rows.len() * biases.len());
            let logits = logits.unwrap_or_default();
            project(&rows, &mean, weights, logits);
            let logits = logits.chunks_mut(biases.len().max(1));
            for (&Example { label, factor, .. }, logits) in examples.iter().zip(logits) {
                let biased = logits.iter_mut().zip(biases);
                biased.for_each(|(z, b)| *z = factor * *z + b);
                let probabilities = probabilities(logits.iter().map(|&z| f64::from(z)));
                take(&Prediction {
                    logits,
                    probabilities: &probabilities,
                    label,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits -x and x for the features x, of which every third image has the wrong label.
    fn examples(features: &[f32]) -> Vec<Example<'_>> {
        let label = |index: usize| u32::from(!index.is_multiple_of(3));
        let rows = features.chunks(1).enumerate();
        rows.map(|(index, x)| Example {
            x: x.into(),
            factor: 1.0,
            label: label(index),
        })
        .collect()
    }

    #[test]
    fn quality_by_hand() {
        let features = [1.0, 1.0, 1.0];
        let examples = examples(&features);
        let quality = Predictions::new(&examples, &[-1.0, 1.0], &[0.0, 0.0]).quality();
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        let expected = -(sigmoid(-2.0).ln() + 2.0 * sigmoid(2.0).ln()) / 3.0;
        assert_eq!(quality.accuracy, 2.0 / 3.0);
        assert!((quality.cross_entropy - expected).abs() < 1e-12);
    }

    #[test]
    fn parts_are_put_together_in_the_order_of_the_images() {
        let features: Vec<f32> = (0..2 * PART + 5).map(|index| index as f32).collect();
        let examples = examples(&features);
        let predictions = Predictions::new(&examples, &[-1.0, 1.0], &[0.0, 0.5]);
        let logits = predictions.fold(
            Vec::new,
            |logits, prediction| logits.push(prediction.logits[1] - 0.5),
            |all, part| all.extend(part),
        );
        assert_eq!(logits, features);
    }

    #[test]
    fn no_image_has_no_quality_that_is_not_a_number() {
        let quality = Predictions::new(&[], &[-1.0, 1.0], &[0.0, 0.0]).quality();
        assert_eq!((quality.accuracy, quality.cross_entropy), (0.0, 0.0));
    }
}
