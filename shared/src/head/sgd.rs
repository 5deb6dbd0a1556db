//! retrain.py's training: plain gradient descent on batches in which every label is as likely as any other.
//!
//! Bottlenecks are taken as they are, nothing is held small, and the head of the last step is the result. A batch is drawn
//! with replacement: for each of its pictures a label, all equally likely, then one of that label's pictures.

use ndarray::{Array1, Array2, Axis};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use super::softmax::probabilities;
use super::watch::{Look, Measured, Watch};
use crate::bottleneck::Samples;
use crate::split::Split;

/// The standard deviation of the weights at the beginning.
const DEVIATION: f32 = 0.001;

/// How a head is trained step by step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sgd {
    /// How many steps.
    pub steps: u32,
    /// How far a step goes down the gradient of the mean cross-entropy.
    pub learning_rate: f32,
    /// Pictures in the batch of a step.
    pub train_batch_size: u32,
    /// Pictures in the batch that validation accuracy is measured on; absent, all of them, each once.
    pub validation_batch_size: Option<u32>,
    /// Steps from one measurement to the next; the last step is always measured.
    pub eval_step_interval: u32,
}

/// What was measured after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The number of the step; the first is 0.
    pub index: u32,
    /// The share of the batch whose most probable label is right.
    pub accuracy: f64,
    /// Mean cross-entropy of the batch, in nats.
    pub cross_entropy: f64,
    /// The share of validation pictures likewise, and how many they were; absent where there are none.
    pub validation: Option<(f64, usize)>,
}

/// Pictures to draw from.
pub(super) struct Pool<'a> {
    samples: &'a Samples,
    /// By label, each picture and the view of it.
    seen: Vec<Vec<(usize, u32)>>,
}

impl<'a> Pool<'a> {
    pub(super) fn new(samples: &'a Samples, seen: &[(usize, u32)]) -> Self {
        let mut by_label = vec![Vec::new(); samples.labels().len()];
        for &(index, view) in seen {
            let label = samples.label(index).unwrap_or_default() as usize;
            if let Some(own) = by_label.get_mut(label) {
                own.push((index, view));
            }
        }
        Self {
            samples,
            seen: by_label,
        }
    }

    fn is_empty(&self) -> bool {
        self.seen.iter().all(Vec::is_empty)
    }

    /// `count` pictures, with as good a chance for every label; or all, each once.
    fn batch(&self, count: Option<u32>, chance: &mut Pcg64Mcg) -> Look {
        let mut features = Vec::new();
        let mut y = Vec::new();
        let mut take = |label: usize, (index, view): (usize, u32)| {
            features.extend_from_slice(self.samples.view(index, view));
            y.push(label);
        };
        match count {
            Some(count) => {
                for _ in 0..count {
                    let label = chance.random_range(0..self.seen.len().max(1));
                    let own = self.seen.get(label).map_or(&[][..], Vec::as_slice);
                    if let Some(&one) = own.get(chance.random_range(0..own.len().max(1))) {
                        take(label, one);
                    }
                }
            }
            None => {
                let all = self.seen.iter().enumerate();
                all.for_each(|(label, own)| own.iter().for_each(|&one| take(label, one)));
            }
        }
        let size = self.samples.size();
        let x = Array2::from_shape_vec((y.len(), size), features);
        Look {
            x: x.unwrap_or_else(|_| Array2::zeros((0, size))),
            y,
        }
    }
}

/// A softmax layer on its way.
struct Layer {
    /// [C, D].
    weights: Array2<f32>,
    /// [C].
    biases: Array1<f32>,
}

impl Layer {
    fn new(features: usize, classes: usize, chance: &mut Pcg64Mcg) -> Self {
        let weight = || DEVIATION * normal(chance);
        Self {
            weights: Array2::from_shape_simple_fn((classes, features), weight),
            biases: Array1::zeros(classes),
        }
    }

    /// One step down the gradient: dL/dW = 1/N (softmax(x W^T + b) - onehot(y))^T x.
    fn step(&mut self, batch: &Look, rate: f32) {
        let mut residual = batch.x.dot(&self.weights.t()) + &self.biases;
        for (mut row, &label) in residual.rows_mut().into_iter().zip(&batch.y) {
            let softmax = probabilities(row.iter().copied());
            row.iter_mut().zip(softmax).for_each(|(r, p)| *r = p as f32);
            if let Some(own) = row.get_mut(label) {
                *own -= 1.0;
            }
        }
        let rate = rate / batch.y.len().max(1) as f32;
        self.weights.scaled_add(-rate, &residual.t().dot(&batch.x));
        self.biases.scaled_add(-rate, &residual.sum_axis(Axis(0)));
    }

