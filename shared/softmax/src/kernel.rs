//! The two products that training spends its time on: rows with weights, and residuals with rows.
//!
//! Both go over the rows where they lie, so that a mapped file need not be copied. They take some
//! rows at a time with two outputs, so that a number that was fetched is used more than once, and a
//! part of the features at a time, so that what is used again is still in the first-level cache. A
//! general product of matrices is made for many outputs; of the one that two labels need it would
//! leave most of its registers empty.
//!
//! The instructions are those of the processor that the program finds itself on. The order of the
//! sums follows from the width of its registers, and is the same on any number of its cores.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Features that are worked on at once: some rows of them, and the weights of some outputs, fit
/// into the first-level cache.
const PANEL: usize = 256;

/// Rows at a time: with two outputs their sums take eight of the sixteen registers that there are
/// at least.
const R: usize = 4;

/// `out[n][c] = weights[c] . (rows[n] - mean)` for `rows` `[N]` of D numbers, `mean` `[D]`, `weights`
/// `[C, D]`, `out` `[N, C]`.
pub fn project(rows: &[&[f32]], mean: &[f32], weights: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(Project {
        rows,
        mean,
        weights,
        out,
    });
}

/// `sums[c] += residuals[n][c] rows[n]`, summed over n, for `residuals` `[N, C]`, `rows` `[N]` of D
/// numbers, `sums` `[C, D]`.
pub fn accumulate(rows: &[&[f32]], residuals: &[f32], sums: &mut [f32]) {
    Arch::new().dispatch(Accumulate {
        rows,
        residuals,
        sums,
    });
}

struct Project<'a> {
    rows: &'a [&'a [f32]],
    mean: &'a [f32],
    weights: &'a [f32],
    out: &'a mut [f32],
}

struct Accumulate<'a> {
    rows: &'a [&'a [f32]],
    residuals: &'a [f32],
    sums: &'a mut [f32],
}

/// Four rows, of which the last stands in for those that are missing.
#[inline(always)]
fn tile<'a>(rows: &[&'a [f32]]) -> [&'a [f32]; R] {
    let last = rows.last().copied().unwrap_or_default();
    std::array::from_fn(|index| rows.get(index).copied().unwrap_or(last))
}

/// Part of a row, in registers; the end of a row that does not fill one is left out.
#[inline(always)]
fn part<S: Simd>(row: &[f32], panel: Range<usize>) -> &[S::f32s] {
    S::as_simd_f32s(row.get(panel).unwrap_or_default()).0
}

impl WithSimd for Project<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let d = self.mean.len().max(1);
        let outputs = self.weights.len() / d;
        let mut sums = vec![[simd.splat_f32s(0.0); R]; outputs];
        let whole = d / S::F32_LANES * S::F32_LANES;
        for (rows, out) in (self.rows.chunks(R)).zip(self.out.chunks_mut(R * outputs.max(1))) {
            let rows = tile(rows);
            sums.fill([simd.splat_f32s(0.0); R]);
            for from in (0..d).step_by(PANEL) {
                let panel = from..d.min(from + PANEL);
                let x = rows.map(|row| part::<S>(row, panel.clone()));
                let mean = part::<S>(self.mean, panel.clone());
                for (sums, weights) in sums.chunks_mut(2).zip(self.weights.chunks(2 * d)) {
                    let (first, second) = weights.split_at(d);
                    let first = part::<S>(first, panel.clone());
                    match sums {
                        [a, b] => {
                            let w = [first, part::<S>(second, panel.clone())];
                            dot::<S, 2>(simd, x, mean, w, [a, b]);
                        }
                        [a] => dot::<S, 1>(simd, x, mean, [first], [a]),
                        _ => {}
                    }
                }
            }
            for (row, (n, x)) in out.chunks_mut(outputs.max(1)).zip(rows.iter().enumerate()) {
                for ((out, sums), w) in row.iter_mut().zip(&sums).zip(self.weights.chunks(d)) {
                    let rest = x.iter().zip(self.mean).zip(w).skip(whole);
                    let rest = rest.map(|((x, m), w)| (x - m) * w).sum::<f32>();
                    *out = rest + sums.get(n).map_or(0.0, |&sum| simd.reduce_sum_f32s(sum));
                }
            }
        }
    }
}

