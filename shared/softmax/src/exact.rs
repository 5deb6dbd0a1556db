//! Rows with weights in double precision, for figures that others recompute.
//!
//! A product of two floats is exact in double precision. The order of the sums follows from the width
//! of the processor's registers, and is the same on any number of its cores, and for a row and an
//! output whatever is computed beside them.

use pulp::{Arch, Simd, WithSimd};

/// Rows and outputs at a time, whose sums stay in registers.
const R: usize = 4;
const C: usize = 2;

/// Outputs whose weights stay in the second-level cache, while all rows go by.
const BLOCK: usize = 16;

/// `out[n][c] = weights[c] . rows[n]` for `rows` `[N]` of D numbers, `weights` `[C, D]`, `out`
/// `[N, C]`. Some dozens of rows at a time are best: they are held in double precision.
pub fn exact(rows: &[&[f32]], weights: &[f32], out: &mut [f64]) {
    let d = rows.first().map_or(0, |row| row.len()).max(1);
    let x = doubled(rows.iter().copied().flatten(), R * d);
    let outputs = (weights.len() / d).max(1);
    for (number, block) in weights.chunks(BLOCK * d).enumerate() {
        Arch::new().dispatch(Products {
            x: &x,
            weights: &doubled(block.iter(), C * d),
            d,
            take: &mut |row, output, sum| {
                let output = number * BLOCK + output;
                let place = out.get_mut(row * outputs + output);
                if let Some(place) = place.filter(|_| output < outputs) {
                    *place = sum;
                }
            },
        });
    }
}

/// Numbers in double precision, and as many zeros as fill the last tile.
fn doubled<'a>(numbers: impl Iterator<Item = &'a f32>, tile: usize) -> Vec<f64> {
    let mut doubled: Vec<f64> = numbers.map(|&number| f64::from(number)).collect();
    doubled.resize(doubled.len().next_multiple_of(tile), 0.0);
    doubled
}

/// All rows with some outputs; `take` is given the sum for a row and an output.
struct Products<'a> {
    x: &'a [f64],
    weights: &'a [f64],
    d: usize,
    take: &'a mut dyn FnMut(usize, usize, f64),
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (rows, x) in self.x.chunks_exact(R * self.d).enumerate() {
            for (outputs, w) in self.weights.chunks_exact(C * self.d).enumerate() {
                let sums = tile(simd, x, w, self.d);
                for (row, sums) in sums.into_iter().enumerate() {
                    for (output, sum) in sums.into_iter().enumerate() {
                        (self.take)(rows * R + row, outputs * C + output, sum);
                    }
                }
            }
        }
    }
}

/// The sums for [`R`] rows and [`C`] outputs.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "all is cut to one length first, and only so the sums stay in registers"
)]
fn tile<S: Simd>(simd: S, x: &[f64], w: &[f64], d: usize) -> [[f64; C]; R] {
    let x: [_; R] = std::array::from_fn(|r| S::as_simd_f64s(&x[r * d..(r + 1) * d]));
    let w: [_; C] = std::array::from_fn(|c| S::as_simd_f64s(&w[c * d..(c + 1) * d]));
    let length = x[0].0.len();
    let x_vectors = x.map(|(vectors, _)| &vectors[..length]);
    let w_vectors = w.map(|(vectors, _)| &vectors[..length]);
    let mut sums = [[simd.splat_f64s(0.0); C]; R];
    for at in 0..length {
        for r in 0..R {
            for c in 0..C {
                sums[r][c] = simd.mul_add_f64s(x_vectors[r][at], w_vectors[c][at], sums[r][c]);
            }
        }
    }
    std::array::from_fn(|r| {
        std::array::from_fn(|c| {
            let rest = x[r].1.iter().zip(w[c].1).map(|(x, w)| x * w);
            simd.reduce_sum_f64s(sums[r][c]) + rest.sum::<f64>()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_rows_features_and_outputs_gives_the_plain_sums() {
        let noise = |n: usize| (n * 7919 % 1009) as f32 / 1009.0 - 0.5;
        for (n, d, c) in [(1, 1, 1), (5, 19, 3), (4, 8, 2), (9, 40, 1)] {
            let x: Vec<f32> = (0..n * d).map(noise).collect();
            let w: Vec<f32> = (7..7 + c * d).map(noise).collect();
            let rows: Vec<&[f32]> = x.chunks(d).collect();
            let mut out = vec![f64::NAN; n * c];
            exact(&rows, &w, &mut out);
            for (row, out) in rows.iter().zip(out.chunks(c)) {
                for (w, out) in w.chunks(d).zip(out) {
                    let products = row
                        .iter()
                        .zip(w)
                        .map(|(&x, &w)| f64::from(x) * f64::from(w));
                    assert!((products.sum::<f64>() - out).abs() < 1e-12, "{n} {d} {c}");
                }
            }
        }
    }
}
