//! retrain.py's training: plain gradient descent on batches in which every label is as likely as any other.
//!
//! Bottlenecks are taken as they are, nothing is held small, and the head of the last step is the result. A batch is drawn
//! with replacement: for each of its images a label, all equally likely, then one of that label's images.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use super::examples::Example;
use super::kernel::{accumulate, project};
use super::softmax::probabilities;
use super::watch::{Look, Measured, State, Watch};
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
    /// Images in the batch of a step.
    pub train_batch_size: u32,
    /// Images in the batch that validation accuracy is measured on; absent, all of them, each once.
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
    /// The share of validation images likewise, and how many they were; absent where there are none.
    pub validation: Option<(f64, usize)>,
}

/// Images to draw from.
pub(super) struct Pool<'a> {
    labels: &'a [String],
    /// By label.
    examples: Vec<Vec<Example<'a>>>,
}

impl<'a> Pool<'a> {
    pub(super) fn new(examples: Vec<Example<'a>>, labels: &'a [String]) -> Self {
        let mut by_label = vec![Vec::new(); labels.len()];
        for example in examples {
            if let Some(own) = by_label.get_mut(example.label as usize) {
                own.push(example);
            }
        }
        Self {
            labels,
            examples: by_label,
        }
    }

    fn is_empty(&self) -> bool {
        self.examples.iter().all(Vec::is_empty)
    }

    /// The size D of a row; 0 where there is none.
    fn size(&self) -> usize {
        let mut all = self.examples.iter().flatten();
        all.next().map_or(0, |one| one.x.len())
    }

    /// `count` images, with as good a chance for every label; or all, each once.
    fn batch(&self, count: Option<u32>, chance: &mut Pcg64Mcg) -> Look<'a> {
        let Some(count) = count else {
            return Look(self.examples.iter().flatten().copied().collect());
        };
        let draw = |_| {
            let label = chance.random_range(0..self.examples.len().max(1));
            let own = self.examples.get(label).map_or(&[][..], Vec::as_slice);
            own.get(chance.random_range(0..own.len().max(1))).copied()
        };
        Look((0..count).filter_map(draw).collect())
    }
}

/// A softmax layer on its way.
struct Layer {
    /// [C, D].
    weights: Vec<f32>,
    /// [C].
    biases: Vec<f32>,
}

impl Layer {
    fn new(features: usize, classes: usize, chance: &mut Pcg64Mcg) -> Self {
        let weights = (0..classes * features).map(|_| DEVIATION * normal(chance));
        Self {
            weights: weights.collect(),
            biases: vec![0.0; classes],
        }
    }

    /// One step down the gradient: dL/dW = 1/N (softmax(x W^T + b) - onehot(y))^T x.
    fn step(&mut self, batch: &Look, rate: f32) {
        let rows: Vec<&[f32]> = batch.0.iter().map(|one| one.x).collect();
        let (n, classes) = (rows.len(), self.biases.len());
        let mean = vec![0f32; self.weights.len() / classes.max(1)];
        let mut residuals = vec![0f32; n * classes];
        project(&rows, &mean, &self.weights, &mut residuals);
        let rate = rate / n.max(1) as f32;
        for (row, one) in residuals.chunks_mut(classes.max(1)).zip(&batch.0) {
            row.iter_mut().zip(&self.biases).for_each(|(z, b)| *z += b);
            let softmax = probabilities(row.iter().map(|&z| f64::from(z)));
            for (number, (r, p)) in (0..).zip(row.iter_mut().zip(softmax)) {
                let hit = f64::from(u8::from(number == one.label));
                *r = -rate * (p - hit) as f32;
            }
        }
        for row in residuals.chunks(classes.max(1)) {
            self.biases.iter_mut().zip(row).for_each(|(b, r)| *b += r);
        }
        accumulate(&rows, &residuals, &mut self.weights);
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
    /// Trains on `training`, from `start` on or from small weights. W in rows, [C, D], and b, there and here.
    pub(super) fn fit(
        &self,
        training: &Pool,
        validation: &Pool,
        start: Option<(Vec<f32>, Vec<f32>)>,
        seed: u64,
        watch: &dyn Watch,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut chance = Pcg64Mcg::seed_from_u64(seed);
        let classes = training.examples.len();
        let mut layer = match start {
            Some((weights, biases)) => Layer { weights, biases },
            None => Layer::new(training.size(), classes, &mut chance),
        };
        for index in 0..self.steps {
            let batch = training.batch(Some(self.train_batch_size), &mut chance);
            layer.step(&batch, self.learning_rate);
            let evaluated =
                index.is_multiple_of(self.eval_step_interval) || index + 1 == self.steps;
            if !evaluated && !watch.wants_all() {
                continue;
            }
            let state = State {
                step: index as usize,
                labels: training.labels,
                weights: &layer.weights,
                biases: &layer.biases,
            };
            let trained = layer.measure(&batch);
            trained.show(watch, Split::Training, state);
            if evaluated {
                let validated = (!validation.is_empty()).then(|| {
                    let look = validation.batch(self.validation_batch_size, &mut chance);
                    let measured = layer.measure(&look);
                    measured.show(watch, Split::Validation, state);
                    (measured.accuracy, look.len())
                });
                watch.step(&Step {
                    index,
                    accuracy: trained.accuracy,
                    cross_entropy: trained.cross_entropy,
                    validation: validated,
                });
            }
        }
        if watch.wants_all() {
            let last = self.steps.saturating_sub(1) as usize;
            let pools = [(Split::Training, training), (Split::Validation, validation)];
            for (split, pool) in pools.into_iter().filter(|(_, pool)| !pool.is_empty()) {
                let all = pool.batch(None, &mut chance);
                let curves = all.curves(&layer.weights, &layer.biases);
                watch.curves(split, last, training.labels, &curves);
            }
        }
        (layer.weights, layer.biases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_down_the_gradient_of_the_cross_entropy() {
        let x: Vec<f32> = (0..24)
            .map(|i| ((i / 4 * 7 + i % 4 * 3) % 5) as f32 - 2.0)
            .collect();
        let rows = x.chunks(4).zip([0, 1, 2, 0, 1, 2]);
        let look = Look(rows.map(|(x, label)| Example { x, label }).collect());
        let layer = || Layer::new(4, 3, &mut Pcg64Mcg::seed_from_u64(2));
        // The change of the loss is that which finite differences foretell.
        let (before, rate) = (layer().measure(&look).cross_entropy, 1e-3);
        let mut slope = 0.0;
        let nudge = 1e-2f32;
        for index in 0..12 {
            let mut nudged = layer();
            nudged.weights[index] += nudge;
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
