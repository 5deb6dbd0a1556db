//! The nearest of some images to others, by the cosine of their bottlenecks.

use std::borrow::Cow;

use hd_rows::{floats, slices};
use rayon::prelude::*;

use crate::bottleneck::Samples;
use hd_softmax::project;

/// Images whose neighbours are looked for at a time.
const ASKED: usize = 64;

/// Images that one thread compares with these at a time: they stay in its cache.
const PART: usize = 64;

/// A candidate: how near it is, and its number.
type Nearest = Option<(f32, usize)>;

/// For each of the samples `asked`, the nearest among the samples `learned` but for itself; of
/// equals the first. None where there is no other.
pub(super) fn nearest(samples: &Samples, learned: &[usize], asked: &[usize]) -> Vec<Option<usize>> {
    let lengths: Vec<f32> = learned
        .par_iter()
        .map(|&row| inverse_length(&samples.bottleneck(row)))
        .collect();
    let blocks = asked.chunks(ASKED).flat_map(|asked| {
        let bottlenecks = asked.iter().map(|&row| samples.bottleneck(row));
        let bottlenecks: Vec<f32> = bottlenecks.flat_map(Cow::into_owned).collect();
        let parts = learned.par_chunks(PART).zip(lengths.par_chunks(PART));
        let found =
            parts.map(|(rows, lengths)| in_part(samples, rows, lengths, asked, &bottlenecks));
        let none = || vec![None; asked.len()];
        found.reduce(none, |a, b| {
            a.into_iter().zip(b).map(|(a, b)| nearer(a, b)).collect()
        })
    });
    blocks.map(|nearest| nearest.map(|(_, row)| row)).collect()
}

fn in_part(
    samples: &Samples,
    rows: &[usize],
    lengths: &[f32],
    asked: &[usize],
    bottlenecks: &[f32],
) -> Vec<Nearest> {
    let part = floats(rows.iter().map(|&row| samples.row(row)));
    let part = slices(&part);
    let mut products = vec![0f32; rows.len() * asked.len()];
    project(
        &part,
        &vec![0.0; samples.size()],
        bottlenecks,
        &mut products,
    );
    let mut nearest = vec![None; asked.len()];
    for ((&row, length), products) in rows
        .iter()
        .zip(lengths)
        .zip(products.chunks(asked.len().max(1)))
    {
        for ((nearest, product), &asked) in nearest.iter_mut().zip(products).zip(asked) {
            if row != asked {
                *nearest = nearer(*nearest, Some((product * length, row)));
            }
        }
    }
    nearest
}

/// The nearer of two, and of equals the one with the smaller number: so the order in which they are
/// compared has no influence.
fn nearer(a: Nearest, b: Nearest) -> Nearest {
    match (a, b) {
        (Some(near), Some(other)) => {
            let is_nearer = other.0 > near.0 || (other.0 == near.0 && other.1 < near.1);
            Some(if is_nearer { other } else { near })
        }
        (one, other) => one.or(other),
    }
}

/// 1 over the length; 0 for nothing but zeros, which are near to nothing.
fn inverse_length(bottleneck: &[f32]) -> f32 {
    let squares = bottleneck.iter().map(|&x| f64::from(x) * f64::from(x));
    let length = squares.sum::<f64>().sqrt();
    if length > 0.0 {
        (1.0 / length) as f32
    } else {
        0.0
    }
}
