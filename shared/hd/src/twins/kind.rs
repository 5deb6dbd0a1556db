//! How an image is like another one.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use super::{Images, RADIUS};

/// How an image is like another one, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Their files have the same bytes.
    SameFile,
    /// Their pixels are the same, in files that differ.
    SamePixels,
    /// They show one photo: resized, encoded again, cropped a little.
    Near,
    /// They do, and one of them is mirrored.
    Mirrored,
}

impl Kind {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameFile => "same file",
            Self::SamePixels => "same pixels",
            Self::Near => "near",
            Self::Mirrored => "mirrored",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Each member of a group with the closest relation that it has to another one.
pub(super) fn of_members(members: &[usize], images: &Images) -> Vec<(usize, Kind)> {
    let files = counts(
        members
            .iter()
            .filter_map(|&index| images.digests.get(index)),
    );
    let first_of = |index: usize| images.equal.first_of.get(index);
    let pixels = counts(members.iter().filter_map(|&index| first_of(index)));
    let is_doubled = |count: Option<&u32>| count.is_some_and(|count| *count > 1);
    let kind = |index: usize| {
        let file = images.digests.get(index);
        if is_doubled(file.and_then(|digest| files.get(digest))) {
            Kind::SameFile
        } else if is_doubled(first_of(index).and_then(|first| pixels.get(first))) {
            Kind::SamePixels
        } else {
            near(index, members, images)
        }
    };
    members.iter().map(|&index| (index, kind(index))).collect()
}

/// [`Kind::Near`] where there is another one that is not mirrored.
fn near(index: usize, members: &[usize], images: &Images) -> Kind {
    let hash = |index: usize| images.facts.get(index).map(|facts| facts.look.hash);
    let own = hash(index).unwrap_or_default();
    let others = members.iter().filter(|&&other| other != index);
    let others = others.filter_map(|&other| hash(other));
    let is_upright = |other| {
        let distance = own.distance(other);
        distance <= RADIUS && distance <= own.mirrored().distance(other)
    };
    match others.into_iter().any(is_upright) {
        true => Kind::Near,
        false => Kind::Mirrored,
    }
}

fn counts<T: Eq + Hash>(items: impl Iterator<Item = T>) -> HashMap<T, u32> {
    let mut counts = HashMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}
