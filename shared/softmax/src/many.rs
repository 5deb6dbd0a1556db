//! Losses and gradients of many labels, by a general product of matrices.
//!
//! The logits of some hundreds of rows at a time become residuals where they are. Then each task adds
//! their products with the rows to the sums of a few labels. No two tasks add to one sum, and each
//! sum takes the rows in their order: it is the same on any number of threads, and stands in memory
//! once.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use crate::examples::{Example, Examples};
use crate::exponential::exp;
use crate::gemm::{FEW, Packed, add_product, wide};
use crate::sum::Sum;
use hd_rows::{floats, slices};

/// Rows whose residuals are held at once.
const SLAB: usize = 512;

/// Labels of which a task takes the sums: many for each row that it reads, and few enough that there
/// is work for all threads.
const LABELS: [usize; 2] = [2 * FEW, 8 * FEW];
const TASKS: usize = 16;

/// Numbers that are worked on side by side, as many as a register has at most.
pub(crate) const LANES: usize = 16;

/// The sum over `examples` of `size` features, whose logits `fill` computes, [N, C]; `weights` has the
/// weight of an example of each label.
pub(crate) fn sum(
    examples: &Examples,
    weights: &[f64],
    size: usize,
    fill: &dyn Fn(Range<usize>, &mut [f32]),
) -> Sum {
    let (n, outputs) = (examples.len(), weights.len());
    let mut sum = Sum::zero(outputs, size);
    let mut logits = vec![0f32; SLAB.min(n) * outputs];
    for from in (0..n).step_by(SLAB) {
        let range = from..n.min(from + SLAB);
        let logits = logits.get_mut(..range.len() * outputs).unwrap_or_default();
        fill(range.clone(), logits);
        let examples: Vec<Example> = examples.iter(range).copied().collect();
        let (losses, rows) = rayon::join(
            || residuals(logits, &examples, weights),
            || packed(&examples, size),
        );
        sum.loss += losses.iter().sum::<f64>();
        accumulate(logits, &rows, &mut sum);
    }
    sum
}

/// Replaces logits by residuals; returns the losses.
fn residuals(logits: &mut [f32], examples: &[Example], weights: &[f64]) -> Vec<f64> {
    let rows = logits.par_chunks_mut(weights.len()).zip(examples);
    rows.map(|(row, example)| {
        let label = example.label as usize;
        let weight = weights.get(label).copied().unwrap_or_default();
        weight * residual(row, label, weight as f32)
    })
    .collect()
}

/// The rows, each times its factor, for a product that sums over them.
fn packed(examples: &[Example], size: usize) -> Packed {
    let rows = floats(examples.iter().map(|example| example.x));
    let rows = slices(&rows);
    let factors: Vec<f32> = examples.iter().map(|example| example.factor).collect();
    Packed::columns(&rows, &factors, 0..size, wide())
}

fn accumulate(residuals: &[f32], rows: &Packed, sum: &mut Sum) {
    let outputs = sum.biases.len();
    let size = sum.weights.len() / outputs.max(1);
    let [least, most] = LABELS;
    let labels = outputs
        .div_ceil(TASKS)
        .next_multiple_of(FEW)
        .clamp(least, most);
    let residuals: Vec<&[f32]> = residuals.chunks(outputs.max(1)).collect();
    let factors = vec![1.0; residuals.len()];
    let weights = sum.weights.par_chunks_mut((labels * size).max(1));
    let parts = weights.zip(sum.biases.par_chunks_mut(labels)).enumerate();
    parts.for_each(|(number, (weights, biases))| {
        let range = number * labels..number * labels + biases.len();
        for row in &residuals {
            let row = row.get(range.clone()).unwrap_or_default();
            let sums = biases.iter_mut().zip(row);
            sums.for_each(|(sum, &residual)| *sum += f64::from(residual));
        }
        let residuals = Packed::columns(&residuals, &factors, range, FEW);
        add_product(&residuals, rows, weights);
    });
}

/// Replaces logits by `weight` times the gradient of the loss by them; returns the loss, -log
/// softmax[label].
fn residual(logits: &mut [f32], label: usize, weight: f32) -> f64 {
    Arch::new().dispatch(Residual {
        logits,
        label,
        weight,
    })
}

struct Residual<'a> {
    logits: &'a mut [f32],
    label: usize,
    weight: f32,
}

impl WithSimd for Residual<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let Self {
            logits,
            label,
            weight,
        } = self;
        let largest = largest(logits);
        let truth = logits.get(label).copied().unwrap_or_default();
        let mut sums = [0f32; LANES];
        for some in logits.chunks_mut(LANES) {
            for (logit, sum) in some.iter_mut().zip(&mut sums) {
                *logit = exp(*logit - largest);
                *sum += *logit;
            }
        }
        let sum = sums.into_iter().map(f64::from).sum::<f64>();
        let scale = weight / sum as f32;
        logits.iter_mut().for_each(|power| *power *= scale);
        if let Some(residual) = logits.get_mut(label) {
            *residual -= weight;
        }
        sum.ln() - f64::from(truth - largest)
    }
}

#[inline(always)]
fn largest(logits: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for some in logits.chunks(LANES) {
        for (lane, &logit) in lanes.iter_mut().zip(some) {
            *lane = if logit > *lane { logit } else { *lane };
        }
    }
    lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
}
