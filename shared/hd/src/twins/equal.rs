//! Images that are equal, which need no measure: the same file twice, or the same pixels in two files.

use hd_rows::Row;
use rayon::prelude::*;

use crate::bottleneck::Facts;
use crate::digest::Digest;
use crate::order::first_of_equals;

/// Images divided by equality.
pub(super) struct Equal {
    /// The images that are equal to no earlier one, in order.
    pub(super) firsts: Vec<usize>,
    /// For each image the first one that it is equal to.
    pub(super) first_of: Vec<usize>,
}

impl Equal {
    pub(super) fn of(rows: &[Row], facts: &[&Facts], digests: &[&Digest]) -> Self {
        let count = rows.len();
        let by_look = first_of_equals(count, |index| facts.get(index).map(|facts| facts.look));
        let mut alike = vec![0u32; count];
        for &first in &by_look {
            if let Some(alike) = alike.get_mut(first) {
                *alike += 1;
            }
        }
        // Images that look like no other one need no digest, and these are nearly all.
        let floats = |(row, first): (&Row, &usize)| {
            let is_alone = alike.get(*first).is_none_or(|count| *count == 1);
            (!is_alone).then(|| Digest::of(bytemuck::cast_slice(&row.floats())))
        };
        let floats: Vec<Option<Digest>> = rows.par_iter().zip(&by_look).map(floats).collect();
        let pixels = |index: usize| (by_look.get(index), floats.get(index));
        let by_pixels = first_of_equals(count, pixels);
        let by_file = first_of_equals(count, |index| digests.get(index));
        // A file that was known leads to what its pixels led to.
        let of_file = by_file.iter().map(|&first| by_pixels.get(first).copied());
        let both = by_pixels.iter().zip(of_file);
        let first_of = both.map(|(&first, of_file)| of_file.map_or(first, |one| one.min(first)));
        let first_of: Vec<usize> = first_of.collect();
        let is_first = |index: &usize| first_of.get(*index) == Some(index);
        Self {
            firsts: (0..count).filter(is_first).collect(),
            first_of,
        }
    }
}
