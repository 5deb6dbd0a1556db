//! Rows of numbers, and the distances between them.

use std::borrow::Cow;

use hd_rows::Row;
use rayon::prelude::*;

/// Numbers that are summed before a look whether the sum is too large already.
const STRETCH: usize = 128;

/// Sums that are kept side by side, so that the processor can add several numbers at once.
const LANES: usize = 8;

/// N rows of D numbers each, where they lie.
#[derive(Debug)]
pub struct Rows<'a> {
    rows: Vec<Row<'a>>,
    /// What brings each row to length one, and 0 where nothing does.
    scales: Vec<f64>,
}

impl<'a> Rows<'a> {
    /// These rows, which are of one length.
    pub fn new(rows: Vec<Row<'a>>) -> Self {
        let scale = |row: &Row| {
            let row = row.floats();
            let square = sum(&row, &row, |a, b| f64::from(a) * f64::from(b));
            match square > 0.0 {
                true => 1.0 / square.sqrt(),
                false => 0.0,
            }
        };
        let scales = rows.par_iter().map(scale).collect();
        Self { rows, scales }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The size D of a row; 0 where there is none.
    pub fn size(&self) -> usize {
        self.rows.first().map_or(0, |row| row.floats().len())
    }

    /// The row of a number, and what brings it to length one.
    pub(crate) fn scaled(&self, index: usize) -> (Cow<'a, [f32]>, f64) {
        let row = self.rows.get(index).map(Row::floats);
        (
            row.unwrap_or_default(),
            self.scales.get(index).copied().unwrap_or_default(),
        )
    }

    /// The distance between two rows, from 0 to 2.
    pub fn distance(&self, one: usize, other: usize) -> f64 {
        self.distance_within(one, other, f64::INFINITY)
            .unwrap_or(f64::INFINITY)
    }

    /// The distance between two rows if it is at most `limit`. The sum of squares only grows, so that
    /// most distant rows are known to be so long before their end.
    pub fn distance_within(&self, one: usize, other: usize, limit: f64) -> Option<f64> {
        let ((a, scale_a), (b, scale_b)) = (self.scaled(one), self.scaled(other));
        let square = |a: f32, b: f32| {
            let difference = f64::from(a) * scale_a - f64::from(b) * scale_b;
            difference * difference
        };
        let mut distance = 0.0;
        for (a, b) in a.chunks(STRETCH).zip(b.chunks(STRETCH)) {
            distance += sum(a, b, square) / 2.0;
            if distance > limit {
                return None;
            }
        }
        Some(distance)
    }
}

/// The sum of what `term` makes of the pairs, in an order that follows from their number alone.
fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += term(a, b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| term(a, b));
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<'a>(rows: &[&'a [f32]]) -> Rows<'a> {
        Rows::new(rows.iter().map(|&row| row.into()).collect())
    }

    #[test]
    fn a_distance_is_one_less_the_cosine() {
        let [a, b, c] = [[3.0, 4.0, 0.0], [30.0, 40.0, 0.0], [0.0, 0.0, 2.0]];
        let rows = rows(&[&a, &b, &c, &[-3.0, -4.0, 0.0], &[4.0, 3.0, 0.0]]);
        for (other, distance) in [(0, 0.0), (1, 0.0), (2, 1.0), (3, 2.0), (4, 0.04)] {
            assert!(
                (rows.distance(0, other) - distance).abs() < 1e-12,
                "{other}"
            );
            assert_eq!(rows.distance(0, other), rows.distance(other, 0));
        }
    }

    #[test]
    fn rows_of_zeros_are_like_each_other_and_like_nothing_else() {
        let rows = rows(&[&[0.0; 20], &[0.0; 20], &[1.0; 20]]);
        assert_eq!(rows.distance(0, 1), 0.0);
        assert!((rows.distance(0, 2) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_limit_changes_no_distance_within_it() {
        let a: Vec<f32> = (0..1000).map(|at| (at * 7 % 13) as f32).collect();
        let b: Vec<f32> = (0..1000).map(|at| (at * 5 % 11) as f32).collect();
        let rows = rows(&[&a, &b]);
        let distance = rows.distance(0, 1);
        assert!(distance > 0.1);
        assert_eq!(rows.distance_within(0, 1, distance), Some(distance));
        assert_eq!(rows.distance_within(0, 1, distance * 0.999), None);
        assert_eq!(rows.distance_within(0, 1, 0.01), None);
    }
}
