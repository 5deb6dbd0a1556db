//! A part of a data set, for one of several machines.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::str::FromStr;

use super::images::{Dataset, Entry, bytes};
use crate::digest::Digest;

impl Dataset {
    /// Keeps the files of one shard only. The labels stay, so that the shards of a data set agree
    /// on them.
    pub fn keep_shard(&mut self, shard: Shard) {
        self.entries.retain(|entry| shard.holds(&entry.path));
        self.unreadable.retain(|one| shard.holds(&one.path));
        self.is_part = true;
    }

    /// The images of each of `count` shards, in order.
    pub fn shards(&self, count: NonZeroU32) -> Vec<(Shard, Vec<&Entry>)> {
        let count = u64::from(count.get());
        let mut shards: Vec<_> = (1..=count)
            .map(|index| (Shard { index, count }, Vec::new()))
            .collect();
        for entry in &self.entries {
            let number = match self.number_of_tar(&entry.path) {
                Some(tar) => tar as u64 % count,
                None => remainder(&entry.path, count),
            };
            if let Some((_, entries)) = shards.get_mut(number as usize) {
                entries.push(entry);
            }
        }
        shards
    }

    /// The labels that a shard of these images knows: all, or of tars those in the tars of the shard.
    pub fn labels_of(&self, entries: &[&Entry]) -> Vec<String> {
        if self.tar_paths.is_empty() {
            return self.labels.clone();
        }
        let used: BTreeSet<usize> = entries.iter().map(|entry| entry.label as usize).collect();
        let labels = used.into_iter().filter_map(|label| self.labels.get(label));
        labels.cloned().collect()
    }

    fn number_of_tar(&self, image: &Path) -> Option<usize> {
        let tars = &self.tar_paths;
        let number = |path: &Path| {
            tars.binary_search_by_key(&bytes(path), |tar| bytes(tar))
                .ok()
        };
        image.ancestors().skip(1).find_map(number)
    }
}

/// One of several parts of a data set: the files whose relative paths have this remainder by their
/// digest, or the tars whose numbers have it, so that each part has as many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    index: u64,
    count: u64,
}

impl Shard {
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Whether the tar of this number, from 0 on, belongs to it.
    pub(super) fn holds_number(&self, number: u64) -> bool {
        number % self.count == self.index - 1
    }

    fn holds(&self, path: &Path) -> bool {
        remainder(path, self.count) == self.index - 1
    }

    /// The number of this shard, from 1 on.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The name of its file of bottlenecks in a folder of all shards.
    pub fn file_name(&self) -> String {
        format!("{}-of-{}.bin", self.index, self.count)
    }
}

fn remainder(path: &Path, count: u64) -> u64 {
    let digest = Digest::of(bytes(path));
    let first = digest.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(first) % count
}

/// From `I/N`, with I from 1 to N.
impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text
            .split_once('/')
            .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("expected I/N with I from 1 to N, such as 1/4"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::folder;
    use super::*;

    #[test]
    fn every_file_is_in_exactly_one_shard() {
        let names: Vec<String> = (0..50).map(|i| format!("a/{i}.jpg")).collect();
        let root = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut found = Vec::new();
        for shard in ["1/3", "2/3", "3/3"] {
            let mut dataset = Dataset::scan(root.path()).unwrap();
            dataset.keep_shard(shard.parse().unwrap());
            assert!(
                (8..30).contains(&dataset.entries.len()),
                "{shard}: {}",
                dataset.entries.len()
            );
            found.extend(dataset.entries.into_iter().map(|entry| entry.path));
        }
        let shards = Dataset::scan(root.path()).unwrap();
        let shards = shards.shards(3.try_into().unwrap());
        let listed = shards.iter().flat_map(|(_, entries)| entries);
        assert!(listed.map(|entry| &entry.path).eq(&found));
        assert_eq!(shards[1].0, "2/3".parse().unwrap());
        found.sort();
        let all = Dataset::scan(root.path())
            .unwrap()
            .entries
            .into_iter()
            .map(|entry| entry.path);
        assert!(found.into_iter().eq(all));
    }

    #[test]
    fn a_shard_that_cannot_be_is_refused() {
        for text in ["0/4", "5/4", "1/0", "1", "a/b", "-1/4", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