    fn measure(&self, look: &Look) -> Measured {
        look.measure(&self.weights, &self.biases)
    }
}

/// A number of the standard normal distribution, within two deviations: TensorFlow's truncated_normal.
fn normal(chance: &mut Pcg64Mcg) -> f32 {
    loop {
        // Box and Muller's: of two even numbers one normal one.
        let (u, v) = (1.0 - chance.random::<f32>(), chance.random::<f32>());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos();
        if normal.abs() <= 2.0 {
            return normal;
        }
    }
}

impl Sgd {
    /// Trains on `training`. W in rows, [C, D], and b.
    pub(super) fn fit(
        &self,
        training: &Pool,
        validation: &Pool,
        seed: u64,
        watch: &dyn Watch,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut chance = Pcg64Mcg::seed_from_u64(seed);
        let classes = training.seen.len();
        let mut layer = Layer::new(training.samples.size(), classes, &mut chance);
        for index in 0..self.steps {
            let batch = training.batch(Some(self.train_batch_size), &mut chance);
            layer.step(&batch, self.learning_rate);
            let evaluated =
                index.is_multiple_of(self.eval_step_interval) || index + 1 == self.steps;
            if !evaluated && !watch.wants_all() {
                continue;
            }
            let (weights, biases) = (&layer.weights, &layer.biases);
            let trained = layer.measure(&batch);
            trained.show(watch, Split::Training, index as usize, weights, biases);
            if evaluated {
                let validated = (!validation.is_empty()).then(|| {
                    let look = validation.batch(self.validation_batch_size, &mut chance);
                    let measured = layer.measure(&look);
                    measured.show(watch, Split::Validation, index as usize, weights, biases);
                    (measured.accuracy, look.y.len())
                });
                watch.step(&Step {
                    index,
                    accuracy: trained.accuracy,
                    cross_entropy: trained.cross_entropy,
                    validation: validated,
                });
            }
        }
        let weights = layer.weights.iter().copied().collect();
        (weights, layer.biases.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_down_the_gradient_of_the_cross_entropy() {
        let x = Array2::from_shape_fn((6, 4), |(r, c)| ((r * 7 + c * 3) % 5) as f32 - 2.0);
        let look = Look {
            x,
            y: vec![0, 1, 2, 0, 1, 2],
        };
        let layer = || Layer::new(4, 3, &mut Pcg64Mcg::seed_from_u64(2));
        // The change of the loss is that which finite differences foretell.
        let (before, rate) = (layer().measure(&look).cross_entropy, 1e-3);
        let mut slope = 0.0;
        let nudge = 1e-2f32;
        for index in 0..12 {
            let mut nudged = layer();
            nudged.weights[[index / 4, index % 4]] += nudge;
            slope += ((nudged.measure(&look).cross_entropy - before) / f64::from(nudge)).powi(2);
        }
        for index in 0..3 {
            let mut nudged = layer();
            nudged.biases[index] += nudge;
            slope += ((nudged.measure(&look).cross_entropy - before) / f64::from(nudge)).powi(2);
        }
        let mut stepped = layer();
        stepped.step(&look, rate);
        let change = before - stepped.measure(&look).cross_entropy;
        let foretold = slope * f64::from(rate);
        assert!(
            (change / foretold - 1.0).abs() < 0.05,
            "{change} {foretold}"
        );
    }

    #[test]
    fn weights_begin_normal_and_within_two_deviations() {
        let mut chance = Pcg64Mcg::seed_from_u64(0);
        let numbers: Vec<f32> = (0..20_000).map(|_| normal(&mut chance)).collect();
        let mean = numbers.iter().sum::<f32>() / 20_000.0;
        let variance = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(numbers.iter().all(|n| n.abs() <= 2.0) && mean.abs() < 0.02);
        // Of the standard normal distribution, cut at two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1).
        assert!((variance - 0.774).abs() < 0.02, "{variance}");
    }
}
