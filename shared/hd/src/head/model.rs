//! `head.bin`: a trained head and everything that has to be known of it.
//!
//! Behind the frame that [`crate::file`] describes, the header is the [`Head`] itself, field by
//! field in the order of its declaration. There is no payload.

use std::ops::{Deref, Range};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::learned::Learned;
use super::prior::{shares, shift};
use super::score::{self, Score};
use super::sgd::Sgd;
use crate::bottleneck::Samples;
use crate::digest::{Digest, base_name};
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Format;
use crate::split::SplitRule;
use crate::tsv::is_printable;
use hd_softmax::{Example, exact, probabilities, unit};

const FORMAT: Format = Format {
    magic: *b"HDHEAD\0\0",
    version: 10,
    what: "a head",
    maker: "hd-train",
};

/// A softmax layer for the bottlenecks of one base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The name of the base.
    pub architecture: String,
    /// The digest of the base's file.
    pub base: Digest,
    /// The fingerprint of what was done to the images before the base saw them.
    pub preprocess: Digest,
    /// The labels, in output order.
    pub labels: Vec<String>,
    /// Whether bottlenecks are brought to length one before W. Heads that are trained step by step, as
    /// retrain.py does it, take them as they are.
    pub unit_length: bool,
    /// W, C x D, in rows.
    pub weights: Vec<f32>,
    /// One a label: C.
    pub biases: Vec<f32>,
    /// How the images were divided.
    pub split: SplitRule,
    /// Of each label, the images for training, validation and testing.
    pub counts: Vec<[u64; 3]>,
    /// Identifies the images and their labels.
    pub images: Digest,
    /// The images that it has learned from.
    pub learned: Learned,
    /// The images of the head that it was begun from, if it was.
    pub init: Option<Digest>,
    /// The share of the validation images that a head was right about which had not seen them, if
    /// there are any.
    pub validation_accuracy: Option<f64>,
    /// The temperature: W and b were divided by it, so that a probability of 0.9 is right nine
    /// times in ten.
    pub temperature: f64,
    /// The weight of an image of each label in training; empty where all had the same.
    pub class_weights: Vec<f64>,
    /// The share of each label in the mix that the scores are for; empty where that is the mix it
    /// was trained on.
    pub prior: Vec<f64>,
    /// The strength of the regularisation.
    pub l2: f64,
    /// How each strength did in cross-validation; empty where the strength was given.
    pub scores: Vec<Score>,
    /// How it was trained, if step by step: then nothing was held small.
    pub sgd: Option<Sgd>,
}

