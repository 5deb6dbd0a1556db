//! Multinomial logistic regression: its loss and gradient on standardised bottlenecks.
//!
//! With X [N, D], labels y and parameters W [C, D], b [C] the loss is
//!
//! ```text
//! L(W, b) = 1/N sum_n -log softmax(W x_n + b)[y_n] + l2/2 |W|^2
//! ```
//!
//! so that l2 is 1 / (C N) in scikit-learn's terms. The bias is not penalised. The gradient is
//! dL/dW = 1/N G^T X + l2 W and dL/db = 1/N G^T 1, with G = softmax(X W^T + b) - onehot(y).

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Rows whose products are computed at once: with D of about a thousand they stay in the second-level cache.
const BLOCK: usize = 64;

/// Sums over rows are taken in this many parts at most. The parts do not depend on the number of threads, so
/// neither does the order of summation, and every sum is the same to the bit.
const PARTS: usize = 64;

/// Standardised features with their labels.
#[derive(Debug)]
pub(super) struct Problem {
    /// [N, D].
    x: Array2<f32>,
    /// [N], each below `classes`.
    y: Vec<u32>,
    classes: usize,
}

/// The sum of losses and gradients over some rows.
struct Sum {
    loss: f64,
    /// [C, D], then [C].
    gradient: Vec<f64>,
}

impl Problem {
    /// A problem of `x` [N, D] and `y` [N]; every label is below `classes`.
    pub(super) fn new(x: Array2<f32>, y: Vec<u32>, classes: usize) -> Self {
        Self { x, y, classes }
    }

    /// How many parameters there are: W in rows, then b.
    pub(super) fn parameters(&self) -> usize {
        self.classes * (self.x.ncols() + 1)
    }

    /// The loss at `parameters`; its gradient is left in `gradient`.
    pub(super) fn loss(&self, parameters: &[f64], l2: f64, gradient: &mut [f64]) -> f64 {
        let (weights, _) = parameters.split_at(self.classes * self.x.ncols());
        let total = self.sum(parameters);
        let n = self.x.nrows().max(1) as f64;
        gradient
            .iter_mut()
            .zip(total.gradient)
            .for_each(|(g, sum)| *g = sum / n);
        gradient
            .iter_mut()
            .zip(weights)
            .for_each(|(g, w)| *g += l2 * w);
        total.loss / n + l2 / 2.0 * weights.iter().map(|w| w * w).sum::<f64>()
    }

    fn sum(&self, parameters: &[f64]) -> Sum {
        let (d, classes) = (self.x.ncols(), self.classes);
        // The products are single precision, as the features are; sums over rows are double.
        let single: Vec<f32> = parameters.iter().map(|&p| p as f32).collect();
        let (weights, bias) = single.split_at(classes * d);
        let weights = ArrayView2::from_shape((classes, d), weights)
            .unwrap_or_else(|_| ArrayView2::from(&[[0f32; 0]; 0]));
        let part = self
            .x
            .nrows()
            .div_ceil(PARTS)
            .next_multiple_of(BLOCK)
            .max(BLOCK);
        let parts: Vec<(ArrayView2<f32>, &[u32])> = self
            .x
            .axis_chunks_iter(Axis(0), part)
            .zip(self.y.chunks(part))
            .collect();
        let sums: Vec<Sum> = parts
            .par_iter()
            .map(|&(x, y)| sum_of_part(x, y, &weights, bias))
            .collect();
        let zero = Sum {
            loss: 0.0,
            gradient: vec![0.0; parameters.len()],
        };
        sums.into_iter().fold(zero, |mut total, sum| {
            total.loss += sum.loss;
            total
                .gradient
                .iter_mut()
                .zip(sum.gradient)
                .for_each(|(t, g)| *t += g);
            total
        })
    }
}

