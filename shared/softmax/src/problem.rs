//! Multinomial logistic regression: its loss and gradient on standardised bottlenecks.
//!
//! With X [N, D], labels y, a weight v for each label, and parameters W [C, D], b [C] the loss is
//!
//! ```text
//! L(W, b) = 1/V sum_n v[y_n] -log softmax(W x_n + b)[y_n] + l2/2 |W|^2,    V = sum_n v[y_n]
//! ```
//!
//! so that scikit-learn's C is 1 / (l2 N), and with two labels 2 / (l2 N), since it penalises the
//! difference of their rows. The bias is not penalised. The gradient is dL/dW = 1/V G^T X + l2 W
//! and dL/db = 1/V G^T 1, with the rows of G being v[y_n] (softmax(W x_n + b) - onehot(y_n)).
//!
//! Two labels take one row of parameters: where the loss is least, and on the way there from 0, W
//! and b of one label are those of the other with the sign changed. So w and b of the second label
//! stand for both, at half the work.
//!
//! Bottlenecks are standardised by scaling the parameters, and by taking the mean from each number
//! where it is used: nothing is copied. Where a row has a factor f, which brings it to length one, W
//! (f x - m) is f W (x - l m) + (f l - 1) W m, with l such that x and l m are about of one size, and
//! the factor goes to the residuals before they are multiplied with rows. Products of rows are single precision, as the rows are, and
//! so are sums over the rows of a block; sums over blocks are double.

use std::ops::Range;

use crate::affine::{Affine, BLOCK, blocks};
use crate::examples::Examples;
use crate::kernel::accumulate;
use crate::many;
use crate::scaling::Scaling;
use crate::sum::Sum;
use rayon::prelude::*;

/// Sums are halved into parts of at least so many rows, and into no more than so many. The parts
/// depend on the number of rows alone, and so does every sum, to the bit.
const PART: usize = 256;
const PARTS: usize = 64;

/// From so many rows of parameters on, both products are left to a general product of matrices.
pub(crate) const MANY: usize = 24;

/// Examples to fit a head to.
#[derive(Debug)]
pub struct Problem<'a> {
    pub(crate) examples: Examples<'a>,
    pub(crate) scaling: Scaling,
    /// The weight of an example of each label.
    weights: &'a [f64],
    /// The sum of the weights of all examples.
    total: f64,
}

impl<'a> Problem<'a> {
    /// A problem whose labels are all below the number of `weights`, the weights of an example of
    /// each label.
    pub fn new(examples: Examples<'a>, scaling: Scaling, weights: &'a [f64]) -> Self {
        let all = examples.iter(0..examples.len());
        let total = all.map(|one| weight(weights, one.label)).sum::<f64>();
        Self {
            examples,
            scaling,
            weights,
            total: if total > 0.0 { total } else { 1.0 },
        }
    }

    /// The weight of an example of this label.
    pub fn weight(&self, label: u32) -> f64 {
        weight(self.weights, label)
    }

    /// The number of labels, C.
    pub fn classes(&self) -> usize {
        self.weights.len()
    }

    /// How many rows of parameters there are, O.
    pub(crate) fn outputs(&self) -> usize {
        outputs(self.classes())
    }

    /// How many parameters there are: W in rows, then b.
    pub fn parameters(&self) -> usize {
        self.outputs() * (self.scaling.size() + 1)
    }

    /// How many of them are held small.
    pub fn penalised(&self) -> usize {
        self.outputs() * self.scaling.size()
    }

    /// How much a unit of l2 adds to the curvature of the loss along each weight.
    pub fn stiffness(&self) -> f64 {
        // The same number stands in two rows.
        if self.classes() == 2 { 2.0 } else { 1.0 }
    }

