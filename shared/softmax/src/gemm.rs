//! The product of two matrices, for many labels.
//!
//! Both factors are first copied into the order in which they are read, in panels: of one a few rows
//! at a time, of the other as many as fill two registers. Their products stay in registers over
//! [`DEPTH`] terms, which are summed in single precision, and are then added to the result, in its
//! own precision. This is the plan of Goto and van de Geijn, "Anatomy of High-Performance Matrix
//! Multiplication", 2008.

use std::ops::{AddAssign, Range};

use pulp::{Arch, Simd, WithSimd, bytemuck};

/// Terms that are summed at once: the panels of them stay in the first-level cache.
const DEPTH: usize = 256;

/// Rows of the first factor at a time: with two registers of the second they take twelve sums, which
/// is enough to keep the multipliers busy, and which any processor has registers for.
pub(crate) const FEW: usize = 6;

/// How many numbers fill two registers: rows of the second factor at a time.
pub(crate) fn wide() -> usize {
    Arch::new().dispatch(Wide)
}

/// One factor, [outer, inner], whose inner dimension the product sums over.
#[derive(Debug)]
pub(crate) struct Packed {
    /// For each [`DEPTH`] of the inner dimension, and for each `width` of the outer one, a panel
    /// [inner, width]. Missing rows are 0.
    numbers: Vec<f32>,
    outer: usize,
    inner: usize,
    width: usize,
}

impl Packed {
    /// The factor with these rows, less `mean`.
    pub(crate) fn rows(rows: &[&[f32]], mean: &[f32], width: usize) -> Self {
        Self::new([rows.len(), mean.len()], width, |outer, inner, panel| {
            let rows = rows.get(outer).unwrap_or_default();
            for (place, row) in rows.iter().enumerate() {
                let row = row.get(inner.clone()).unwrap_or_default();
                let mean = mean.get(inner.clone()).unwrap_or_default();
                let places = panel.iter_mut().skip(place).step_by(width);
                for (to, (x, m)) in places.zip(row.iter().zip(mean)) {
                    *to = x - m;
                }
            }
        })
    }

    /// The factor whose transpose has these rows, each times a factor of its own, of which it takes some
    /// columns.
    pub(crate) fn columns(
        rows: &[&[f32]],
        factors: &[f32],
        columns: Range<usize>,
        width: usize,
    ) -> Self {
        let from = columns.start;
        Self::new([columns.len(), rows.len()], width, |outer, inner, panel| {
            let rows = rows.get(inner.clone()).unwrap_or_default();
            let rows = rows.iter().zip(factors.get(inner).unwrap_or_default());
            for (to, (row, factor)) in panel.chunks_mut(width).zip(rows) {
                let numbers = row.get(from + outer.start..from + outer.end);
                let numbers = numbers.unwrap_or_default();
                to.iter_mut()
                    .zip(numbers)
                    .for_each(|(to, x)| *to = factor * x);
            }
        })
    }

    /// `fill` is given which rows and which of their numbers belong into a panel of zeros.
    fn new(
        [outer, inner]: [usize; 2],
        width: usize,
        fill: impl Fn(Range<usize>, Range<usize>, &mut [f32]),
    ) -> Self {
        let padded = outer.next_multiple_of(width);
        let mut numbers = vec![0.0; padded * inner];
        let blocks = numbers.chunks_mut((padded * DEPTH).max(1));
        for (block, from) in blocks.zip((0..).step_by(DEPTH)) {
            let depth = block.len() / padded;
            let panels = block.chunks_mut(width * depth);
            for (panel, row) in panels.zip((0..).step_by(width)) {
                fill(row..outer.min(row + width), from..from + depth, panel);
            }
        }
        Self {
            numbers,
            outer,
            inner,
            width,
        }
    }

    /// The panels of each [`DEPTH`] of the inner dimension, and how deep they are.
    fn blocks(&self) -> impl Iterator<Item = (&[f32], usize)> {
        let padded = self.outer.next_multiple_of(self.width).max(1);
        let blocks = self.numbers.chunks(padded * DEPTH);
        blocks.map(move |block| (block, block.len() / padded))
    }
}