fn sum_of_part(x: ArrayView2<f32>, y: &[u32], weights: &ArrayView2<f32>, bias: &[f32]) -> Sum {
    let (classes, d) = weights.dim();
    let mut total = Sum {
        loss: 0.0,
        gradient: vec![0.0; classes * (d + 1)],
    };
    for (x, y) in x.axis_chunks_iter(Axis(0), BLOCK).zip(y.chunks(BLOCK)) {
        let mut g = x.dot(&weights.t());
        for (mut row, &label) in g.rows_mut().into_iter().zip(y) {
            row.iter_mut().zip(bias).for_each(|(logit, b)| *logit += b);
            if let Some(row) = row.as_slice_mut() {
                total.loss += cross_entropy_and_residual(row, label as usize);
            }
        }
        let (weight_sum, bias_sum) = total.gradient.split_at_mut(classes * d);
        weight_sum
            .iter_mut()
            .zip(g.t().dot(&x).iter())
            .for_each(|(t, &v)| *t += f64::from(v));
        for (t, column) in bias_sum.iter_mut().zip(g.columns()) {
            *t += column.iter().map(|&v| f64::from(v)).sum::<f64>();
        }
    }
    total
}

/// Replaces logits by softmax - onehot(label); returns -log softmax[label].
fn cross_entropy_and_residual(logits: &mut [f32], label: usize) -> f64 {
    let probabilities = probabilities(logits.iter().copied());
    let own = probabilities.get(label).copied().unwrap_or_default();
    logits
        .iter_mut()
        .zip(&probabilities)
        .for_each(|(logit, &p)| *logit = p as f32);
    if let Some(residual) = logits.get_mut(label) {
        *residual = (own - 1.0) as f32;
    }
    -own.max(f64::MIN_POSITIVE).ln()
}