/// Adds the products of four rows, less `mean`, with C rows of weights.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "all is cut to one length first, and only so the sums stay in registers"
)]
fn dot<S: Simd, const C: usize>(
    simd: S,
    x: [&[S::f32s]; R],
    mean: &[S::f32s],
    w: [&[S::f32s]; C],
    to: [&mut [S::f32s; R]; C],
) {
    let x = x.map(|x| &x[..mean.len()]);
    let w = w.map(|w| &w[..mean.len()]);
    let mut sums = [[simd.splat_f32s(0.0); R]; C];
    for c in 0..C {
        sums[c] = *to[c];
    }
    for i in 0..mean.len() {
        for n in 0..R {
            let centred = simd.sub_f32s(x[n][i], mean[i]);
            for c in 0..C {
                sums[c][n] = simd.mul_add_e_f32s(centred, w[c][i], sums[c][n]);
            }
        }
    }
    for (to, sums) in to.into_iter().zip(sums) {
        *to = sums;
    }
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let outputs = (self.residuals.len() / self.rows.len().max(1)).max(1);
        let d = (self.sums.len() / outputs).max(1);
        for from in (0..d).step_by(PANEL) {
            let panel = from..d.min(from + PANEL);
            for (rows, residuals) in self.rows.chunks(R).zip(self.residuals.chunks(R * outputs)) {
                let rows = tile(rows).map(|row| row.get(panel.clone()).unwrap_or_default());
                let factors = |c: usize| -> [f32; R] {
                    std::array::from_fn(|n| {
                        residuals.get(n * outputs + c).copied().unwrap_or_default()
                    })
                };
                for (pair, c) in self.sums.chunks_mut(2 * d).zip((0..).step_by(2)) {
                    let (first, second) = pair.split_at_mut(d.min(pair.len()));
                    let [first, second] = [first, second].map(|sum| sum.get_mut(panel.clone()));
                    match (first, second) {
                        (Some(first), Some(second)) => {
                            let factors = [factors(c), factors(c + 1)];
                            add::<S, 2>(simd, rows, factors, [first, second]);
                        }
                        (Some(first), None) => add::<S, 1>(simd, rows, [factors(c)], [first]),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Adds four rows, each times a factor of its own for each of the sums.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "all is cut to one length first, and only so nothing is checked in the loop"
)]
fn add<S: Simd, const C: usize>(
    simd: S,
    rows: [&[f32]; R],
    factors: [[f32; R]; C],
    sums: [&mut [f32]; C],
) {
    let splat = factors.map(|factors| factors.map(|factor| simd.splat_f32s(factor)));
    let x = rows.map(|row| S::as_simd_f32s(row));
    let sums = sums.map(|sum| S::as_mut_simd_f32s(sum));
    let n = x.iter().map(|(x, _)| x.len()).min().unwrap_or_default();
    let (x, x_rest) = (x.map(|(x, _)| &x[..n]), x.map(|(_, rest)| rest));
    for i in 0..n {
        for c in 0..C {
            let mut sum = sums[c].0[i];
            for n in 0..R {
                sum = simd.mul_add_e_f32s(splat[c][n], x[n][i], sum);
            }
            sums[c].0[i] = sum;
        }
    }
    for ((_, rest), factors) in sums.into_iter().zip(factors) {
        for (x, factor) in x_rest.iter().zip(factors) {
            rest.iter_mut()
                .zip(*x)
                .for_each(|(sum, x)| *sum += factor * x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::noise;

    #[test]
    fn products_and_sums_are_those_of_the_definition_whatever_the_shape() {
        for n in [0, 1, 3, 4, 5, 9, 17] {
            for d in [1, 7, 8, 33, 320, 700] {
                for outputs in [1, 2, 3, 6] {
                    let (x, w, mean) = (noise(n * d, 1), noise(outputs * d, 2), noise(d, 3));
                    let rows: Vec<&[f32]> = x.chunks(d).collect();
                    let mut out = vec![9.0; n * outputs];
                    project(&rows, &mean, &w, &mut out);
                    let residuals = noise(n * outputs, 4);
                    let before = noise(outputs * d, 5);
                    let mut sums = before.clone();
                    accumulate(&rows, &residuals, &mut sums);
                    for c in 0..outputs {
                        for (row, x) in rows.iter().enumerate() {
                            let term = |i| f64::from(x[i] - mean[i]) * f64::from(w[c * d + i]);
                            let product: f64 = (0..d).map(term).sum();
                            let size: f64 = (0..d).map(|i| term(i).abs()).sum();
                            let error = f64::from(out[row * outputs + c]) - product;
                            assert!(error.abs() <= 1e-6 * size, "{n} {d} {outputs}");
                        }
                        for i in 0..d {
                            let terms = rows.iter().enumerate();
                            let terms = terms.map(|(row, x)| residuals[row * outputs + c] * x[i]);
                            let sum = before[c * d + i] + terms.sum::<f32>();
                            assert!((sums[c * d + i] - sum).abs() < 1e-5, "{n} {d} {outputs}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_mean_far_from_zero_costs_no_precision() {
        let x: Vec<f32> = noise(64, 1).iter().map(|x| 10_000.0 + x).collect();
        let mean = [10_000.0; 64];
        let exact: f32 = x.iter().map(|x| (x - 10_000.0) * 3.0).sum();
        let mut out = [0.0];
        project(&[&x], &mean, &[3.0; 64], &mut out);
        assert!((out[0] - exact).abs() < 1e-4);
    }

    #[test]
    fn other_processors_have_nearly_the_same_results() {
        let (x, w, mean) = (noise(5 * 700, 1), noise(3 * 700, 2), noise(700, 3));
        let rows: Vec<&[f32]> = x.chunks(700).collect();
        let (mut here, mut plain) = ([0.0; 15], [0.0; 15]);
        project(&rows, &mean, &w, &mut here);
        let out = &mut plain;
        let (weights, mean) = (&w, &mean);
        let rows = rows.as_slice();
        Project {
            rows,
            mean,
            weights,
            out,
        }
        .with_simd(pulp::Scalar);
        assert!(here.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-3));
        let (mut a, mut b) = (w.clone(), w.clone());
        accumulate(rows, &here, &mut a);
        let (residuals, sums) = (&here, &mut b);
        Accumulate {
            rows,
            residuals,
            sums,
        }
        .with_simd(pulp::Scalar);
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3));
    }
}