/// `out[i][j] += a[i] . b[j]` for `a` in panels of [`FEW`], `b` in panels of [`wide()`], and `out` with
/// a row for each of `a`'s.
pub(crate) fn add_product<T: Copy + From<f32> + AddAssign>(a: &Packed, b: &Packed, out: &mut [T]) {
    debug_assert_eq!([a.inner, a.width, b.width], [b.inner, FEW, wide()]);
    Arch::new().dispatch(Product { a, b, out });
}

struct Wide;

impl WithSimd for Wide {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        2 * S::F32_LANES
    }
}

struct Product<'a, T> {
    a: &'a Packed,
    b: &'a Packed,
    out: &'a mut [T],
}

impl<T: Copy + From<f32> + AddAssign> WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, b, out } = self;
        let wide = 2 * S::F32_LANES;
        let columns = b.outer.max(1);
        for ((a, depth), (b, _)) in a.blocks().zip(b.blocks()) {
            for (b, from) in b.chunks(wide * depth).zip((0..).step_by(wide)) {
                let to = from..columns.min(from + wide);
                for (a, out) in a.chunks(FEW * depth).zip(out.chunks_mut(FEW * columns)) {
                    let sums = tile(simd, a, b);
                    for (out, sums) in out.chunks_mut(columns).zip(&sums) {
                        let out = out.get_mut(to.clone()).unwrap_or_default();
                        let sums: &[f32] = bytemuck::cast_slice(sums);
                        for (out, &sum) in out.iter_mut().zip(sums) {
                            *out += sum.into();
                        }
                    }
                }
            }
        }
    }
}

/// The products of a panel of [`FEW`] rows with one of two registers.
#[inline(always)]
#[allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "only with a known length the sums stay in registers"
)]
fn tile<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> [[S::f32s; 2]; FEW] {
    let mut sums = [[simd.splat_f32s(0.0); 2]; FEW];
    let (b, _) = S::as_simd_f32s(b).0.as_chunks::<2>();
    for (a, b) in a.as_chunks::<FEW>().0.iter().zip(b) {
        for i in 0..FEW {
            let a = simd.splat_f32s(a[i]);
            for j in 0..2 {
                sums[i][j] = simd.mul_add_e_f32s(a, b[j], sums[i][j]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::noise;

    #[test]
    fn products_are_those_of_the_definition_whatever_the_shape() {
        for (m, n, k) in [
            (0, 3, 4),
            (3, 0, 4),
            (1, 1, 1),
            (6, 32, 256),
            (7, 33, 257),
            (13, 70, 600),
        ] {
            let (a, b, mean) = (noise(m * k, 1), noise(n * k, 2), noise(k, 3));
            let rows =
                |of: &[f32]| -> Vec<Vec<f32>> { of.chunks(k).map(<[f32]>::to_vec).collect() };
            let (a, b) = (rows(&a), rows(&b));
            let [a, b] = [&a, &b].map(|rows| rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let mut out = vec![1f64; m * n];
            let zero = vec![0.0; k];
            add_product(
                &Packed::rows(&a, &mean, FEW),
                &Packed::rows(&b, &zero, wide()),
                &mut out,
            );
            for (i, a) in a.iter().enumerate() {
                for (j, b) in b.iter().enumerate() {
                    let terms = a.iter().zip(&mean).zip(*b);
                    let terms = terms.map(|((a, m), b)| f64::from(a - m) * f64::from(*b));
                    let size: f64 = terms.clone().map(f64::abs).sum();
                    let error = out[i * n + j] - 1.0 - terms.sum::<f64>();
                    assert!(error.abs() <= 1e-6 * size, "{m} {n} {k}: {error}");
                }
            }
        }
    }

    #[test]
    fn columns_are_the_rows_of_the_transpose() {
        let numbers = noise(300 * 40, 5);
        let rows: Vec<&[f32]> = numbers.chunks(40).collect();
        let transpose: Vec<Vec<f32>> = (7..29)
            .map(|column| rows.iter().map(|row| row[column]).collect())
            .collect();
        let transpose: Vec<&[f32]> = transpose.iter().map(Vec::as_slice).collect();
        let columns = Packed::columns(&rows, &[1.0; 300], 7..29, FEW);
        assert_eq!(
            columns.numbers,
            Packed::rows(&transpose, &[0.0; 300], FEW).numbers
        );
    }
}
