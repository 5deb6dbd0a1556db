//! Rows with weights in double precision, for figures that others recompute.
//!
//! A product of two floats is exact in double precision, and the sums are taken in an order that
//! follows from the number of features alone. So the result is the same, to the bit, on every
//! processor, whatever the width of its registers. It takes about three times as long as
//! [`project`](crate::project).

use pulp::{Arch, Simd, WithSimd};

/// Rows at a time, so that a weight that was fetched is used more than once.
const R: usize = 4;

/// Sums that are kept apart, so that none has to wait for the one before it.
const LANES: usize = 8;

/// `out[n][c] = weights[c] . rows[n]` for `rows` `[N]` of D numbers, `weights` `[C, D]`, `out`
/// `[N, C]`.
pub fn exact(rows: &[&[f32]], weights: &[f32], out: &mut [f64]) {
    let d = rows.first().map_or(0, |row| row.len()).max(1);
    let weights: Vec<f64> = weights.iter().copied().map(f64::from).collect();
    let mut x = vec![0f64; R * d];
    let outputs = (weights.len() / d).max(1);
    for (rows, out) in rows.chunks(R).zip(out.chunks_mut(R * outputs)) {
        for (x, row) in x.chunks_mut(d).zip(rows) {
            x.iter_mut().zip(*row).for_each(|(x, &f)| *x = f64::from(f));
        }
        Arch::new().dispatch(Exact {
            x: &x,
            weights: &weights,
            d,
            out,
        });
    }
}

/// [`R`] rows of D numbers with all weights.
struct Exact<'a> {
    x: &'a [f64],
    weights: &'a [f64],
    d: usize,
    out: &'a mut [f64],
}

impl WithSimd for Exact<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let outputs = (self.weights.len() / self.d).max(1);
        let mut x = self.x.chunks_exact(self.d);
        let x: [&[f64]; R] = std::array::from_fn(|_| x.next().unwrap_or_default());
        for (c, w) in self.weights.chunks_exact(self.d).enumerate() {
            let sums = dots(x, w);
            let column = self.out.iter_mut().skip(c).step_by(outputs);
            column.zip(sums).for_each(|(out, sum)| *out = sum);
        }
    }
}

/// The products of each row with `w`, all of one length.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "only so the compiler keeps the sums in registers"
)]
fn dots(x: [&[f64]; R], w: &[f64]) -> [f64; R] {
    let d = w.len();
    let x = x.map(|x| &x[..d]);
    let mut sums = [[0f64; LANES]; R];
    let whole = d / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let w = &w[at..at + LANES];
        for r in 0..R {
            let x = &x[r][at..at + LANES];
            for lane in 0..LANES {
                sums[r][lane] += x[lane] * w[lane];
            }
        }
    }
    std::array::from_fn(|r| {
        let rest = x[r][whole..].iter().zip(&w[whole..]);
        let rest: f64 = rest.map(|(x, w)| x * w).sum();
        sums[r].iter().sum::<f64>() + rest
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
