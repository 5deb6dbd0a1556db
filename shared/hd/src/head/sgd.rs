//! retrain.py's training: plain gradient descent on batches in which every label is as likely as
//! any other.
//!
//! Bottlenecks are taken as they are, there is no regularisation, and the head of the last step is
//! the result. A batch is drawn with replacement: for each of its images a label, all equally
//! likely, then one of that label's images.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use super::pool::Pool;
use super::predictions::Predictions;
use super::watch::{Snapshot, Step, Watch};
use crate::split::Split;
use hd_rows::{floats, slices};
use hd_softmax::Example;
use hd_softmax::probabilities;
use hd_softmax::{accumulate, project};

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

/// retrain.py's defaults.
impl Default for Sgd {
    fn default() -> Self {
        Self {
            steps: 4000,
            learning_rate: 0.01,
            train_batch_size: 100,
            validation_batch_size: Some(100),
            eval_step_interval: 10,
        }
    }
}

/// A softmax layer that is being trained.
struct SoftmaxLayer {
    /// [C, D].
    weights: Vec<f32>,
    /// [C].
    biases: Vec<f32>,
}

impl SoftmaxLayer {
    fn new(features: usize, classes: usize, random: &mut Pcg64Mcg) -> Self {
        let weights = (0..classes * features).map(|_| DEVIATION * normal(random));
        Self {
            weights: weights.collect(),
            biases: vec![0.0; classes],
        }
    }

    /// One step down the gradient: dL/dW = 1/N (softmax(x W^T + b) - onehot(y))^T x, with x after its
    /// factor.
    fn step(&mut self, batch: &[Example], rate: f32) {
        let rows = floats(batch.iter().map(|one| one.x));
        let rows = slices(&rows);
        let (n, classes) = (rows.len(), self.biases.len());
        let mean = vec![0f32; self.weights.len() / classes.max(1)];
        let mut residuals = vec![0f32; n * classes];
        project(&rows, &mean, &self.weights, &mut residuals);
        let rate = rate / n.max(1) as f32;
        for (row, one) in residuals.chunks_mut(classes.max(1)).zip(batch) {
            let biased = row.iter_mut().zip(&self.biases);
            biased.for_each(|(z, b)| *z = one.factor * *z + b);
            let softmax = probabilities(row.iter().map(|&z| f64::from(z)));
            for (number, (r, p)) in (0..).zip(row.iter_mut().zip(softmax)) {
                let hit = f64::from(u8::from(number == one.label));
                *r = -rate * (p - hit) as f32;
            }
        }
        for (row, one) in residuals.chunks_mut(classes.max(1)).zip(batch) {
            for (b, r) in self.biases.iter_mut().zip(row) {
                *b += *r;
                *r *= one.factor;
            }
        }
        accumulate(&rows, &residuals, &mut self.weights);
    }

    fn predictions<'a>(&'a self, examples: &'a [Example<'a>]) -> Predictions<'a> {
        Predictions::new(examples, &self.weights, &self.biases)
    }

    fn snapshot<'a>(
        &'a self,
        step: u32,
        labels: &'a [String],
        examples: &'a [Example<'a>],
    ) -> Snapshot<'a> {
        Snapshot {
            step: step as usize,
            labels,
            unit_length: examples.first().is_some_and(|one| one.factor != 1.0),
            weights: &self.weights,
            biases: &self.biases,
            predictions: self.predictions(examples),
        }
    }
}

/// A number of the standard normal distribution, within two deviations: TensorFlow's
/// truncated_normal.
fn normal(random: &mut Pcg64Mcg) -> f32 {
    loop {
        // Box and Muller's: of two even numbers one normal one.
        let (u, v) = (1.0 - random.random::<f32>(), random.random::<f32>());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos();
        if normal.abs() <= 2.0 {
            return normal;
        }
    }
}

