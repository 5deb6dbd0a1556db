//! Shortcuts: a fact about files or pixels, and not about what an image shows, that gives its label away.
//! A head that has learned it is right on this data set and wrong everywhere else.

use std::collections::BTreeMap;
use std::fmt;

use super::chance::{Factorials, LEVEL, holm};
use crate::bottleneck::Facts;

/// The least share of the errors of always answering the most frequent label that a shortcut avoids:
/// less than that is beyond chance where there are many images, and no matter.
const LEAST: f64 = 0.1;

/// A fact that has nothing to do with what an image shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// The format of its file.
    Format,
    /// Whether it has colours.
    Colour,
    /// Whether it stands, lies or is square.
    Shape,
    /// Its number of pixels, in steps of a factor of two.
    Size,
}

impl Fact {
    const ALL: [Self; 4] = [Self::Format, Self::Colour, Self::Shape, Self::Size];

    /// What it is of an image, in words.
    pub fn of(self, facts: &Facts) -> String {
        match self {
            Self::Format => facts.format.to_string(),
            Self::Colour if facts.look.is_grey() => "greyscale".to_owned(),
            Self::Colour => "in colour".to_owned(),
            Self::Shape => match facts.width.cmp(&facts.height) {
                std::cmp::Ordering::Less => "taller than wide",
                std::cmp::Ordering::Equal => "square",
                std::cmp::Ordering::Greater => "wider than tall",
            }
            .to_owned(),
            Self::Size => match facts.pixels().checked_ilog2() {
                None => "of no pixels".to_owned(),
                Some(power) => format!("of {} pixels and up to twice as many", 1u64 << power),
            },
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "the format of the file",
            Self::Colour => "having colours or not",
            Self::Shape => "standing or lying",
            Self::Size => "the number of pixels",
        })
    }
}

/// A fact that gives the label away.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortcut {
    /// The fact.
    pub fact: Fact,
    /// How many images are answered right by the fact alone: each by the most frequent label among the
    /// others of which it is the same.
    pub right: usize,
    /// How many are right where the most frequent label is always answered.
    pub most_frequent: usize,
    /// How many images there are.
    pub of: usize,
    /// The sign test of these two answers (McNemar's exact test), adjusted for the number of facts by
    /// Holm's method.
    pub p: f64,
    /// For each value of the fact the number of images of each label, the value of most images first.
    pub values: Vec<(String, Vec<usize>)>,
}

impl Shortcut {
    /// The share of the errors of always answering the most frequent label that the fact avoids
    /// (Goodman and Kruskal's lambda): 1 where it gives every label away.
    pub fn strength(&self) -> f64 {
        let errors = self.of.saturating_sub(self.most_frequent);
        (self.right as f64 - self.most_frequent as f64) / errors.max(1) as f64
    }
}

/// The shortcuts among images, each with what is known of it and the number of its label, of which there
/// are `labels`; the strongest first.
pub fn shortcuts(images: &[(&Facts, u32)], labels: usize) -> Vec<Shortcut> {
    let factorials = Factorials::up_to(images.len());
    let all = Fact::ALL.map(|fact| shortcut(fact, images, labels, &factorials));
    let mut all: Vec<Shortcut> = all.into_iter().filter(|it| it.values.len() > 1).collect();
    let adjusted = holm(&all.iter().map(|it| it.p).collect::<Vec<f64>>());
    all.iter_mut().zip(adjusted).for_each(|(it, p)| it.p = p);
    all.retain(|it| it.p < LEVEL && it.strength() >= LEAST);
    all.sort_by(|a, b| {
        b.strength()
            .total_cmp(&a.strength())
            .then(a.fact.cmp(&b.fact))
    });
    all
}

fn shortcut(
    fact: Fact,
    images: &[(&Facts, u32)],
    labels: usize,
    factorials: &Factorials,
) -> Shortcut {
    let mut counts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut overall = vec![0; labels];
    let values: Vec<String> = images.iter().map(|(facts, _)| fact.of(facts)).collect();
    for (value, (_, label)) in values.iter().zip(images) {
        let of_value = counts
            .entry(value.clone())
            .or_insert_with(|| vec![0; labels]);
        for counts in [of_value, &mut overall] {
            if let Some(count) = counts.get_mut(*label as usize) {
                *count += 1;
            }
        }
    }
    let usual = most_frequent(&overall, None).unwrap_or_default();
    let (mut right, mut only_fact, mut only_usual) = (0, 0, 0);
    for (value, (_, label)) in values.iter().zip(images) {
        let label = *label as usize;
        let answer = counts
            .get(value)
            .and_then(|counts| most_frequent(counts, Some(label)));
        let (by_fact, by_usual) = (answer.unwrap_or(usual) == label, usual == label);
        right += usize::from(by_fact);
        only_fact += usize::from(by_fact && !by_usual);
        only_usual += usize::from(by_usual && !by_fact);
    }
    let mut values: Vec<(String, Vec<usize>)> = counts.into_iter().collect();
    values.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().sum::<usize>()));
    Shortcut {
        fact,
        right,
        most_frequent: overall.get(usual).copied().unwrap_or_default(),
        of: images.len(),
        p: factorials.signs(only_fact, only_usual),
        values,
    }
}

/// The label of the largest count, the first of several, with one image of the label `without` left out;
/// none where nothing is left.
fn most_frequent(counts: &[usize], without: Option<usize>) -> Option<usize> {
    let left = counts.iter().enumerate().map(|(label, &count)| {
        let out = usize::from(without == Some(label));
        (count.saturating_sub(out), label)
    });
    let largest = left.max_by_key(|&(count, label)| (count, std::cmp::Reverse(label)));
    largest
        .filter(|(count, _)| *count > 0)
        .map(|(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{FileFormat, Look};

    fn facts(format: FileFormat, colourfulness: u8, width: u32) -> Facts {
        let look = Look {
            colourfulness,
            ..Look::default()
        };
        Facts {
            width,
            height: 300,
            format,
            look,
            ..Facts::default()
        }
    }

    #[test]
    fn a_label_of_which_all_images_are_grey_is_named() {
        let all: Vec<(Facts, u32)> = (0..200)
            .map(|at| {
                let label = at % 2;
                let colours = if label == 1 { 0 } else { 40 };
                (facts(FileFormat::Jpeg, colours, 300 + at / 2 % 3), label)
            })
            .collect();
        let images: Vec<(&Facts, u32)> = all.iter().map(|(facts, label)| (facts, *label)).collect();
        let found = shortcuts(&images, 2);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].fact, found[0].right, found[0].of),
            (Fact::Colour, 200, 200)
        );
        assert_eq!(found[0].strength(), 1.0);
        let grey = ("greyscale".to_owned(), vec![0, 100]);
        assert!(found[0].values.contains(&grey), "{found:?}");
        // Of three images it may be chance.
        assert!(shortcuts(&images[..3], 2).is_empty());
        assert!(shortcuts(&[], 0).is_empty());
    }

    #[test]
    fn what_is_spread_over_the_labels_is_no_shortcut() {
        let all: Vec<(Facts, u32)> = (0..300u32)
            .map(|at| {
                let format = [FileFormat::Jpeg, FileFormat::Png][(at / 3 % 2) as usize];
                (
                    facts(format, 40, 100 + at.wrapping_mul(2_654_435_761) % 900),
                    at % 3,
                )
            })
            .collect();
        let images: Vec<(&Facts, u32)> = all.iter().map(|(facts, label)| (facts, *label)).collect();
        assert!(
            shortcuts(&images, 3).is_empty(),
            "{:?}",
            shortcuts(&images, 3)
        );
    }
}