    /// The loss at `parameters`; its gradient is left in `gradient`.
    pub fn loss(&self, parameters: &[f64], l2: f64, gradient: &mut [f64]) -> f64 {
        let layer = self.layer(parameters);
        let sum = match self.is_many() {
            true => self.sum_of_many(&|range, logits| self.project(&layer, range, logits)),
            false => self.sum(&layer, 0..self.examples.len()),
        };
        self.complete(sum, parameters, l2, gradient)
    }

    /// The sum over all examples, whose logits `fill` computes.
    pub(crate) fn sum_of_many(&self, fill: &dyn Fn(Range<usize>, &mut [f32])) -> Sum {
        many::sum(&self.examples, self.weights, self.scaling.size(), fill)
    }

    /// The loss and the gradient at `parameters`, of the sum over all examples.
    pub(crate) fn complete(
        &self,
        sum: Sum,
        parameters: &[f64],
        l2: f64,
        gradient: &mut [f64],
    ) -> f64 {
        let weights = parameters.get(..self.penalised()).unwrap_or_default();
        let stiffness = l2 * self.stiffness();
        let (of_weights, of_biases) = gradient.split_at_mut(self.penalised());
        let d = self.scaling.size().max(1);
        let rows = of_weights.chunks_mut(d).zip(sum.weights.chunks(d));
        for ((row, sums), (weights, &bias)) in rows.zip(weights.chunks(d).zip(&sum.biases)) {
            let scaling = self.scaling.mean.iter().zip(&self.scaling.scale);
            for (((g, sum), w), (&mean, scale)) in
                row.iter_mut().zip(sums).zip(weights).zip(scaling)
            {
                *g = scale * (sum - bias * f64::from(mean)) / self.total + stiffness * w;
            }
        }
        let biases = of_biases.iter_mut().zip(&sum.biases);
        biases.for_each(|(g, sum)| *g = sum / self.total);
        sum.loss / self.total + stiffness / 2.0 * weights.iter().map(|w| w * w).sum::<f64>()
    }

    /// The sum of the weights of all examples.
    pub(crate) fn total(&self) -> f64 {
        self.total
    }

    /// Whether the labels are so many that a fit keeps all threads busy by itself, and takes memory
    /// that counts.
    pub fn is_many(&self) -> bool {
        self.outputs() >= MANY
    }

    pub(crate) fn layer(&self, parameters: &[f64]) -> Affine {
        let (weights, biases) = parameters.split_at(self.penalised());
        Affine::new(&self.scaling, weights, biases, self.is_many())
    }

    /// Leaves the outputs of some of the examples in `logits`, [N, O].
    pub(crate) fn project(&self, layer: &Affine, range: Range<usize>, logits: &mut [f32]) {
        let outputs = self.outputs();
        let parts = logits.par_chunks_mut(BLOCK * outputs).enumerate();
        parts.for_each(|(number, to)| {
            let from = range.start + number * BLOCK;
            let range = from..range.end.min(from + BLOCK);
            blocks(
                &self.examples,
                range,
                &self.scaling,
                layer,
                |_, _, logits| {
                    to.copy_from_slice(logits);
                },
            );
        });
    }

    /// Halves in parallel, down to a part.
    fn sum(&self, layer: &Affine, range: Range<usize>) -> Sum {
        let part = self.examples.len().div_ceil(PARTS).max(PART);
        if range.len() <= part {
            return self.sum_of_part(layer, range);
        }
        let middle = range.start + (range.len() / 2).next_multiple_of(BLOCK);
        let halves = [range.start..middle, middle..range.end];
        let [a, b] = halves.map(|half| move || self.sum(layer, half));
        let (mut a, b) = rayon::join(a, b);
        a.loss += b.loss;
        add(&mut a.weights, &b.weights);
        add(&mut a.biases, &b.biases);
        a
    }

