//! The map from rows to outputs: a layer with its weights as the products want them.

use std::ops::Range;

use crate::examples::{Example, Examples};
use crate::gemm::{FEW, Packed, add_product, wide};
use crate::kernel::project;
use crate::scaling::Scaling;
use hd_rows::{floats, slices};

/// Rows that are worked on at once: with D of about a thousand they stay in the second-level cache
/// between their products.
pub(crate) const BLOCK: usize = 64;

/// Weights and biases for rows as they lie in a file.
pub(crate) struct Affine {
    /// For rows less their mean, [O, D].
    weights: Weights,
    /// [O].
    biases: Vec<f64>,
    /// The products of the weights with the mean, [O].
    shifts: Vec<f64>,
}

/// For a few outputs as they are, and for many packed for the general product.
enum Weights {
    Few(Vec<f32>),
    Many(Packed),
}

impl Affine {
    /// That of `weights` [O, D] and `biases` [O] for standardised features.
    pub(crate) fn new(scaling: &Scaling, weights: &[f64], biases: &[f64], is_many: bool) -> Self {
        let weights = scaling.unscaled(weights);
        let rows: Vec<&[f32]> = weights.chunks(scaling.size().max(1)).collect();
        Self {
            shifts: rows.iter().map(|row| scaling.shift(row)).collect(),
            biases: biases.to_vec(),
            weights: match is_many {
                true => Weights::Many(Packed::rows(&rows, &vec![0.0; scaling.size()], wide())),
                false => Weights::Few(weights),
            },
        }
    }

    /// `out[n][c] = weights[c] . (rows[n] - mean)`.
    fn project(&self, rows: &[&[f32]], mean: &[f32], out: &mut [f32]) {
        match &self.weights {
            Weights::Few(weights) => project(rows, mean, weights, out),
            Weights::Many(weights) => {
                out.fill(0.0);
                add_product(&Packed::rows(rows, mean, FEW), weights, out);
            }
        }
    }
}

/// Gives `take` some rows at a time, the examples that they belong to, and their outputs, [N, O].
pub(crate) fn blocks(
    examples: &Examples,
    range: Range<usize>,
    scaling: &Scaling,
    layer: &Affine,
    mut take: impl FnMut(&[&[f32]], &[Example], &mut [f32]),
) {
    let outputs = layer.biases.len();
    let mean: Vec<f32> = scaling
        .mean
        .iter()
        .map(|mean| mean * scaling.length)
        .collect();
    let mut block = Vec::with_capacity(BLOCK);
    let mut logits = vec![0f32; BLOCK.min(range.len()) * outputs];
    let mut all = examples.iter(range);
    loop {
        block.clear();
        block.extend(all.by_ref().take(BLOCK).copied());
        let rows = floats(block.iter().map(|example: &Example| example.x));
        let rows = slices(&rows);
        let Some(logits) = logits
            .get_mut(..rows.len() * outputs)
            .filter(|some| !some.is_empty())
        else {
            return;
        };
        layer.project(&rows, &mean, logits);
        for (row, example) in logits.chunks_mut(outputs).zip(&block) {
            let factor = f64::from(example.factor);
            let rest = factor * f64::from(scaling.length) - 1.0;
            let terms = layer.biases.iter().zip(&layer.shifts);
            for (logit, (bias, shift)) in row.iter_mut().zip(terms) {
                *logit = (factor * f64::from(*logit) + rest * shift + bias) as f32;
            }
        }
        take(&rows, &block, logits);
    }
}
