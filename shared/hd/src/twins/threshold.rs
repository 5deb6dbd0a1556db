//! The distance that near-duplicates are within, from the data.
//!
//! It is a share of the distance that an image usually has to the nearest image of something else. That
//! must not be taken from the duplicates themselves: where half of the images are there twice, the median
//! distance to the nearest image is the one between duplicates. So it begins with what is surely too far,
//! the median distance to the tenth nearest image, and with the threshold that this gives. Of what lies
//! beyond the threshold the nearest image is taken, for each image, and the median of these distances
//! gives the next threshold, which is smaller or the same; and so on until it stays. An image may be there
//! ten times before that fails, copies that are equal not counted.

use std::cmp::Ordering;

use hd_neighbours::{Neighbour, Rows, nearest};

use super::SHARE;
use crate::median::median;

/// Neighbours of each image that are looked at.
const NEIGHBOURS: usize = 10;

/// Images whose neighbours are looked for, spread evenly over all: enough for a median. Draws of so many
/// among a thousand photos give thresholds that differ by 2 % from that of all, and so little is nothing
/// to the gap that [`SHARE`] lies in.
const SAMPLE: usize = 128;

/// The threshold for these bottlenecks, no two of which are of equal images; 0 for fewer than two.
pub(super) fn of(rows: &Rows) -> f64 {
    let sample: Vec<usize> = match rows.len() {
        few if few <= SAMPLE => (0..few).collect(),
        many => (0..SAMPLE).map(|number| number * many / SAMPLE).collect(),
    };
    let all = nearest(rows, &sample, NEIGHBOURS, |_, _| true);
    let farthest = all.iter().filter_map(|some| some.last());
    let mut threshold = SHARE * median(farthest.map(|it| it.distance).collect());
    loop {
        let beyond = |some: &Vec<Neighbour>| {
            let first = some.iter().find(|it| it.distance > threshold);
            first.or(some.last()).map(|it| it.distance)
        };
        let next = SHARE * median(all.iter().filter_map(beyond).collect());
        match next.partial_cmp(&threshold) {
            Some(Ordering::Less) => threshold = next,
            _ => return threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of noise, each with copies that are off by a little.
    fn with_copies(count: usize, copies: usize, off: f32) -> Vec<Vec<f32>> {
        let mut state = 1u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut rows = Vec::new();
        for _ in 0..count {
            let row: Vec<f32> = (0..60).map(|_| noise()).collect();
            for _ in 0..copies {
                rows.push(row.iter().map(|value| value + off * noise()).collect());
            }
            rows.push(row);
        }
        rows
    }

    fn threshold(rows: &[Vec<f32>]) -> f64 {
        of(&Rows::new(rows.iter().map(hd_rows::Row::from).collect()))
    }

    #[test]
    fn copies_do_not_move_it() {
        let plain = threshold(&with_copies(300, 0, 0.0));
        assert!((0.1..0.35).contains(&plain), "{plain}");
        for copies in [1, 2, 5] {
            let copied = threshold(&with_copies(300, copies, 0.1));
            assert!(
                (copied / plain - 1.0).abs() < 0.15,
                "{copies}: {copied}, {plain}"
            );
        }
    }

    #[test]
    fn there_is_one_for_any_data() {
        assert_eq!(threshold(&[]), 0.0);
        assert_eq!(threshold(&[vec![1.0, 2.0]]), 0.0);
        let two = threshold(&[vec![1.0, 0.0], vec![0.0, 1.0]]);
        assert!((two - SHARE).abs() < 1e-9);
        assert_eq!(threshold(&vec![vec![3.0; 8]; 50]), 0.0);
        assert_eq!(threshold(&vec![vec![0.0; 8]; 50]), 0.0);
    }
}