    fn sum_of_part(&self, layer: &Affine, range: Range<usize>) -> Sum {
        let outputs = self.outputs();
        let mut sum = Sum::zero(outputs, self.scaling.size());
        let mut block_sum = vec![0f32; sum.weights.len()];
        let mut scratch = vec![0f64; self.classes()];
        blocks(
            &self.examples,
            range,
            &self.scaling,
            layer,
            |rows, examples, logits| {
                for (row, example) in logits.chunks_mut(outputs).zip(examples) {
                    let weight = self.weight(example.label);
                    sum.loss += weight * residual(row, example.label, weight, &mut scratch);
                    for (sum, r) in sum.biases.iter_mut().zip(row) {
                        *sum += f64::from(*r);
                        *r *= example.factor;
                    }
                }
                block_sum.fill(0.0);
                accumulate(rows, logits, &mut block_sum);
                let sums = sum.weights.iter_mut().zip(&block_sum);
                sums.for_each(|(sum, &block)| *sum += f64::from(block));
            },
        );
        sum
    }

    /// Gives `take` the logits of each of `examples`, one for each label, and its label.
    pub fn logits(
        &self,
        parameters: &[f64],
        examples: &Examples,
        mut take: impl FnMut(&[f64], u32),
    ) {
        let layer = self.layer(parameters);
        let mut all = vec![0f64; self.classes()];
        let range = 0..examples.len();
        blocks(
            examples,
            range,
            &self.scaling,
            &layer,
            |_, examples, logits| {
                for (row, example) in logits.chunks(self.outputs()).zip(examples) {
                    match (row, all.as_mut_slice()) {
                        ([one], [first, second]) => {
                            (*first, *second) = (-f64::from(*one), f64::from(*one))
                        }
                        (row, all) => all.iter_mut().zip(row).for_each(|(to, &z)| *to = z.into()),
                    }
                    take(&all, example.label);
                }
            },
        );
    }

    /// The parameters for features as they are that do what `parameters` do for standardised ones:
    /// W `[C, D]` and b `[C]`.
    pub fn fold(&self, parameters: &[f64]) -> (Vec<f32>, Vec<f32>) {
        let (weights, biases) = parameters.split_at(self.penalised());
        let mut weights = self.scaling.unscaled(weights);
        let shifts = weights
            .chunks(self.scaling.size().max(1))
            .map(|row| self.scaling.shift(row));
        let mut biases: Vec<f32> = biases
            .iter()
            .zip(shifts)
            .map(|(b, shift)| (b - shift) as f32)
            .collect();
        if self.classes() == 2 {
            for all in [&mut weights, &mut biases] {
                let others: Vec<f32> = all.iter().map(|number| -number).collect();
                all.splice(0..0, others);
            }
        }
        (weights, biases)
    }

    /// The parameters that [`Self::fold`] would make `weights` `[C, D]` and `biases` `[C]` of, or ones
    /// that do the same.
    pub fn unfold(&self, weights: &[f32], biases: &[f32]) -> Vec<f64> {
        let d = self.scaling.size().max(1);
        let shifts = weights.chunks(d).map(|row| self.scaling.shift(row));
        let biases: Vec<f64> = biases
            .iter()
            .zip(shifts)
            .map(|(&b, shift)| f64::from(b) + shift)
            .collect();
        let weights = self.scaling.scaled(weights);
        if self.classes() != 2 {
            return [weights, biases].concat();
        }
        let half = |all: &[f64]| {
            let (first, second) = all.split_at(all.len() / 2);
            first
                .iter()
                .zip(second)
                .map(|(a, b)| (b - a) / 2.0)
                .collect::<Vec<f64>>()
        };
        [half(&weights), half(&biases)].concat()
    }
}

pub(crate) fn outputs(classes: usize) -> usize {
    if classes == 2 { 1 } else { classes }
}

