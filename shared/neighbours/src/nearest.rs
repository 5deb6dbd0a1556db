//! The rows that are nearest to some of them, by products of blocks.

use std::ops::Range;

use ndarray::Array2;
use rayon::prelude::*;

use crate::rows::Rows;

/// Rows that are multiplied at once: so few that they stay in the processor's cache.
const BLOCK: usize = 256;

/// Rows whose neighbours are looked for at once.
const QUERIES: usize = 512;

/// Blocks whose results are kept at the same time.
const AT_A_TIME: usize = 64;

/// Products are rounded to single precision. So many more than are wanted are found by them, and
/// then compared exactly.
const SPARE: usize = 4;

/// A row near another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The row's number.
    pub index: usize,
    /// How far it is.
    pub distance: f64,
}

/// The nearest rows of each of the rows `queries`: at most `count`, the nearest first, and among
/// equally distant ones that of the smaller number. Nothing is its own neighbour, and of the others
/// those count for which `allowed(query, other)` holds.
pub fn nearest(
    rows: &Rows,
    queries: &[usize],
    count: usize,
    allowed: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<Vec<Neighbour>> {
    let all = queries.chunks(QUERIES);
    all.flat_map(|queries| nearest_of_some(rows, queries, count, &allowed))
        .collect()
}

fn nearest_of_some(
    rows: &Rows,
    queries: &[usize],
    count: usize,
    allowed: &(impl Fn(usize, usize) -> bool + Sync),
) -> Vec<Vec<Neighbour>> {
    let units = units(rows, queries.iter().copied());
    let best = || Best::new(count.saturating_add(SPARE));
    let mut found: Vec<Best> = queries.iter().map(|_| best()).collect();
    let blocks: Vec<Range<usize>> = (0..rows.len())
        .step_by(BLOCK)
        .map(|first| first..rows.len().min(first + BLOCK))
        .collect();
    let of_block = |block: &Range<usize>| {
        let products = units.dot(&self::units(rows, block.clone()).reversed_axes());
        let of_query = |(&query, products): (&usize, ndarray::ArrayView1<f32>)| {
            let mut best = best();
            for (other, &product) in block.clone().zip(products) {
                best.add(product, other, || other != query && allowed(query, other));
            }
            best
        };
        let of_queries = queries.iter().zip(products.outer_iter()).map(of_query);
        of_queries.collect::<Vec<Best>>()
    };
    for blocks in blocks.chunks(AT_A_TIME) {
        let of_blocks: Vec<Vec<Best>> = blocks.par_iter().map(of_block).collect();
        for of_block in of_blocks {
            for (found, best) in found.iter_mut().zip(of_block) {
                found.join(&best);
            }
        }
    }
    let exact = |(best, &query): (Best, &usize)| best.exact(rows, query, count);
    found.into_par_iter().zip(queries).map(exact).collect()
}

/// Some rows, each brought to length one.
fn units(rows: &Rows, indices: impl ExactSizeIterator<Item = usize>) -> Array2<f32> {
    let mut units = Array2::zeros((indices.len(), rows.size()));
    for (mut unit, index) in units.outer_iter_mut().zip(indices) {
        let (row, scale) = rows.scaled(index);
        let values = row.iter().map(|&value| (f64::from(value) * scale) as f32);
        unit.iter_mut()
            .zip(values)
            .for_each(|(to, from)| *to = from);
    }
    units
}

/// The rows with the largest products so far, the largest first.
struct Best {
    room: usize,
    found: Vec<(f32, usize)>,
}

impl Best {
    fn new(room: usize) -> Self {
        let found = Vec::new();
        Self { room, found }
    }

    /// Adds a row that comes behind all others in number, if there is room for its product.
    fn add(&mut self, product: f32, index: usize, is_allowed: impl FnOnce() -> bool) {
        let is_full = self.found.len() >= self.room;
        if is_full && self.found.last().is_none_or(|(least, _)| product <= *least) {
            return;
        }
        if is_allowed() {
            let place = self.found.partition_point(|(other, _)| *other >= product);
            self.found.insert(place, (product, index));
            self.found.truncate(self.room);
        }
    }

    /// Adds what was found among rows that come behind all others in number.
    fn join(&mut self, others: &Self) {
        for &(product, index) in &others.found {
            self.add(product, index, || true);
        }
    }

    fn exact(self, rows: &Rows, query: usize, count: usize) -> Vec<Neighbour> {
        let neighbour = |(_, index): (f32, usize)| Neighbour {
            index,
            distance: rows.distance(query, index),
        };
        let mut all: Vec<Neighbour> = self.found.into_iter().map(neighbour).collect();
        all.sort_by(|a, b| (a.distance.total_cmp(&b.distance)).then(a.index.cmp(&b.index)));
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hd_rows::Row;

    /// Reproducible rows of numbers between 0 and 1.
    fn noise(rows: usize, size: usize) -> Vec<f32> {
        let number = |at: usize| (at as u32).wrapping_mul(2_654_435_761).rotate_left(9);
        let number = |at: usize| number(at ^ number(at) as usize) as f32 / u32::MAX as f32;
        (0..rows * size).map(number).collect()
    }

    #[test]
    fn the_nearest_are_those_that_looking_at_all_finds() {
        let numbers = noise(700, 33);
        let rows = Rows::new(numbers.chunks(33).map(Row::from).collect());
        let queries: Vec<usize> = (0..700).step_by(3).collect();
        let allowed = |query: usize, other: usize| (query + other) % 4 != 1;
        let found = nearest(&rows, &queries, 5, allowed);
        assert_eq!(found.len(), queries.len());
        for (&query, found) in queries.iter().zip(&found) {
            let others = (0..700).filter(|&other| other != query && allowed(query, other));
            let mut others: Vec<Neighbour> = others
                .map(|index| Neighbour {
                    index,
                    distance: rows.distance(query, index),
                })
                .collect();
            others.sort_by(|a, b| a.distance.total_cmp(&b.distance));
            assert_eq!(found[..], others[..5], "{query}");
        }
    }

    #[test]
    fn is_the_same_to_the_bit_on_any_number_of_threads() {
        let numbers = noise(1500, 40);
        let rows = Rows::new(numbers.chunks(40).map(Row::from).collect());
        let queries: Vec<usize> = (0..1500).collect();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = pool.build().unwrap();
            pool.install(|| nearest(&rows, &queries, 3, |_, _| true))
        };
        let one = on(1);
        assert!(one == on(2) && one == on(5));
    }

    #[test]
    fn fewer_rows_than_are_wanted_are_all_there_are() {
        let none = Rows::new(Vec::new());
        assert!(nearest(&none, &[], 3, |_, _| true).is_empty());
        let one = Rows::new(vec![Row::from(&[1.0, 2.0])]);
        assert_eq!(nearest(&one, &[0], 3, |_, _| true), [vec![]]);
        let alike = Rows::new(vec![Row::from(&[1.0, 1.0]); 4]);
        let found = nearest(&alike, &[2], 9, |_, _| true);
        let indices: Vec<usize> = found[0].iter().map(|it| it.index).collect();
        assert_eq!(indices, [0, 1, 3]);
        assert_eq!(nearest(&alike, &[2], 9, |_, _| false), [vec![]]);
    }
}
