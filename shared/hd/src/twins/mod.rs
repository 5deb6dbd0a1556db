//! Near-duplicates: images that show one photo more than once, found from the cached bottlenecks alone.
//!
//! Two images are twins where both hold:
//!
//! - The distance of their bottlenecks (1 - cos) is at most a threshold that follows from the data,
//!   since what is near depends on the base and on the images: [`SHARE`] of the distance that an image
//!   usually has to the nearest image of something else (`threshold.rs` says how that is found).
//! - Their perceptual hashes ([`crate::photo::ImageHash`]) differ in at most [`RADIUS`] bits, either as
//!   they are or with one of the two images mirrored.
//!
//! Files with the same bytes, and images with the same pixels, are twins whatever the threshold. Twins of
//! twins are in one group. Nothing here depends on the order of the images or on the number of threads.

mod equal;
mod forest;
mod hashes;
mod kind;
mod table;
mod threshold;

use hd_neighbours::Rows;
use hd_rows::Row;
use rayon::prelude::*;

use self::equal::Equal;
use self::forest::Forest;
use crate::bottleneck::{Facts, Samples};
use crate::digest::Digest;
use crate::split::{Sample, SplitBy, SplitRule};

pub use self::kind::Kind;
pub use self::table::write_table;
pub use hd_neighbours as neighbours;

/// The share of the usual distance between different images that near-duplicates are within. Of two
/// hundred photos that were resized, encoded again, cropped a little or mirrored the farthest is at
/// 0.29 of it, and of a thousand different photos the nearest two are at 0.42.
pub const SHARE: f64 = 0.35;

/// Bits of 63 in which the hashes of near-duplicates may differ. The same two hundred photos differ in 11
/// at the most, those that were cropped, and two different images in about half of them.
pub const RADIUS: u32 = 16;

/// The groups of near-duplicates among some images.
#[derive(Clone, Debug, PartialEq)]
pub struct Twins {
    /// The distance of bottlenecks that near-duplicates are within.
    pub threshold: f64,
    /// Groups of two images or more, by their first images.
    pub groups: Vec<Group>,
}

/// Images that show one photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its images, by their numbers among the samples; each with the closest relation that it has to
    /// another one of them.
    pub members: Vec<(usize, Kind)>,
}

impl Twins {
    /// None: every image stands for itself.
    pub(crate) fn none() -> Self {
        Self {
            threshold: 0.0,
            groups: Vec::new(),
        }
    }

    /// The samples as they are divided, with near-duplicates in one group.
    pub fn images<'a>(&self, samples: &'a Samples) -> Vec<Sample<'a>> {
        let mut images = samples.images();
        for group in &self.groups {
            let digests = group
                .members
                .iter()
                .filter_map(|(member, _)| images.get(*member));
            let Some(smallest) = digests.map(|image| image.digest).min() else {
                continue;
            };
            for (member, _) in &group.members {
                if let Some(image) = images.get_mut(*member) {
                    image.group = smallest;
                }
            }
        }
        images
    }

    /// For each of `samples` images the number of its group, and none where it has no twin.
    pub fn of_each(&self, samples: usize) -> Vec<Option<usize>> {
        let mut groups = vec![None; samples];
        for (number, group) in self.groups.iter().enumerate() {
            for (member, _) in &group.members {
                if let Some(group) = groups.get_mut(*member) {
                    *group = Some(number);
                }
            }
        }
        groups
    }
}

/// The near-duplicates among the samples, with the threshold that follows from them. The bottlenecks are
/// taken for numbers: [`Samples::check`] sees to that.
pub fn find(samples: &Samples) -> Twins {
    let images = Images::of(samples);
    let rows = images.rows();
    find_among(&images, &rows, threshold::of(&rows))
}

/// The near-duplicates among the samples, within a given distance.
pub fn find_within(samples: &Samples, threshold: f64) -> Twins {
    let images = Images::of(samples);
    find_among(&images, &images.rows(), threshold)
}

/// The near-duplicates among the samples as `rule` has them: those that it keeps on one side.
pub fn by_rule(samples: &Samples, rule: &SplitRule) -> Twins {
    match rule.twins.filter(|_| keeps(rule)) {
        Some(threshold) => find_within(samples, threshold),
        None => Twins::none(),
    }
}

/// All near-duplicates among the samples, of which `kept` are those [`by_rule`].
pub fn all(samples: &Samples, rule: &SplitRule, kept: &Twins) -> Twins {
    match rule.twins {
        Some(_) if keeps(rule) => kept.clone(),
        Some(threshold) => find_within(samples, threshold),
        None => find(samples),
    }
}

/// Whether a rule can keep near-duplicates on one side: by path it looks at no content.
fn keeps(rule: &SplitRule) -> bool {
    !matches!(rule.by, SplitBy::Path { .. })
}

/// What is looked at, an entry for each sample.
struct Images<'a> {
    rows: Vec<Row<'a>>,
    facts: Vec<&'a Facts>,
    digests: Vec<&'a Digest>,
    equal: Equal,
}

impl<'a> Images<'a> {
    fn of(samples: &'a Samples) -> Self {
        let all = 0..samples.len();
        let facts = all.clone().filter_map(|index| samples.facts(index));
        let facts: Vec<&Facts> = facts.collect();
        let digests = all.clone().filter_map(|index| samples.digest(index));
        let digests: Vec<&Digest> = digests.collect();
        let rows: Vec<Row> = all.map(|index| samples.row(index)).collect();
        let equal = Equal::of(&rows, &facts, &digests);
        Self {
            rows,
            facts,
            digests,
            equal,
        }
    }

    /// The bottlenecks of those images that are not equal to an earlier one.
    fn rows(&self) -> Rows<'a> {
        let firsts = self.equal.firsts.iter();
        let rows = firsts.filter_map(|&index| self.rows.get(index).copied());
        Rows::new(rows.collect())
    }
}

fn find_among(images: &Images, rows: &Rows, threshold: f64) -> Twins {
    let firsts = &images.equal.firsts;
    let hash = |index: &usize| images.facts.get(*index).map(|facts| facts.look.hash);
    let hashes = firsts.iter().filter_map(hash).collect::<Vec<_>>();
    let mut forest = Forest::of(images.equal.first_of.clone());
    for close in hashes::close(&hashes, RADIUS) {
        let image = |number: usize| firsts.get(number).copied().unwrap_or_default();
        let apart =
            |&(one, other): &(usize, usize)| forest.root(image(one)) != forest.root(image(other));
        let apart: Vec<(usize, usize)> = close.into_iter().filter(apart).collect();
        let is_near =
            |&(one, other): &(usize, usize)| rows.distance_within(one, other, threshold).is_some();
        let near: Vec<(usize, usize)> = apart.into_par_iter().filter(is_near).collect();
        for (one, other) in near {
            forest.join(image(one), image(other));
        }
    }
    let groups = forest.groups().into_iter();
    let groups = groups.map(|members| Group {
        members: kind::of_members(&members, images),
    });
    Twins {
        threshold,
        groups: groups.collect(),
    }
}