fn weight(weights: &[f64], label: u32) -> f64 {
    weights.get(label as usize).copied().unwrap_or_default()
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// Replaces outputs by `weight` times the gradient of the loss by them; returns the loss, -log
/// softmax[label].
fn residual(outputs: &mut [f32], label: u32, weight: f64, scratch: &mut [f64]) -> f64 {
    if let [one] = outputs {
        // The logits are -z and z.
        let sign = if label == 1 { 1.0 } else { -1.0 };
        let odds = (-2.0 * sign * f64::from(*one)).exp();
        let wrong = if odds.is_finite() {
            odds / (1.0 + odds)
        } else {
            1.0
        };
        let loss = if odds.is_finite() {
            odds.ln_1p()
        } else {
            -2.0 * sign * f64::from(*one)
        };
        *one = (-2.0 * sign * wrong * weight) as f32;
        return loss;
    }
    let largest = outputs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let true_logit = outputs.get(label as usize).copied().unwrap_or_default();
    let mut sum = 0.0;
    for (power, &logit) in scratch.iter_mut().zip(&*outputs) {
        *power = f64::from(logit - largest).exp();
        sum += *power;
    }
    for (number, (output, power)) in (0..).zip(outputs.iter_mut().zip(&*scratch)) {
        let hit = f64::from(u8::from(number == label));
        *output = (weight * (power / sum - hit)) as f32;
    }
    sum.ln() - f64::from(true_logit - largest)
}

/// softmax(logits). The largest logit is subtracted first, so that nothing overflows.
pub fn probabilities(logits: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let largest = logits.clone().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.map(|logit| (logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{Example, unit};
    use crate::lbfgs::Search;
    use crate::scaling::Moments;

    /// Reproducible numbers between -1 and 1. The recipe of the numbers below makes the same ones.
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

    /// Rows of noise, of which every feature has a mean and a deviation of its own, and a little of
    /// which the label tells.
    struct Set {
        x: Vec<f32>,
        d: usize,
        classes: usize,
        /// Whether rows have the factor that brings them to length one.
        unit: bool,
    }

    impl Set {
        fn new(n: usize, d: usize, classes: usize) -> Self {
            let mut x = noise(n * d);
            for (row, values) in x.chunks_mut(d).enumerate() {
                let label = row % classes;
                for (feature, value) in values.iter_mut().enumerate() {
                    if feature % classes == label {
                        *value += 0.5;
                    }
                    *value = *value * (feature + 1) as f32 + 3.0;
                }
            }
            Self {
                x,
                d,
                classes,
                unit: false,
            }
        }

        fn of_unit_length(n: usize, d: usize, classes: usize) -> Self {
            Self {
                unit: true,
                ..Self::new(n, d, classes)
            }
        }

        fn examples(&self) -> Vec<Example<'_>> {
            let rows = self.x.chunks(self.d).enumerate();
            rows.map(|(row, x)| Example {
                x: x.into(),
                factor: if self.unit { unit(x) } else { 1.0 },
                label: (row % self.classes) as u32,
            })
            .collect()
        }
    }

    fn problem<'a>(examples: &'a [Example<'a>], weights: &'a [f64]) -> Problem<'a> {
        let all = Examples::from(examples);
        let moments = Moments::of(&all);
        let scaling = match examples[0].factor == 1.0 {
            true => Scaling::of(&moments),
            false => Scaling::common(&moments),
        };
        Problem::new(all, scaling, weights)
    }

    fn parameters(problem: &Problem) -> Vec<f64> {
        let numbers = noise(problem.parameters()).into_iter();
        numbers.map(f64::from).collect()
    }

    #[test]
    fn gradient_agrees_with_finite_differences() {
        for weights in [
            &[1.0, 1.0][..],
            &[0.5, 3.0],
            &[1.0, 1.0, 1.0],
            &[0.2, 1.0, 2.0],
            &[1.0; MANY],
            &[0.5; MANY + 3],
        ] {
            let set = match weights[0] == 1.0 {
                true => Set::new(150, 7, weights.len()),
                false => Set::of_unit_length(150, 7, weights.len()),
            };
            let examples = set.examples();
            let problem = problem(&examples, weights);
            let at = parameters(&problem);
            let mut gradient = vec![0.0; at.len()];
            problem.loss(&at, 0.1, &mut gradient);
            // Single-precision products carry an error of about 1e-7, so the step must not be
            // small.
            let step = 1e-2;
            for (i, &g) in gradient.iter().enumerate() {
                let shifted = |by: f64| {
                    let mut there = at.clone();
                    there[i] += by;
                    problem.loss(&there, 0.1, &mut vec![0.0; at.len()])
                };
                let difference = (shifted(step) - shifted(-step)) / (2.0 * step);
                assert!(
                    (difference - g).abs() < 5e-5,
                    "{weights:?}, parameter {i}: {difference} and {g}"
                );
            }
        }
    }

    /// By tests/heads/recipe.py, for the same sets: scikit-learn's minima of the same objective.
    #[test]
    fn the_optimum_is_that_of_scikit_learn() {
        for (n, d, weights, l2, is_unit, expected) in [
            (300, 20, &[1.0, 1.0][..], 0.1, false, 0.186682166),
            (300, 20, &[1.5, 0.5], 0.01, false, 0.073330735),
            (
                400,
                12,
                &[1.0, 1.0, 1.0, 1.0, 1.0],
                0.03,
                false,
                1.045620042,
            ),
            (60, 90, &[1.0, 1.0, 1.0], 0.3, false, 0.227496248),
            (200, 10, &[0.5, 1.0, 2.0], 0.001, false, 0.442681507),
            (300, 20, &[1.5, 0.5], 0.01, true, 0.093050642),
            (60, 90, &[1.0, 1.0, 1.0], 0.3, true, 0.236175824),
        ] {
            let set = match is_unit {
                true => Set::of_unit_length(n, d, weights.len()),
                false => Set::new(n, d, weights.len()),
            };
            let examples = set.examples();
            let problem = problem(&examples, weights);
            let mut search = Search::from(vec![0.0; problem.parameters()]);
            assert!(
                problem
                    .minimise(&mut search, l2, 1e-5, &mut |_, _| ())
                    .converged
            );
            let found = problem.loss(search.at(), l2, &mut vec![0.0; problem.parameters()]);
            assert!(
                (found - expected).abs() < 1e-6,
                "{n} x {d}: {found}, not {expected}"
            );
        }
    }

    #[test]
    fn loss_at_zero_is_the_logarithm_of_the_number_of_classes() {
        for classes in [2, 4] {
            let set = Set::new(100, 5, classes);
            let examples = set.examples();
            let weights = vec![1.0; classes];
            let problem = problem(&examples, &weights);
            let zero = vec![0.0; problem.parameters()];
            let loss = problem.loss(&zero, 1.0, &mut zero.clone());
            assert!((loss - (classes as f64).ln()).abs() < 1e-7);
        }
    }

    #[test]
    fn is_the_same_to_the_bit_on_any_number_of_threads() {
        for classes in [3, MANY + 7] {
            let set = Set::new(3000, 33, classes);
            let examples = set.examples();
            let weights = vec![1.0; classes];
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                pool.build().unwrap().install(|| {
                    let problem = problem(&examples, &weights);
                    let at = parameters(&problem);
                    let mut gradient = vec![0.0; at.len()];
                    let loss = problem.loss(&at, 0.1, &mut gradient);
                    let mut search = Search::from(vec![0.0; at.len()]);
                    problem.minimise(&mut search, 0.1, 1e-3, &mut |_, _| ());
                    (loss.to_bits(), gradient, search.at().to_vec())
                })
            };
            assert_eq!(on(1), on(2), "{classes}");
            assert_eq!(on(1), on(5), "{classes}");
        }
    }

    #[test]
    fn a_search_that_keeps_the_logits_ends_where_one_that_computes_them_does() {
        let set = Set::of_unit_length(700, 40, MANY + 1);
        let examples = set.examples();
        let weights: Vec<f64> = (0..=MANY).map(|label| 0.5 + (label % 3) as f64).collect();
        let problem = problem(&examples, &weights);
        let mut computed = Search::from(vec![0.0; problem.parameters()]);
        let mut kept = Search::from(vec![0.0; problem.parameters()]);
        let mut loss = |at: &[f64], gradient: &mut [f64]| problem.loss(at, 1e-3, gradient);
        let a = computed.minimise(&mut loss, 1e-5, &mut |_, _| ());
        let b = problem.minimise(&mut kept, 1e-3, 1e-5, &mut |_, _| ());
        assert!(a.converged && b.converged, "{a:?} {b:?}");
        assert!((a.value - b.value).abs() < 1e-5, "{a:?} {b:?}");
        let mut gradient = vec![0.0; problem.parameters()];
        let found = problem.loss(kept.at(), 1e-3, &mut gradient);
        assert!((found - b.value).abs() < 1e-6, "{found} {b:?}");
        let most = gradient.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
        assert!(most < 2e-5, "{most} {b:?}");
    }

    #[test]
    fn losses_of_many_labels_survive_huge_logits() {
        let x = [1e6f32, 0.0, -1e6];
        let examples: Vec<Example> = (x.chunks(1).zip(0..))
            .map(|(x, label)| Example {
                x: x.into(),
                factor: 1.0,
                label,
            })
            .collect();
        let weights = [1.0; MANY];
        let problem = problem(&examples, &weights);
        let at: Vec<f64> = (0..problem.parameters())
            .map(|i| if i == 0 { 1e6 } else { 0.0 })
            .collect();
        let mut gradient = vec![0.0; at.len()];
        let loss = problem.loss(&at, 0.0, &mut gradient);
        assert!(loss.is_finite() && gradient.iter().all(|g| g.is_finite()));
    }

    #[test]
    fn probabilities_survive_huge_logits() {
        assert_eq!(probabilities([1e300, 0.0].into_iter()), [1.0, 0.0]);
        assert_eq!(probabilities([-1e300, -1e300].into_iter()), [0.5, 0.5]);
    }

    #[test]
    fn losses_and_residuals_survive_huge_outputs() {
        for (mut outputs, label, loss, expected) in [
            (vec![1e6f32], 1, 0.0, vec![0.0f32]),
            (vec![1e6], 0, 2e6, vec![2.0]),
            (vec![-1e6], 1, 2e6, vec![-2.0]),
            (vec![1e6, 0.0, -1e6], 0, 0.0, vec![0.0, 0.0, 0.0]),
            (vec![1e6, 0.0, -1e6], 2, 2e6, vec![1.0, 0.0, -1.0]),
        ] {
            assert_eq!(residual(&mut outputs, label, 1.0, &mut [0.0; 3]), loss);
            assert_eq!(outputs, expected);
        }
    }

    #[test]
    fn folded_parameters_do_the_same_to_raw_features_and_can_be_unfolded() {
        for classes in [2, 3] {
            let set = Set::of_unit_length(50, 4, classes);
            let examples = set.examples();
            let weights = vec![1.0; classes];
            let problem = problem(&examples, &weights);
            let at = parameters(&problem);
            let (w, b) = problem.fold(&at);
            assert_eq!((w.len(), b.len()), (4 * classes, classes));
            let mut rows = examples.iter();
            problem.logits(&at, &examples.as_slice().into(), |logits, label| {
                let one = rows.next().unwrap();
                let x = one.x.floats();
                assert_eq!(label, one.label);
                for (class, logit) in logits.iter().enumerate() {
                    let product = (0..4).map(|i| w[class * 4 + i] * x[i] * one.factor);
                    let product = product.sum::<f32>();
                    assert!((f64::from(product + b[class]) - logit).abs() < 1e-4);
                }
            });
            let again = problem.unfold(&w, &b);
            assert!(at.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}
