//! The rule by which images are divided into splits.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::by_path::position;
use super::part::Split;
use super::sample::Sample;
use crate::digest::Digest;
use crate::error::{Error, Result};

/// How many of a hundred images are for validation, and as many for testing, unless the user says
/// otherwise.
pub const PERCENTAGE: u32 = 15;

/// By what images are divided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SplitBy {
    /// By their content.
    #[default]
    Content,
    /// By their paths, as in retrain.py; the seed has no say.
    Path {
        /// The folder of images as retrain.py was given it, which stands before the path within it.
        prefix: String,
    },
    /// By the folders or the list that they come from; what these leave open, by their content.
    Folder,
}

/// How images are divided into splits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitRule {
    /// How many of a hundred images are for validation.
    pub validation: u32,
    /// How many of a hundred images are for testing.
    pub testing: u32,
    /// Another seed is another division.
    pub seed: u64,
    /// By what images are divided.
    pub by: SplitBy,
    /// The distance of bottlenecks that near-duplicates are within, which are on one side then; absent
    /// where each image is divided for itself. By path they always are.
    pub twins: Option<f64>,
}

/// The usual percentages, seed 0, by content.
impl Default for SplitRule {
    fn default() -> Self {
        Self {
            validation: PERCENTAGE,
            testing: PERCENTAGE,
            seed: 0,
            by: SplitBy::Content,
            twins: None,
        }
    }
}

impl SplitRule {
    /// The splits of images, in the order given.
    ///
    /// Each image falls where its content says. A label that would be missing from a split that was
    /// asked for gets there the image that came nearest to it. By path nothing is moved, and such a
    /// label is an error.
    ///
    /// # Errors
    /// A label with too few different images to be in every split.
    pub fn assign(&self, images: &[Sample], labels: &[String]) -> Result<Vec<Split>> {
        match &self.by {
            SplitBy::Content => self.assign_by_content(images, labels),
            SplitBy::Path { prefix } => {
                let split = |image: &Sample| self.at(position(prefix, image.path));
                let splits: Vec<Split> = images.iter().map(split).collect();
                self.check_complete(images, &splits, labels)?;
                Ok(splits)
            }
            SplitBy::Folder => self.assign_as_given(images, labels),
        }
    }

