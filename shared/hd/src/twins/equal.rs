//! Images that are equal, which need no measure: the same file twice, or the same pixels in two files.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::bottleneck::Facts;
use crate::digest::Digest;
use crate::photo::Look;

/// Images divided by equality.
pub(super) struct Equal {
    /// The images that are equal to no earlier one, in order.
    pub(super) firsts: Vec<usize>,
    /// For each image the first one that it is equal to.
    pub(super) first_of: Vec<usize>,
}

impl Equal {
    pub(super) fn of(bottlenecks: &[&[f32]], facts: &[Facts], digests: &[Digest]) -> Self {
        let mut looks: HashMap<Look, usize> = HashMap::new();
        for facts in facts {
            *looks.entry(facts.look).or_default() += 1;
        }
        // Images that look like no other one need no digest, and these are nearly all.
        let floats = |(row, facts): (&&[f32], &Facts)| {
            let is_alone = looks.get(&facts.look).is_none_or(|count| *count == 1);
            (!is_alone).then(|| Digest::of(bytemuck::cast_slice(row)))
        };
        let rows = bottlenecks.par_iter().zip(facts);
        let floats: Vec<Option<Digest>> = rows.map(floats).collect();
        let mut files: HashMap<Digest, usize> = HashMap::new();
        let mut pixels: HashMap<(Look, Option<Digest>), usize> = HashMap::new();
        let (mut firsts, mut first_of) = (Vec::new(), Vec::new());
        let images = facts.iter().zip(floats).zip(digests);
        for (index, ((facts, floats), file)) in images.enumerate() {
            let same_pixels = pixels.entry((facts.look, floats)).or_insert(index);
            let first = *files.entry(*file).or_insert(*same_pixels);
            // A file that was known leads to what its pixels led to.
            let first = first.min(*same_pixels);
            first_of.push(first);
            if first == index {
                firsts.push(index);
            }
        }
        Self { firsts, first_of }
    }
}