impl Head {
    /// Reads the head in the file `path`.
    ///
    /// # Errors
    /// A file that is missing, something else, of another version, or not whole.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = file::read(path)?;
        let (head, end): (Self, usize) = FORMAT.read_header(path, &bytes)?;
        if end != bytes.len() {
            return Err(FORMAT.damaged(path, "there are bytes behind its end"));
        }
        let fits = head.biases.len() == head.labels.len()
            && head.counts.len() == head.labels.len()
            && !head.labels.is_empty()
            && head.temperature > 0.0
            && [0, head.labels.len()].contains(&head.class_weights.len())
            && [0, head.labels.len()].contains(&head.prior.len())
            && head.prior.iter().all(|&share| share > 0.0)
            && head.learned.is_sorted()
            && head.split.twins.is_none_or(|distance| distance >= 0.0)
            && head.weights.len().is_multiple_of(head.labels.len());
        if !fits {
            return Err(FORMAT.damaged(path, "its weights do not fit its labels"));
        }
        if !head
            .labels
            .iter()
            .chain([&head.architecture])
            .all(|name| is_printable(name))
        {
            return Err(FORMAT.damaged(path, "a name in it has control characters"));
        }
        let mut numbers = head.weights.iter().chain(&head.biases);
        let others = [
            &[head.temperature, head.l2],
            head.class_weights.as_slice(),
            &head.prior,
        ]
        .concat();
        let others = others.iter().all(|number| number.is_finite());
        if !(others && numbers.all(|number| number.is_finite())) {
            return Err(FORMAT.damaged(path, "it holds something that is no number"));
        }
        Ok(head)
    }

    /// Writes it to the file `path`.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::replace(path, |out| FORMAT.write_header(out, self))
    }

    /// Errors if `samples` are not of the base that it is for. `name` is what the message calls it.
    ///
    /// # Errors
    /// Samples of another base, or of the same after another preprocessing.
    pub(crate) fn check_base(&self, samples: &Samples, name: &str) -> Result<()> {
        if self.features() != samples.size() {
            return Err(Error::Mismatch {
                path: samples.path().to_path_buf(),
                reason: format!(
                    "its bottlenecks are of {} numbers, but {name} is for {}",
                    samples.size(),
                    self.features()
                ),
            });
        }
        if (self.base, self.preprocess) == (samples.base(), samples.fingerprint()) {
            return Ok(());
        }
        let (theirs, ours) = (
            base_name(samples.architecture(), &samples.base()),
            base_name(&self.architecture, &self.base),
        );
        Err(Error::Mismatch {
            path: samples.path().to_path_buf(),
            reason: format!("made with the base {theirs}, but {name} is for {ours}"),
        })
    }

    /// The bottlenecks of `samples`, in their order, with labels as this head numbers them.
    ///
    /// # Errors
    /// Samples of another base, or with a label that it does not know.
    pub(crate) fn examples<'a>(&self, samples: &'a Samples) -> Result<Vec<Example<'a>>> {
        self.check_base(samples, "the head")?;
        samples.check()?;
        let numbers = self.numbers(samples, "the head")?;
        let example = |row: usize| {
            let label = samples.label(row).unwrap_or_default() as usize;
            let x = samples.row(row);
            Example {
                factor: self.factor(|| x.floats()),
                x,
                label: numbers.get(label).copied().unwrap_or_default(),
            }
        };
        Ok((0..samples.len()).map(example).collect())
    }

    /// For each label of the samples, its number in this head, which messages call `name`.
    ///
    /// # Errors
    /// A label that it does not know.
    pub(crate) fn numbers(&self, samples: &Samples, name: &str) -> Result<Vec<u32>> {
        let number = |label: &String| {
            let number = self.labels.iter().position(|known| known == label);
            number
                .map(|number| number as u32)
                .ok_or_else(|| Error::Mismatch {
                    path: samples.path().to_path_buf(),
                    reason: format!(
                        "it has the label '{label}', but {name} knows only '{}'",
                        self.labels.join("', '")
                    ),
                })
        };
        samples.labels().iter().map(number).collect()
    }

    /// The images for training, validation and testing, of all labels together.
    pub fn totals(&self) -> [u64; 3] {
        let add = |[a, b, c]: [u64; 3], &[x, y, z]: &[u64; 3]| {
            // A file may claim any numbers.
            [
                a.saturating_add(x),
                b.saturating_add(y),
                c.saturating_add(z),
            ]
        };
        self.counts.iter().fold([0; 3], add)
    }

    /// The strength of the regularisation, for people to read.
    pub fn strength(&self) -> String {
        score::shown(self.l2)
    }

    /// The size D of the bottlenecks it is for.
    pub fn features(&self) -> usize {
        self.weights.len() / self.biases.len().max(1)
    }

    /// The mix of labels that it was trained on: the share of each, as the images and their weights
    /// make it. By gradient descent every label was drawn as often as any other.
    fn trained_mix(&self) -> Vec<f64> {
        let images = self.counts.iter().map(|[training, validation, _]| {
            let learned = training.saturating_add(*validation);
            if self.sgd.is_some() {
                1.0
            } else {
                learned as f64
            }
        });
        let weights = self
            .class_weights
            .iter()
            .copied()
            .chain(std::iter::repeat(1.0));
        shares(images.zip(weights).map(|(images, weight)| images * weight))
    }

    /// By how much its prior has shifted b [C]; nothing without one.
    pub(super) fn shift(&self) -> Vec<f64> {
        match self.prior.is_empty() {
            true => Vec::new(),
            false => shift(&self.prior, &self.trained_mix()),
        }
    }

    /// W [C, D] and b [C] as they were before the prior and the temperature, for so many labels, of
    /// which the first are this head's.
    pub(super) fn for_labels(&self, classes: usize) -> (Vec<f32>, Vec<f32>) {
        let warm = |parameter: f64| (parameter * self.temperature) as f32;
        let weights = self.weights.iter().map(|&w| warm(f64::from(w)));
        let shift = self.shift().into_iter().chain(std::iter::repeat(0.0));
        let biases = self.biases.iter().zip(shift);
        let biases = biases.map(|(&b, shift)| warm(f64::from(b) - shift));
        let new = || std::iter::repeat(0.0);
        let weights = weights.chain(new()).take(classes * self.features());
        (
            weights.collect(),
            biases.chain(new()).take(classes).collect(),
        )
    }

    /// The probability of each label for a bottleneck of D floats.
    pub fn probabilities(&self, bottleneck: &[f32]) -> Vec<f64> {
        self.probabilities_and_before(bottleneck).0
    }

    /// The same, and what they would be without the temperature.
    pub fn probabilities_and_before(&self, bottleneck: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let mut logits = vec![0.0; self.labels.len()];
        self.logits(&[bottleneck], 0..logits.len(), &mut logits);
        self.softmax_and_before(&logits)
    }

    /// The probabilities that logits stand for, and what they would be without the temperature.
    pub(crate) fn softmax_and_before(&self, logits: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let shift = self.shift().into_iter().chain(std::iter::repeat(0.0));
        let warm = logits.iter().zip(shift);
        let warm = warm.map(|(logit, shift)| (logit - shift) * self.temperature + shift);
        (probabilities(logits.iter().copied()), probabilities(warm))
    }

    /// What a bottleneck is multiplied by before W. It is asked for only where something follows from it, since it may
    /// have to be read from a file.
    fn factor<F: Deref<Target = [f32]>>(&self, bottleneck: impl FnOnce() -> F) -> f32 {
        if self.unit_length {
            unit(&bottleneck())
        } else {
            1.0
        }
    }

    /// W x + b of the labels with these numbers, for some bottlenecks of D floats: `out` is
    /// [bottlenecks, labels]. A logit is the same, to the bit, whatever is computed beside it.
    pub(crate) fn logits(&self, bottlenecks: &[&[f32]], labels: Range<usize>, out: &mut [f64]) {
        let d = self.features();
        let weights = self.weights.get(labels.start * d..labels.end * d);
        let biases = self.biases.get(labels).unwrap_or_default();
        exact(bottlenecks, weights.unwrap_or_default(), out);
        for (row, bottleneck) in out.chunks_mut(biases.len().max(1)).zip(bottlenecks) {
            let factor = f64::from(self.factor(|| *bottleneck));
            let pairs = row.iter_mut().zip(biases);
            pairs.for_each(|(logit, &bias)| *logit = factor * *logit + f64::from(bias));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::SplitBy;

    fn head() -> Head {
        Head {
            architecture: "net".into(),
            base: Digest::of(b"base"),
            preprocess: Digest::of(b"rule"),
            labels: vec!["a".into(), "b".into()],
            unit_length: false,
            weights: vec![1.0, 0.0, 0.0, 1.0],
            biases: vec![0.0, 1.0],
            split: SplitRule {
                validation: 15,
                testing: 15,
                seed: 3,
                by: SplitBy::Content,
                twins: Some(0.1),
            },
            counts: vec![[4, 1, 1], [3, 1, 1]],
            images: Digest::of(b"images"),
            learned: Learned::of([&Digest::of(b"image")]),
            init: Some(Digest::of(b"earlier images")),
            validation_accuracy: Some(0.8),
            temperature: 2.0,
            class_weights: vec![0.5, 1.5],
            prior: Vec::new(),
            l2: 0.1,
            scores: vec![Score {
                l2: 0.1,
                temperature: 2.0,
                cross_entropy: 0.2,
                accuracy: 0.9,
                folds: 6,
                images: 9,
                validation_accuracy: 0.8,
            }],
            sgd: None,
        }
    }

    fn written() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.bin");
        head().write(&path).unwrap();
        (folder, path)
    }

    #[test]
    fn is_read_as_it_was_written() {
        let (_folder, path) = written();
        assert_eq!(Head::open(&path).unwrap(), head());
    }

    #[test]
    fn says_what_it_is_made_of() {
        let text = head().to_string();
        for line in [
            "images\t7 training\t2 validation\t2 testing\n",
            "images of b\t3 training\t1 validation\t1 testing\n",
            "begun from the head of the images\t",
            "validation accuracy\t0.8000\n",
            "cross-validation at l2 0.1000\t",
        ] {
            assert!(text.contains(line), "{text}");
        }
    }

    /// The message of the error in opening these bytes, behind the name of the file.
    fn reason(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.bin");
        std::fs::write(&path, bytes).unwrap();
        let message = Head::open(&path).unwrap_err().to_string();
        let (path, reason) = message.split_once(": ").unwrap();
        assert!(path.ends_with("/head.bin"), "{message}");
        reason.to_owned()
    }

    fn bytes(head: &Head) -> Vec<u8> {
        let mut bytes = Vec::new();
        FORMAT.write_header(&mut bytes, head).unwrap();
        bytes
    }

    #[test]
    fn a_head_cut_anywhere_is_an_error_that_names_it() {
        let whole = bytes(&head());
        for length in 0..whole.len() {
            let reason = reason(&whole[..length]);
            let expected = match length {
                0 => "it is empty",
                1..8 => "it begins with",
                _ => "it is cut short in its header",
            };
            assert!(reason.contains(expected), "cut to {length}: {reason}");
        }
    }

    #[test]
    fn a_head_of_another_kind_or_version_is_an_error_that_says_so() {
        let changed = |at: usize| {
            let mut bytes = bytes(&head());
            bytes[at] ^= 1;
            reason(&bytes)
        };
        assert!(changed(0).starts_with("not a head (it begins with"));
        assert!(changed(8).contains("a head of format version 11, where version 10 was expected"));
        assert!(changed(24).contains("its header does not have the digest that it should have"));
        assert!(changed(60).contains("its header does not have the digest that it should have"));
    }

    #[test]
    fn a_header_that_is_something_else_is_an_error() {
        let mut other = Vec::new();
        FORMAT.write_header(&mut other, &"something else").unwrap();
        assert!(reason(&other).contains("its header cannot be decoded"));
        let mut more = Vec::new();
        FORMAT.write_header(&mut more, &(head(), 7u32)).unwrap();
        assert!(reason(&more).contains("its header has bytes left over"));
    }

    #[test]
    fn bytes_behind_the_end_are_an_error() {
        let mut bytes = bytes(&head());
        bytes.push(0);
        assert!(reason(&bytes).contains("behind its end"));
    }

    #[test]
    fn weights_that_do_not_fit_the_labels_are_an_error() {
        let others = [
            Head {
                weights: vec![1.0; 3],
                ..head()
            },
            Head {
                biases: vec![0.0; 3],
                ..head()
            },
            Head {
                counts: Vec::new(),
                ..head()
            },
            Head {
                labels: vec!["a".into(); 3],
                ..head()
            },
            Head {
                labels: Vec::new(),
                biases: Vec::new(),
                counts: Vec::new(),
                ..head()
            },
            Head {
                temperature: 0.0,
                ..head()
            },
            Head {
                temperature: f64::NAN,
                ..head()
            },
        ];
        for other in others {
            assert!(reason(&bytes(&other)).contains("do not fit"), "{other:?}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_an_error() {
        for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let weights = Head {
                weights: vec![1.0, 0.0, number, 1.0],
                ..head()
            };
            let biases = Head {
                biases: vec![number, 0.0],
                ..head()
            };
            for other in [weights, biases] {
                assert!(reason(&bytes(&other)).contains("something that is no number"));
            }
        }
        let cold = Head {
            temperature: f64::INFINITY,
            ..head()
        };
        assert!(reason(&bytes(&cold)).contains("something that is no number"));
    }

    #[test]
    fn probabilities_are_the_softmax_of_the_logits() {
        let given = head().probabilities(&[2.0, 1.0]);
        assert_eq!(given, [0.5, 0.5]);
        // Of the direction (0.6, 0.8), whatever the length.
        let head = Head {
            unit_length: true,
            ..head()
        };
        let odds = |p: Vec<f64>| (p[1] / p[0]).ln();
        for bottleneck in [[3.0, 4.0], [0.3, 0.4]] {
            assert!((odds(head.probabilities(&bottleneck)) - 1.2).abs() < 1e-7);
        }
        assert_eq!(
            head.probabilities(&[0.0, 0.0]),
            probabilities([0.0, 1.0].into_iter())
        );
    }

    #[test]
    fn the_temperature_can_be_taken_back() {
        let head = head();
        let odds = |p: Vec<f64>| (p[1] / p[0]).ln();
        let (with, without) = head.probabilities_and_before(&[0.0, 1.0]);
        let (with, without) = (odds(with), odds(without));
        assert!((with - 2.0).abs() < 1e-12 && (without - 4.0).abs() < 1e-12);
        // And so can a shift to another mix, here from 2.5 to 6 images of equal weight.
        let equal = Head {
            prior: vec![0.5, 0.5],
            ..head.clone()
        };
        let shift = equal.shift();
        assert!(
            (shift[0] - shift[1] - (6f64 / 2.5).ln()).abs() < 1e-12,
            "{shift:?}"
        );
        let shifted = Head {
            biases: (equal.biases.iter().zip(&shift).map(|(b, s)| b + *s as f32)).collect(),
            ..equal
        };
        let biases = shifted.for_labels(2).1;
        assert!(biases[0].abs() < 1e-6 && (biases[1] - 2.0).abs() < 1e-6);
        // A label that is new has nothing yet.
        let (weights, biases) = head.for_labels(3);
        assert_eq!(weights, [2.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        assert_eq!(biases, [0.0, 2.0, 0.0]);
    }
}
