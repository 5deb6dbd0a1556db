//! The loss along one direction after another.
//!
//! Logits are linear in the parameters, so those of a point on a line follow from those of its start
//! and their change along the line, without a product of matrices. With both at hand, a step to
//! nearly the minimum along the line costs a few passes over them, and each step of a search one
//! product to know their change and one for the gradient.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::exponential::exp;
use crate::lbfgs::{Function, Outcome, Search};
use crate::many::LANES;
use crate::problem::{MANY, Problem, outputs};

const MAX_TRIALS: usize = 10;
/// So many logits, and as many numbers that say how they change along a direction, are kept between
/// the steps of a search: twice 256 MB.
const KEPT: usize = 1 << 26;

/// A step is made no more than this much longer at a time.
const LONGER: f64 = 10.0;

/// After so many steps the logits are computed anew, since each step rounds them.
const FRESH: usize = 20;

/// Rows that are looked at by one task.
const ROWS: usize = 64;

/// Bytes that a search takes for a parameter: what it remembers of steps and gradients, where it is and
/// where it may go, and the sums of a gradient.
const PARAMETER: usize = 160;

/// The bytes that fits to so many `rows` of `size` features take, beside the rows: what is kept of their
/// logits in one fit at a time, and what as many `searches` remember.
pub fn memory_of_fit(rows: usize, classes: usize, size: usize, searches: usize) -> usize {
    let outputs = outputs(classes);
    let logits = rows.saturating_mul(outputs);
    let kept = match keeps_logits(rows, outputs) {
        true => 2 * size_of::<f32>() * logits,
        false => 0,
    };
    // Each trial has the logits of the rows that it scores.
    let scored = size_of::<f32>() * logits;
    kept + scored + searches * outputs * (size + 1) * PARAMETER
}

/// Whether the logits of so many rows are kept along a line.
fn keeps_logits(rows: usize, outputs: usize) -> bool {
    outputs >= MANY && rows.saturating_mul(outputs) <= KEPT
}

/// The loss of a problem at one strength, with the logits of all examples where the line begins, and
/// how they change along it, both [N, C].
pub(crate) struct Along<'a> {
    problem: &'a Problem<'a>,
    l2: f64,
    logits: Vec<f32>,
    change: Vec<f32>,
    /// Steps since the logits were computed.
    steps: usize,
    /// The penalty is `bend` t^2 / 2 + `slope` t + a constant.
    slope: f64,
    bend: f64,
}

impl Problem<'_> {
    /// Minimises the loss from where `search` is, until no component of its gradient is larger than
    /// `tolerance`; `step` is told of each step.
    pub fn minimise(
        &self,
        search: &mut Search,
        l2: f64,
        tolerance: f64,
        step: &mut dyn FnMut(usize, &[f64]),
    ) -> Outcome {
        if keeps_logits(self.examples.len(), self.outputs()) {
            return search.minimise(&mut Along::new(self, l2), tolerance, step);
        }
        let mut loss = |at: &[f64], gradient: &mut [f64]| self.loss(at, l2, gradient);
        search.minimise(&mut loss, tolerance, step)
    }
}

impl<'a> Along<'a> {
    pub(crate) fn new(problem: &'a Problem, l2: f64) -> Self {
        let count = problem.examples.len() * problem.outputs();
        Self {
            problem,
            l2,
            logits: vec![0.0; count],
            change: vec![0.0; count],
            steps: 0,
            slope: 0.0,
            bend: 0.0,
        }
    }

    /// Computes the logits at these parameters.
    fn compute(&mut self, at: &[f64]) {
        let all = 0..self.problem.examples.len();
        let layer = self.problem.layer(at);
        self.problem.project(&layer, all, &mut self.logits);
    }

    /// The first and second derivative of the loss along the line.
    fn derivatives(&self, step: f64) -> [f64; 2] {
        let outputs = self.problem.outputs();
        let count = ROWS * outputs;
        let parts = self
            .logits
            .par_chunks(count)
            .zip(self.change.par_chunks(count));
        let sums = parts.enumerate().map(|(number, (logits, change))| {
            let rows = logits.chunks(outputs).zip(change.chunks(outputs));
            let from = number * ROWS;
            let examples = self.problem.examples.iter(from..from + ROWS);
            let mut sums = [0.0; 2];
            for ((logits, change), example) in rows.zip(examples) {
                let truth = change.get(example.label as usize).copied();
                let [mean, variance] = Arch::new().dispatch(Spread {
                    logits,
                    change,
                    step: step as f32,
                });
                let weight = self.problem.weight(example.label);
                sums[0] += weight * (mean - f64::from(truth.unwrap_or_default()));
                sums[1] += weight * variance;
            }
            sums
        });
        let sums: Vec<[f64; 2]> = sums.collect();
        let [first, second] = sums.iter().fold([0.0; 2], |[a, b], [x, y]| [a + x, b + y]);
        let total = self.problem.total();
        [
            first / total + self.slope + self.bend * step,
            second / total + self.bend,
        ]
    }
}