/// softmax(logits), in double precision. The largest logit is subtracted first, so that nothing overflows.
pub fn probabilities(logits: impl Iterator<Item = f32> + Clone) -> Vec<f64> {
    let largest = logits.clone().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits
        .map(|logit| f64::from(logit - largest).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// How features are brought to mean 0 and standard deviation 1: `(x - mean) * scale`.
#[derive(Clone, Debug)]
pub(super) struct Scaling {
    /// [D].
    pub(super) mean: Vec<f64>,
    /// [D]; 0 for a feature that never varies, which then has no say.
    pub(super) scale: Vec<f64>,
}

impl Scaling {
    /// The scaling of these features, [N, D].
    pub(super) fn of(x: &Array2<f32>) -> Self {
        let n = x.nrows().max(1) as f64;
        let mut mean = vec![0.0; x.ncols()];
        for row in x.rows() {
            mean.iter_mut()
                .zip(row)
                .for_each(|(m, &v)| *m += f64::from(v) / n);
        }
        let mut variance = vec![0.0; x.ncols()];
        for row in x.rows() {
            let deviations = row.iter().zip(&mean).map(|(&v, m)| f64::from(v) - m);
            variance
                .iter_mut()
                .zip(deviations)
                .for_each(|(s, deviation)| *s += deviation * deviation / n);
        }
        let scale = variance
            .iter()
            .map(|&v| if v > 1e-12 { 1.0 / f64::sqrt(v) } else { 0.0 })
            .collect();
        Self { mean, scale }
    }

    /// Scales features in place.
    pub(super) fn apply(&self, x: &mut Array2<f32>) {
        for mut row in x.rows_mut() {
            for ((v, mean), scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                *v = ((f64::from(*v) - mean) * scale) as f32;
            }
        }
    }

    /// The parameters for features as they are that do what `parameters` do for scaled ones: W [C, D] and b [C].
    pub(super) fn fold(&self, parameters: &[f64], classes: usize) -> (Vec<f32>, Vec<f32>) {
        let d = self.mean.len();
        let (weights, bias) = parameters.split_at(classes * d);
        let (mut folded, mut biases) = (
            Vec::with_capacity(weights.len()),
            Vec::with_capacity(classes),
        );
        for (row, &bias) in weights.chunks(d.max(1)).zip(bias) {
            let row: Vec<f64> = row
                .iter()
                .zip(&self.scale)
                .map(|(w, scale)| w * scale)
                .collect();
            let shift: f64 = row.iter().zip(&self.mean).map(|(w, mean)| w * mean).sum();
            biases.push((bias - shift) as f32);
            folded.extend(row.iter().map(|&w| w as f32));
        }
        (folded, biases)
    }
}

/// Picks rows of a matrix.
pub(super) fn gather<'a, T>(rows: &[T], d: usize, row: impl Fn(&T) -> &'a [f32]) -> Array2<f32> {
    let mut x = Array2::zeros((rows.len(), d));
    for (mut target, which) in x.rows_mut().into_iter().zip(rows) {
        target.iter_mut().zip(row(which)).for_each(|(t, &v)| *t = v);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reproducible numbers between -1 and 1.
    fn noise(count: usize) -> Vec<f32> {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn problem(n: usize, d: usize, classes: usize) -> Problem {
        let x = Array2::from_shape_vec((n, d), noise(n * d)).unwrap();
        Problem::new(
            x,
            (0..n).map(|i| (i * i % classes) as u32).collect(),
            classes,
        )
    }

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let problem = problem(150, 7, 3);
        let at: Vec<f64> = noise(problem.parameters())
            .into_iter()
            .map(f64::from)
            .collect();
        let mut gradient = vec![0.0; at.len()];
        problem.loss(&at, 0.1, &mut gradient);
        // Single-precision products carry an error of about 1e-7, so the step must not be small.
        let step = 1e-2;
        for (i, &g) in gradient.iter().enumerate() {
            let shifted = |by: f64| {
                let mut there = at.clone();
                there[i] += by;
                problem.loss(&there, 0.1, &mut vec![0.0; at.len()])
            };
            let difference = (shifted(step) - shifted(-step)) / (2.0 * step);
            assert!(
                (difference - g).abs() < 2e-5,
                "parameter {i}: {difference} and {g}"
            );
        }
    }

    #[test]
    fn loss_at_zero_is_the_logarithm_of_the_number_of_classes() {
        let problem = problem(100, 5, 4);
        let zero = vec![0.0; problem.parameters()];
        let loss = problem.loss(&zero, 1.0, &mut zero.clone());
        assert!((loss - 4f64.ln()).abs() < 1e-7);
    }

    #[test]
    fn is_the_same_to_the_bit_on_any_number_of_threads() {
        let problem = problem(5000, 33, 3);
        let at: Vec<f64> = noise(problem.parameters())
            .into_iter()
            .map(f64::from)
            .collect();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let mut gradient = vec![0.0; at.len()];
            let loss = pool.install(|| problem.loss(&at, 0.1, &mut gradient));
            (loss.to_bits(), gradient)
        };
        assert_eq!(on(1), on(2));
        assert_eq!(on(1), on(5));
    }

    #[test]
    fn probabilities_survive_huge_logits() {
        assert_eq!(probabilities([1e30, 0.0].into_iter()), [1.0, 0.0]);
        assert_eq!(probabilities([-1e30, -1e30].into_iter()), [0.5, 0.5]);
    }

    #[test]
    fn folded_parameters_do_the_same_to_raw_features() {
        let raw = Array2::from_shape_vec((50, 4), noise(200)).unwrap() * 3.0 + 1.0;
        let scaling = Scaling::of(&raw);
        let mut scaled = raw.clone();
        scaling.apply(&mut scaled);
        let parameters: Vec<f64> = noise(3 * 5).into_iter().map(f64::from).collect();
        let (weights, biases) = scaling.fold(&parameters, 3);
        for (raw, scaled) in raw.rows().into_iter().zip(scaled.rows()) {
            for class in 0..3 {
                let dot = |w: &dyn Fn(usize) -> f64, x: &dyn Fn(usize) -> f64| {
                    (0..4).map(|i| w(i) * x(i)).sum::<f64>()
                };
                let a = dot(&|i| parameters[class * 4 + i], &|i| f64::from(scaled[i]))
                    + parameters[12 + class];
                let b = dot(&|i| f64::from(weights[class * 4 + i]), &|i| {
                    f64::from(raw[i])
                }) + f64::from(biases[class]);
                assert!((a - b).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_feature_that_never_varies_has_no_say() {
        let scaling = Scaling::of(&Array2::from_elem((10, 2), 5.0));
        let (weights, biases) = scaling.fold(&[1.0, 1.0, 1.0, 1.0, 0.5, 0.5], 2);
        assert_eq!((weights, biases), (vec![0.0; 4], vec![0.5; 2]));
    }
}
