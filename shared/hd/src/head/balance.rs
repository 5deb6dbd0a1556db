//! Class weights: how much an image of each label counts in training.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file;

/// Labels with more than so many times the images of another are worth a word.
const IMBALANCE: u64 = 3;

/// The weights that can be given. Sums of weights beyond these would lose the small ones.
const WEIGHTS: RangeInclusive<f64> = 1e-6..=1e6;

/// How much an image of each label counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// All images count the same.
    #[default]
    None,
    /// All labels count the same: an image counts in inverse proportion to the images of its label.
    Balanced,
    /// An image counts as a file says.
    Given(Given),
}

/// The content of a file with a number for each label.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    path: PathBuf,
    weights: BTreeMap<String, f64>,
}

impl Given {
    /// Reads a file with a line for each label: the label, a tab, and its weight.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that says something else.
    pub fn open(path: &Path) -> Result<Self> {
        let text = String::from_utf8(file::read(path)?)
            .map_err(|_| wrong(path, "it is not text in UTF-8".to_owned()))?;
        let mut weights = BTreeMap::new();
        let lines = (1..).zip(text.lines());
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let weight = line.rsplit_once('\t').and_then(|(label, weight)| {
                let weight: f64 = weight.trim().parse().ok()?;
                WEIGHTS.contains(&weight).then_some((label, weight))
            });
            let Some((label, weight)) = weight else {
                let reason = format!(
                    "line {number} is not a label, a tab and a number from 0.000001 to 1000000"
                );
                return Err(wrong(path, reason));
            };
            if weights.insert(label.to_owned(), weight).is_some() {
                return Err(wrong(
                    path,
                    format!("line {number} names '{label}' once more"),
                ));
            }
        }
        Ok(Self {
            path: path.to_path_buf(),
            weights,
        })
    }
}

impl ClassWeights {
    /// The weight of an image of each of `labels`, of which there are `counts` images. The mean
    /// over all images is 1.
    ///
    /// # Errors
    /// A file that does not name the same labels.
    pub(super) fn of(&self, labels: &[String], counts: &[u64]) -> Result<Vec<f64>> {
        let raw: Vec<f64> = match self {
            Self::None => return Ok(vec![1.0; labels.len()]),
            Self::Balanced => counts
                .iter()
                .map(|&count| 1.0 / count.max(1) as f64)
                .collect(),
            Self::Given(given) => given.of(labels)?,
        };
        let total: f64 = raw
            .iter()
            .zip(counts)
            .map(|(weight, &count)| weight * count as f64)
            .sum();
        let mean = total / counts.iter().sum::<u64>().max(1) as f64;
        Ok(raw.iter().map(|weight| weight / mean).collect())
    }
}

impl Given {
    /// The number of each of `labels`.
    ///
    /// # Errors
    /// Other labels in the file.
    pub(super) fn of(&self, labels: &[String]) -> Result<Vec<f64>> {
        if let Some(unknown) = self.weights.keys().find(|label| !labels.contains(label)) {
            let known = labels.join("', '");
            return Err(wrong(
                &self.path,
                format!("it names '{unknown}', which is no label here: there are '{known}'"),
            ));
        }
        let weight = |label: &String| {
            let weight = self.weights.get(label).copied();
            weight.ok_or_else(|| {
                wrong(
                    &self.path,
                    format!("it says nothing of the label '{label}'"),
                )
            })
        };
        labels.iter().map(weight).collect()
    }
}

fn wrong(path: &Path, reason: String) -> Error {
    Error::ClassWeights {
        path: path.to_path_buf(),
        reason,
    }
}

/// Labels with very different numbers of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imbalance {
    /// The label with the most images, and how many.
    pub most: (String, u64),
    /// The label with the fewest, and how many.
    pub fewest: (String, u64),
}

impl Imbalance {
    pub(super) fn of(labels: &[String], counts: &[u64]) -> Option<Self> {
        let pairs = || labels.iter().zip(counts.iter().copied());
        let named = |(label, count): (&String, u64)| (label.clone(), count);
        let most = pairs().max_by_key(|(_, count)| *count).map(named)?;
        let fewest = pairs().min_by_key(|(_, count)| *count).map(named)?;
        (most.1 > IMBALANCE * fewest.1).then_some(Self { most, fewest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        vec!["cat".to_owned(), "dog".to_owned()]
    }

    fn given(text: &str) -> Result<Given> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.tsv");
        std::fs::write(&path, text).unwrap();
        Given::open(&path)
    }

    #[test]
    fn balanced_labels_count_alike_and_an_image_1_on_average() {
        let weights = ClassWeights::Balanced.of(&labels(), &[10, 30]).unwrap();
        assert_eq!(weights, [2.0, 2.0 / 3.0]);
        assert_eq!(
            ClassWeights::None.of(&labels(), &[10, 30]).unwrap(),
            [1.0, 1.0]
        );
    }

    #[test]
    fn a_file_gives_each_label_its_weight() {
        let weights = ClassWeights::Given(given("dog\t1\ncat\t3\n").unwrap());
        assert_eq!(weights.of(&labels(), &[10, 10]).unwrap(), [1.5, 0.5]);
    }

    #[test]
    fn a_file_that_says_something_else_is_an_error_with_its_line() {
        for (text, expected) in [
            (
                "cat\t1\ndog 2\n",
                "line 2 is not a label, a tab and a number from 0.000001 to 1000000",
            ),
            ("cat\t0\n", "line 1 is not"),
            ("cat\tnan\n", "line 1 is not"),
            ("cat\t1\ncat\t2\n", "line 2 names 'cat' once more"),
        ] {
            let error = given(text).unwrap_err().to_string();
            assert!(
                error.contains("weights.tsv: ") && error.contains(expected),
                "{error}"
            );
        }
        let of = |text| ClassWeights::Given(given(text).unwrap()).of(&labels(), &[1, 1]);
        let error = of("cat\t1\n").unwrap_err().to_string();
        assert!(error.contains("says nothing of the label 'dog'"), "{error}");
        let error = of("cat\t1\ndog\t1\ncow\t1\n").unwrap_err().to_string();
        assert!(
            error.contains("names 'cow'") && error.contains("'cat', 'dog'"),
            "{error}"
        );
    }

    #[test]
    fn more_than_three_to_one_is_an_imbalance() {
        assert_eq!(Imbalance::of(&labels(), &[30, 10]), None);
        let found = Imbalance::of(&labels(), &[10, 31]).unwrap();
        assert_eq!(
            (found.most, found.fewest),
            (("dog".to_owned(), 31), ("cat".to_owned(), 10))
        );
    }
}