impl Sgd {
    /// Trains on `training`, from `start` on or from small weights. W in rows, [C, D], and b, there
    /// and here.
    pub(super) fn fit(
        &self,
        training: &Pool,
        validation: &Pool,
        start: Option<(Vec<f32>, Vec<f32>)>,
        seed: u64,
        watch: &dyn Watch,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let classes = training.labels.len();
        let mut layer = match start {
            Some((weights, biases)) => SoftmaxLayer { weights, biases },
            None => SoftmaxLayer::new(training.size(), classes, &mut random),
        };
        for index in 0..self.steps {
            let batch = training.batch(self.train_batch_size, &mut random);
            layer.step(&batch, self.learning_rate);
            if watch.wants_snapshots() {
                let snapshot = layer.snapshot(index, training.labels, &batch);
                watch.snapshot(Split::Training, &snapshot);
            }
            if index.is_multiple_of(self.eval_step_interval) || index + 1 == self.steps {
                let drawn = self.validation_batch(validation, &mut random);
                if let Some(images) = drawn.as_ref().filter(|_| watch.wants_snapshots()) {
                    let snapshot = layer.snapshot(index, training.labels, images);
                    watch.snapshot(Split::Validation, &snapshot);
                }
                watch.step(&measure(&layer, index, &batch, drawn.as_deref()));
            }
        }
        if watch.wants_snapshots() {
            let last = self.steps.saturating_sub(1);
            let pools = [(Split::Training, training), (Split::Validation, validation)];
            for (split, pool) in pools.into_iter().filter(|(_, pool)| !pool.is_empty()) {
                let all = pool.all();
                watch.finished(split, &layer.snapshot(last, training.labels, &all));
            }
        }
        (layer.weights, layer.biases)
    }

    /// The validation images to measure a step on, if there are any.
    fn validation_batch<'a>(
        &self,
        validation: &Pool<'a>,
        random: &mut Pcg64Mcg,
    ) -> Option<Vec<Example<'a>>> {
        (!validation.is_empty()).then(|| match self.validation_batch_size {
            Some(count) => validation.batch(count, random),
            None => validation.all(),
        })
    }
}

fn measure(
    layer: &SoftmaxLayer,
    index: u32,
    batch: &[Example],
    validation: Option<&[Example]>,
) -> Step {
    let trained = layer.predictions(batch).quality();
    let validated =
        |images: &[Example]| (layer.predictions(images).quality().accuracy, images.len());
    Step {
        index,
        accuracy: trained.accuracy,
        cross_entropy: trained.cross_entropy,
        validation: validation.map(validated),
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
        let batch: Vec<Example> = rows
            .map(|(x, label)| Example {
                x: x.into(),
                factor: 0.5 + label as f32,
                label,
            })
            .collect();
        let layer = || SoftmaxLayer::new(4, 3, &mut Pcg64Mcg::seed_from_u64(2));
        let cross_entropy =
            |layer: &SoftmaxLayer| layer.predictions(&batch).quality().cross_entropy;
        // The change of the loss is that which finite differences foretell.
        let (before, rate) = (cross_entropy(&layer()), 1e-3);
        let mut slope = 0.0;
        let nudge = 1e-2f32;
        for index in 0..12 {
            let mut nudged = layer();
            nudged.weights[index] += nudge;
            slope += ((cross_entropy(&nudged) - before) / f64::from(nudge)).powi(2);
        }
        for index in 0..3 {
            let mut nudged = layer();
            nudged.biases[index] += nudge;
            slope += ((cross_entropy(&nudged) - before) / f64::from(nudge)).powi(2);
        }
        let mut stepped = layer();
        stepped.step(&batch, rate);
        let change = before - cross_entropy(&stepped);
        let foretold = slope * f64::from(rate);
        assert!(
            (change / foretold - 1.0).abs() < 0.05,
            "{change} {foretold}"
        );
    }

    #[test]
    fn weights_begin_normal_and_within_two_deviations() {
        let mut random = Pcg64Mcg::seed_from_u64(0);
        let numbers: Vec<f32> = (0..20_000).map(|_| normal(&mut random)).collect();
        let mean = numbers.iter().sum::<f32>() / 20_000.0;
        let variance = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(numbers.iter().all(|n| n.abs() <= 2.0) && mean.abs() < 0.02);
        // Of the standard normal distribution, cut at two deviations: 1 - 4 phi(2) / (2 Phi(2) -
        // 1).
        assert!((variance - 0.774).abs() < 0.02, "{variance}");
    }
}