    /// The images, of those in these splits, that were moved to fill one. With more images of their
    /// label they may fall back to where their content says.
    pub fn moved<'a, 'b>(
        &self,
        images: &'b [Sample<'a>],
        splits: &'b [Split],
    ) -> impl Iterator<Item = &'b Sample<'a>> {
        let moves = |image: &Sample, split: Split| match self.by {
            SplitBy::Content => self.by_content(&image.group) != split,
            SplitBy::Path { .. } | SplitBy::Folder => false,
        };
        let pairs = images.iter().zip(splits);
        pairs.filter_map(move |(image, &split)| moves(image, split).then_some(image))
    }

    fn assign_by_content(&self, images: &[Sample], labels: &[String]) -> Result<Vec<Split>> {
        let splits = images.iter().map(|image| self.by_content(&image.group));
        let splits: Vec<Split> = splits.collect();
        match self.is_complete(images, &splits) {
            true => Ok(splits),
            false => self.assign_and_move(images, labels),
        }
    }

    /// Whether every label that has images has some in each split that was asked for.
    fn is_complete(&self, images: &[Sample], splits: &[Split]) -> bool {
        let mut of_labels: BTreeMap<u32, BTreeSet<Split>> = BTreeMap::new();
        for (image, split) in images.iter().zip(splits) {
            of_labels.entry(image.label).or_default().insert(*split);
        }
        let has_all = |there: &BTreeSet<Split>| self.wanted().all(|split| there.contains(&split));
        of_labels.values().all(has_all)
    }

    /// The same where some label is missing from a split, and an image has to be moved for it.
    fn assign_and_move(&self, images: &[Sample], labels: &[String]) -> Result<Vec<Split>> {
        let mut splits: BTreeMap<Digest, Split> = images
            .iter()
            .map(|image| (image.group, self.by_content(&image.group)))
            .collect();
        let by_label = groups_by_label(images);
        for (&label, digests) in &by_label {
            let name = labels.get(label as usize).map_or("", String::as_str);
            // An image that stands under two labels stays, or moving it for one could bare the
            // other.
            let shared = |digest: &Digest| {
                by_label
                    .iter()
                    .any(|(&l, d)| l != label && d.contains(digest))
            };
            self.complete(name, digests, &shared, &mut splits)?;
        }
        let split = |image: &Sample| splits.get(&image.group).copied();
        Ok(images
            .iter()
            .map(|image| split(image).unwrap_or(Split::Training))
            .collect())
    }

    /// Takes the division that the images came with. A split that none of them was given takes its
    /// share of those for training, and of those that were given none.
    fn assign_as_given(&self, images: &[Sample], labels: &[String]) -> Result<Vec<Split>> {
        let has = |split| images.iter().any(|image| image.given == Some(split));
        let share = |split, percentage| if has(split) { 0 } else { percentage };
        let rest = Self {
            validation: share(Split::Validation, self.validation),
            testing: share(Split::Testing, self.testing),
            seed: self.seed,
            by: SplitBy::Content,
            twins: self.twins,
        };
        let is_open =
            |image: &&Sample| !matches!(image.given, Some(Split::Validation | Split::Testing));
        let open: Vec<Sample> = images.iter().filter(is_open).copied().collect();
        let mut assigned = rest.assign_by_content(&open, labels)?.into_iter();
        let split = |image: &Sample| match image.given {
            Some(given @ (Split::Validation | Split::Testing)) => given,
            _ => assigned.next().unwrap_or(Split::Training),
        };
        Ok(images.iter().map(split).collect())
    }

    /// Errors where a label is missing from a split that was asked for.
    fn check_complete(&self, images: &[Sample], splits: &[Split], labels: &[String]) -> Result<()> {
        for (number, label) in (0..).zip(labels) {
            let of_label = || {
                images
                    .iter()
                    .zip(splits)
                    .filter(|(image, _)| image.label == number)
            };
            let missing = self
                .wanted()
                .find(|wanted| of_label().all(|(_, split)| split != wanted));
            if let Some(missing) = missing.filter(|_| of_label().next().is_some()) {
                return Err(Error::LabelNotInSplit {
                    label: label.clone(),
                    split: missing.name(),
                });
            }
        }
        Ok(())
    }

    /// The splits that this rule asks for.
    pub fn wanted(&self) -> impl Iterator<Item = Split> {
        Split::ALL.into_iter().filter(|&split| {
            let (from, to) = self.interval(split);
            from < to
        })
    }

    /// Which of `parts` equal parts an image falls into; its split has no influence.
    pub(crate) fn part(digest: &Digest, parts: usize) -> usize {
        // The bytes behind those that decide the split.
        let bytes = digest.as_bytes().last_chunk().copied().unwrap_or_default();
        u64::from_le_bytes(bytes) as usize % parts.max(1)
    }

    /// Moves images until every split that was asked for has one of this label.
    fn complete(
        &self,
        label: &str,
        digests: &BTreeSet<Digest>,
        shared: &dyn Fn(&Digest) -> bool,
        splits: &mut BTreeMap<Digest, Split>,
    ) -> Result<()> {
        for wanted in self.wanted() {
            let count = |split| {
                digests
                    .iter()
                    .filter(|digest| splits.get(digest) == Some(&split))
                    .count()
            };
            if count(wanted) > 0 {
                continue;
            }
            let spare = |digest: &&Digest| {
                splits.get(digest).is_some_and(|&split| count(split) > 1) && !shared(digest)
            };
            let nearest = digests.iter().filter(spare).min_by(|a, b| {
                self.distance(a, wanted)
                    .total_cmp(&self.distance(b, wanted))
            });
            let nearest = *nearest.ok_or_else(|| self.too_small(label, digests, shared))?;
            splits.insert(nearest, wanted);
        }
        Ok(())
    }

    fn too_small(
        &self,
        label: &str,
        digests: &BTreeSet<Digest>,
        shared: &dyn Fn(&Digest) -> bool,
    ) -> Error {
        let splits = self.wanted().count();
        match digests.iter().filter(|digest| shared(digest)).count() {
            0 => Error::LabelTooSmall {
                label: label.to_owned(),
                images: digests.len(),
                splits,
            },
            shared => Error::LabelShared {
                label: label.to_owned(),
                shared,
                images: digests.len(),
                splits,
            },
        }
    }

    /// Where an image falls by its content alone, which is where [`Self::assign`] leaves all but a
    /// few.
    pub(crate) fn by_content(&self, digest: &Digest) -> Split {
        self.at(self.position(digest))
    }

    /// The split of an image that lies at `position` between 0 and 100.
    fn at(&self, position: f64) -> Split {
        let within = |split: &Split| {
            let (from, to) = self.interval(*split);
            (from..to).contains(&position)
        };
        Split::ALL
            .into_iter()
            .find(within)
            .unwrap_or(Split::Training)
    }

    /// Where an image lies between 0 and 100: the first eight bytes of the digest of its digest and
    /// the seed. So two seeds have no more testing images in common than two draws by lot.
    fn position(&self, digest: &Digest) -> f64 {
        let seeded = [digest.as_bytes().as_slice(), &self.seed.to_le_bytes()].concat();
        Digest::of(&seeded).prefix() as f64 / 2f64.powi(64) * 100.0
    }

    /// The part of 0 to 100 that belongs to a split. Validation comes first, as it does in
    /// retrain.py.
    fn interval(&self, split: Split) -> (f64, f64) {
        let validation = f64::from(self.validation);
        let testing = validation + f64::from(self.testing);
        match split {
            Split::Validation => (0.0, validation),
            Split::Testing => (validation, testing),
            Split::Training => (testing, 100.0),
        }
    }

    fn distance(&self, digest: &Digest, split: Split) -> f64 {
        let (from, to) = self.interval(split);
        let position = self.position(digest);
        (from - position).max(position - to)
    }
}