impl Function for Along<'_> {
    fn begin(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        // Most searches begin at 0, where the logits are known.
        if at.iter().any(|&parameter| parameter != 0.0) {
            self.compute(at);
        }
        self.step(0.0, at, gradient)
    }

    fn turn(&mut self, taken: f64, from: &[f64], direction: &[f64]) {
        self.steps += 1;
        if self.steps.is_multiple_of(FRESH) {
            self.compute(from);
        } else {
            let taken = taken as f32;
            let logits = self.logits.par_iter_mut().zip(&self.change);
            logits.for_each(|(logit, change)| *logit += taken * change);
        }
        let all = 0..self.problem.examples.len();
        let layer = self.problem.layer(direction);
        self.problem.project(&layer, all, &mut self.change);
        let weights = from.iter().zip(direction).take(self.problem.penalised());
        let stiffness = self.l2 * self.problem.stiffness();
        self.slope = stiffness * weights.clone().map(|(w, d)| w * d).sum::<f64>();
        self.bend = stiffness * weights.map(|(_, d)| d * d).sum::<f64>();
    }

    /// Newton's method, kept between bounds that every step narrows.
    fn first(&mut self, guess: f64, slope: f64, flat: f64) -> f64 {
        let (mut low, mut high, mut step) = (0.0, f64::INFINITY, guess);
        for _ in 0..MAX_TRIALS {
            let [first, second] = self.derivatives(step);
            if first.abs() <= -flat * slope {
                break;
            }
            *(if first > 0.0 { &mut high } else { &mut low }) = step;
            let newton = (step - first / second).min(LONGER * step);
            step = match newton > low && newton < high {
                true => newton,
                false => f64::midpoint(low, high.min(LONGER * step)),
            };
        }
        step
    }

    fn step(&mut self, step: f64, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (outputs, step) = (self.problem.outputs(), step as f32);
        let sum = self.problem.sum_of_many(&|range, to| {
            let from = range.start * outputs..range.end * outputs;
            let logits = self.logits.get(from.clone()).unwrap_or_default();
            let change = self.change.get(from).unwrap_or_default();
            let lines = to.par_iter_mut().zip(logits.par_iter().zip(change));
            lines.for_each(|(to, (logit, change))| *to = logit + step * change);
        });
        self.problem.complete(sum, at, self.l2, gradient)
    }
}

/// The mean and the variance of the changes of logits, by the probabilities that the logits give
/// after a step along the changes.
struct Spread<'a> {
    logits: &'a [f32],
    change: &'a [f32],
    step: f32,
}

impl WithSimd for Spread<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; 2] {
        let Self {
            logits,
            change,
            step,
        } = self;
        let mut most = [f32::NEG_INFINITY; LANES];
        let parts = || logits.chunks(LANES).zip(change.chunks(LANES));
        for (logits, change) in parts() {
            for (most, (&logit, &change)) in most.iter_mut().zip(logits.iter().zip(change)) {
                let logit = logit + step * change;
                *most = if logit > *most { logit } else { *most };
            }
        }
        let most = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let mut sums = [[0f32; LANES]; 3];
        let [powers, means, squares] = &mut sums;
        for (logits, change) in parts() {
            let lanes = powers
                .iter_mut()
                .zip(means.iter_mut().zip(squares.iter_mut()));
            for ((power, (mean, square)), (&logit, &change)) in lanes.zip(logits.iter().zip(change))
            {
                let p = exp(logit + step * change - most);
                *power += p;
                *mean += p * change;
                *square += p * change * change;
            }
        }
        let [power, mean, square] = sums.map(|lanes| lanes.into_iter().map(f64::from).sum::<f64>());
        let mean = mean / power;
        [mean, (square / power - mean * mean).max(0.0)]
    }
}
