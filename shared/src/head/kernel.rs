//! The two products that training spends its time on: rows with weights, and residuals with rows.
//!
//! Both go over the rows where they lie, so that a mapped file need not be copied, and both take four rows at a time with two
//! outputs, so that a number that was fetched is used more than once. A general product of matrices is made for many
//! outputs; of the one that two labels need it would leave most of its registers empty.
//!
//! The order of the sums is fixed. With fused multiplication and addition, which every x86-64 processor since 2013 and
//! every ARM64 processor has, results are the same to the bit whatever the width of its registers.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

/// Partial sums of a dot product, as many as an AVX register holds.
const LANES: usize = 8;

/// `out[n][c] = weights[c] . (rows[n] - mean)` for `rows` [N] of D numbers, `mean` [D], `weights` [C, D], `out` [N, C].
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn project(rows: &[&[f32]], mean: &[f32], weights: &[f32], out: &mut [f32]) {
    match target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        true => project_with::<true>(rows, mean, weights, out),
        false => project_with::<false>(rows, mean, weights, out),
    }
}

/// `sums[c] += residuals[n][c] rows[n]`, summed over n, for `residuals` [N, C], `rows` [N] of D numbers, `sums` [C, D].
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn accumulate(rows: &[&[f32]], residuals: &[f32], sums: &mut [f32]) {
    match target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        true => accumulate_with::<true>(rows, residuals, sums),
        false => accumulate_with::<false>(rows, residuals, sums),
    }
}

/// a b + c, rounded once if `FUSED`. Without such an instruction the library's function would take a hundred times as long.
#[inline(always)]
fn fused<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Four rows, of which the last stands in for those that are missing.
#[inline(always)]
fn four<'a>(rows: &[&'a [f32]]) -> [&'a [f32]; 4] {
    let last = rows.last().copied().unwrap_or_default();
    [0, 1, 2, 3].map(|index| rows.get(index).copied().unwrap_or(last))
}

#[inline(always)]
fn project_with<const FUSED: bool>(
    rows: &[&[f32]],
    mean: &[f32],
    weights: &[f32],
    out: &mut [f32],
) {
    let d = mean.len().max(1);
    let outputs = weights.len() / d;
    for (rows, out) in rows.chunks(4).zip(out.chunks_mut(4 * outputs.max(1))) {
        let rows = four(rows);
        for (pair, c) in weights.chunks(2 * d).zip((0..).step_by(2)) {
            let (first, second) = pair.split_at(d);
            let products = match second.is_empty() {
                true => dot::<FUSED, 1>(rows, mean, [first]).map(|[one]| [one, 0.0]),
                false => dot::<FUSED, 2>(rows, mean, [first, second]),
            };
            for (row, products) in out.chunks_mut(outputs).zip(products) {
                row.iter_mut()
                    .skip(c)
                    .zip(products)
                    .for_each(|(out, product)| *out = product);
            }
        }
    }
}

/// The products of four rows, less `mean`, with some rows of weights.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    reason = "all is cut to one length first, and only then the compiler works on whole registers"
)]
fn dot<const FUSED: bool, const C: usize>(
    rows: [&[f32]; 4],
    mean: &[f32],
    weights: [&[f32]; C],
) -> [[f32; C]; 4] {
    let (means, mean_rest) = mean.as_chunks::<LANES>();
    // Of one length, so that no index below needs to be checked.
    let x = rows.map(|row| &row.as_chunks::<LANES>().0[..means.len()]);
    let w = weights.map(|row| &row.as_chunks::<LANES>().0[..means.len()]);
    let mut sums = [[[0f32; LANES]; C]; 4];
    for i in 0..means.len() {
        for n in 0..4 {
            let mut centred = x[n][i];
            for l in 0..LANES {
                centred[l] -= means[i][l];
            }
            for c in 0..C {
                for l in 0..LANES {
                    sums[n][c][l] = fused::<FUSED>(centred[l], w[c][i][l], sums[n][c][l]);
                }
            }
        }
    }
    let done = means.len() * LANES;
    let mut products = sums.map(|sums| sums.map(|lanes| lanes.iter().sum::<f32>()));
    for n in 0..4 {
        for c in 0..C {
            for (i, mean) in (done..).zip(mean_rest) {
                products[n][c] = fused::<FUSED>(rows[n][i] - mean, weights[c][i], products[n][c]);
            }
        }
    }
    products
}

#[inline(always)]
fn accumulate_with<const FUSED: bool>(rows: &[&[f32]], residuals: &[f32], sums: &mut [f32]) {
    let outputs = residuals.len() / rows.len().max(1);
    let d = sums.len() / outputs.max(1);
    for (rows, residuals) in rows.chunks(4).zip(residuals.chunks(4 * outputs.max(1))) {
        let rows = four(rows);
        let factors = |c: usize| {
            [0, 1, 2, 3].map(|n| residuals.get(n * outputs + c).copied().unwrap_or_default())
        };
        for (pair, c) in sums.chunks_mut(2 * d.max(1)).zip((0..).step_by(2)) {
            let (first, second) = pair.split_at_mut(d);
            match second.is_empty() {
                true => add::<FUSED, 1>(rows, [factors(c)], [first]),
                false => add::<FUSED, 2>(rows, [factors(c), factors(c + 1)], [first, second]),
            }
        }
    }
}

/// Adds four rows, each times a factor of its own for each of the sums.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    reason = "all is cut to one length first, and only then the compiler works on whole registers"
)]
fn add<const FUSED: bool, const C: usize>(
    rows: [&[f32]; 4],
    factors: [[f32; 4]; C],
    sums: [&mut [f32]; C],
) {
    let d = sums.iter().map(|sum| sum.len()).min().unwrap_or_default();
    let x = rows.map(|row| &row[..d]);
    let sums = sums.map(|sum| &mut sum[..d]);
    for i in 0..d {
        for c in 0..C {
            let mut sum = sums[c][i];
            for n in 0..4 {
                sum = fused::<FUSED>(factors[c][n], x[n][i], sum);
            }
            sums[c][i] = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize, seed: usize) -> Vec<f32> {
        let number = |i: usize| ((i + seed) * 7919 % 1009) as f32 / 1009.0 - 0.5;
        (0..count).map(number).collect()
    }

    #[test]
    fn products_and_sums_are_those_of_the_definition_whatever_the_shape() {
        for n in [0, 1, 3, 4, 5, 9] {
            for d in [1, 7, 8, 33] {
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
                            let terms = (0..d).map(|i| (x[i] - mean[i]) * w[c * d + i]);
                            let product: f32 = terms.sum();
                            assert!((out[row * outputs + c] - product).abs() < 1e-5);
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
    fn without_fused_multiplication_the_results_are_nearly_the_same() {
        let (x, w, mean) = (noise(4 * 100, 1), noise(3 * 100, 2), noise(100, 3));
        let rows: Vec<&[f32]> = x.chunks(100).collect();
        let (mut with, mut without) = ([0.0; 12], [0.0; 12]);
        project_with::<true>(&rows, &mean, &w, &mut with);
        project_with::<false>(&rows, &mean, &w, &mut without);
        assert!(with.iter().zip(without).all(|(a, b)| (a - b).abs() < 1e-5));
        let (mut a, mut b) = (w.clone(), w);
        accumulate_with::<true>(&rows, &with, &mut a);
        accumulate_with::<false>(&rows, &with, &mut b);
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}