/// The digests that decide the splits of each label's images.
fn groups_by_label(images: &[Sample]) -> BTreeMap<u32, BTreeSet<Digest>> {
    let mut labels: BTreeMap<u32, BTreeSet<Digest>> = BTreeMap::new();
    for Sample { group, label, .. } in images {
        labels.entry(*label).or_default().insert(*group);
    }
    labels
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn images(count: u32, label: u32) -> Vec<Sample<'static>> {
        let digest = |i: u32| Digest::of(&[label.to_le_bytes(), i.to_le_bytes()].concat());
        let image = |i: u32| Sample {
            digest: digest(i),
            group: digest(i),
            label,
            path: Path::new(""),
            given: None,
        };
        (0..count).map(image).collect()
    }

    fn labels() -> Vec<String> {
        vec!["a".into(), "b".into()]
    }

    #[test]
    fn gives_each_split_its_share() {
        let splits = SplitRule::default()
            .assign(&images(20_000, 0), &labels())
            .unwrap();
        let share = |split| splits.iter().filter(|&&s| s == split).count() as f64 / 20_000.0;
        assert!((share(Split::Validation) - 0.15).abs() < 0.01);
        assert!((share(Split::Testing) - 0.15).abs() < 0.01);
        assert!((share(Split::Training) - 0.70).abs() < 0.01);
    }

    #[test]
    fn is_stable_when_images_are_added() {
        let (few, many) = (images(100, 0), images(1000, 0));
        let before = SplitRule::default().assign(&few, &labels()).unwrap();
        let after = SplitRule::default().assign(&many, &labels()).unwrap();
        assert_eq!(before, after[..100]);
    }

    #[test]
    fn another_seed_is_another_division() {
        let other = SplitRule {
            seed: 1,
            ..SplitRule::default()
        };
        let images = images(100, 0);
        assert_ne!(
            SplitRule::default().assign(&images, &labels()).unwrap(),
            other.assign(&images, &labels()).unwrap()
        );
    }

    /// Of 4000 images, those for testing by a seed, a bit each.
    fn tested(seed: u64) -> [u64; 4000 / 64 + 1] {
        let rule = SplitRule {
            seed,
            ..SplitRule::default()
        };
        let mut bits = [0; 4000 / 64 + 1];
        for (index, image) in images(4000, 0).iter().enumerate() {
            let testing = rule.by_content(&image.digest) == Split::Testing;
            bits[index / 64] |= u64::from(testing) << (index % 64);
        }
        bits
    }

    /// The share of the first seed's testing images that are the second's too.
    fn overlap(a: &[u64], b: &[u64]) -> f64 {
        let both = a.iter().zip(b).map(|(a, b)| (a & b).count_ones());
        let first = a.iter().map(|a| a.count_ones());
        f64::from(both.sum::<u32>()) / f64::from(first.sum::<u32>())
    }

    #[test]
    fn two_seeds_of_any_size_have_as_many_testing_images_in_common_as_two_draws() {
        let far = [1 << 20, 1 << 32, (1 << 32) + 1, 1 << 63, u64::MAX];
        let seeds: Vec<_> = (0..=1000).chain(far).map(tested).collect();
        let mut overlaps = Vec::new();
        for (index, one) in seeds.iter().enumerate() {
            overlaps.extend(seeds[..index].iter().map(|other| overlap(one, other)));
        }
        let mean = overlaps.iter().sum::<f64>() / overlaps.len() as f64;
        let largest = overlaps.iter().copied().fold(0.0, f64::max);
        // 0.15 of some 600 images: a standard deviation is 0.0146, and the largest of half a
        // million draws lies five above the mean.
        assert!((mean - 0.15).abs() < 0.001, "{mean}");
        assert!(largest < 0.15 + 7.0 * 0.0146, "{largest}");
    }

    #[test]
    fn byte_equal_images_never_straddle_even_across_labels() {
        let mut twice = images(50, 0);
        twice.extend(
            images(50, 0)
                .into_iter()
                .map(|image| Sample { label: 1, ..image }),
        );
        let splits = SplitRule::default().assign(&twice, &labels()).unwrap();
        assert_eq!(splits[..50], splits[50..]);
    }

    #[test]
    fn near_duplicates_go_where_the_smallest_digest_says_and_nobody_else_moves() {
        let rule = SplitRule::default();
        let plain = images(300, 0);
        let before = rule.assign(&plain, &labels()).unwrap();
        let mut grouped = plain.clone();
        for three in grouped[..30].chunks_mut(3) {
            let smallest = three.iter().map(|image| image.digest).min().unwrap();
            three.iter_mut().for_each(|image| image.group = smallest);
        }
        let after = rule.assign(&grouped, &labels()).unwrap();
        for three in 0..10 {
            let decides = (0..3)
                .min_by_key(|index| plain[3 * three + index].digest)
                .unwrap();
            let expected = [before[3 * three + decides]; 3];
            assert_eq!(after[3 * three..3 * three + 3], expected);
        }
        assert_eq!(before[30..], after[30..]);
    }

    #[test]
    fn every_label_is_in_every_split_however_small() {
        for count in 3..30 {
            let mut all = images(count, 0);
            all.extend(images(3, 1));
            let splits = SplitRule::default().assign(&all, &labels()).unwrap();
            for label in 0..2 {
                for wanted in Split::ALL {
                    let has = all
                        .iter()
                        .zip(&splits)
                        .any(|(p, s)| p.label == label && *s == wanted);
                    assert!(
                        has,
                        "{count} images: label {label} is missing from {}",
                        wanted.name()
                    );
                }
            }
        }
    }

    #[test]
    fn images_that_were_moved_to_fill_a_split_are_known() {
        let rule = SplitRule::default();
        let few = images(3, 0);
        let splits = rule.assign(&few, &labels()).unwrap();
        let moved = rule.moved(&few, &splits).count();
        let stayed = few.iter().zip(&splits);
        let stayed = stayed.filter(|(image, split)| rule.by_content(&image.digest) == **split);
        assert_eq!(moved + stayed.count(), 3);
        assert!(moved > 0, "{splits:?}");
        let many = images(1000, 0);
        let splits = rule.assign(&many, &labels()).unwrap();
        assert_eq!(rule.moved(&many, &splits).count(), 0);
    }

    #[test]
    fn names_the_label_that_is_too_small() {
        let mut all = images(20, 0);
        all.extend(images(2, 1));
        let message = SplitRule::default()
            .assign(&all, &labels())
            .unwrap_err()
            .to_string();
        assert!(message.contains("'b' has 2 different images"), "{message}");
    }

    #[test]
    fn validation_comes_before_testing() {
        let at = |validation, testing, position| {
            let rule = SplitRule {
                validation,
                testing,
                ..SplitRule::default()
            };
            rule.at(position)
        };
        assert_eq!(at(27, 10, 26.2), Split::Validation);
        assert_eq!(at(20, 10, 26.2), Split::Testing);
        assert_eq!(at(10, 10, 26.2), Split::Training);
        assert_eq!(at(10, 90, 100.0), Split::Training);
    }

    #[test]
    fn a_split_of_zero_percent_is_not_asked_for() {
        let rule = SplitRule {
            validation: 0,
            testing: 0,
            ..SplitRule::default()
        };
        let splits = rule.assign(&images(1, 0), &labels()).unwrap();
        assert_eq!(splits, [Split::Training]);
    }

    #[test]
    fn by_path_a_label_that_is_missing_somewhere_is_an_error() {
        let rule = SplitRule {
            by: SplitBy::Path {
                prefix: "data".into(),
            },
            ..SplitRule::default()
        };
        let paths: Vec<String> = (0..200).map(|i| format!("a/{i}.jpg")).collect();
        let many: Vec<Sample> = (paths.iter().zip(images(200, 0)))
            .map(|(path, image)| Sample {
                path: Path::new(path),
                ..image
            })
            .collect();
        let splits = rule.assign(&many, &labels()).unwrap();
        assert!(Split::ALL.iter().all(|split| splits.contains(split)));
        let message = rule.assign(&many[..1], &labels()).unwrap_err().to_string();
        assert!(
            message.contains("label 'a'") && message.contains("divide by content"),
            "{message}"
        );
    }
}
