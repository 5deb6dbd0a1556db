//! How answers change with the number of images to learn from.
//!
//! Each fold is answered by fits on growing parts of the others, each of which holds the one before
//! it. Part by part an image is answered by what has not seen it, and so are its copies.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::model::Head;
use super::out_of_fold::refit;
use super::task::FOLDS;
use super::trial::Trial;
use crate::argmax::argmax;
use crate::digest::Digest;
use crate::split::{Sample, SplitRule};
use hd_softmax::{Example, Examples, Moments, Problem, Scaling};

/// The parts that are learned from: one in so many images of each label.
const PARTS: [usize; 5] = [16, 8, 4, 2, 1];

/// What fits on a part of the images say of all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// How many images each of the fits has learned from, on average.
    pub images: u64,
    /// For each image whether the answer is its label, fold by fold.
    pub right: Vec<bool>,
}

/// An image and where it comes among those that a fold is learned from: it belongs to one part in
/// `PARTS[step]` and all larger ones.
struct Ranked<'a> {
    example: Example<'a>,
    step: usize,
}

/// The answers for `images`, whose bottlenecks and labels are `examples` as `head` numbers them, by
/// growing parts of them.
///
/// The strength of a part is the head's times the number of all images over that of the part: the
/// loss is a mean over images, so the penalty weighs against the sum of their losses as much in
/// every fit. With the same number for all, few images would be fitted too closely, and more of
/// them would seem to help more than they do.
pub fn growth(head: &Head, images: &[Sample], examples: &[Example]) -> Vec<Growth> {
    let (class_weights, l2) = refit(head);
    grown(images, examples, &class_weights, l2)
}

fn grown(images: &[Sample], examples: &[Example], class_weights: &[f64], l2: f64) -> Vec<Growth> {
    let folds = (0..FOLDS).into_par_iter().map(|fold| {
        let scored = images.iter().zip(examples);
        let scored = scored.filter(|(image, _)| of(image) == fold);
        let scored: Vec<Example> = scored.map(|(_, example)| *example).collect();
        let ranked = ranked(images, examples, fold);
        grow(&ranked, &scored, class_weights, l2)
    });
    let folds: Vec<Vec<Growth>> = folds.collect();
    (0..PARTS.len())
        .map(|step| together(&folds, step))
        .collect()
}

fn of(image: &Sample) -> usize {
    SplitRule::part(&image.group, FOLDS)
}

/// The images of all folds but one, those of the smallest part first.
fn ranked<'a>(images: &[Sample], examples: &[Example<'a>], fold: usize) -> Vec<Ranked<'a>> {
    let mut by_label: BTreeMap<u32, BTreeMap<u64, Vec<Example<'a>>>> = BTreeMap::new();
    let others = images.iter().zip(examples);
    for (image, example) in others.filter(|(image, _)| of(image) != fold) {
        let label = by_label.entry(example.label).or_default();
        label
            .entry(order(&image.digest))
            .or_default()
            .push(*example);
    }
    let mut ranked = Vec::new();
    for label in by_label.into_values() {
        let n = label.len();
        for (rank, copies) in label.into_values().enumerate() {
            let step = step(rank, n);
            ranked.extend(copies.into_iter().map(|example| Ranked { example, step }));
        }
    }
    ranked.sort_by_key(|one| one.step);
    ranked
}

/// The place of an image among others, by bytes of its digest that decide neither split nor fold.
fn order(digest: &Digest) -> u64 {
    let bytes = digest
        .as_bytes()
        .get(8..)
        .and_then(|rest| rest.first_chunk());
    u64::from_le_bytes(bytes.copied().unwrap_or_default())
}

/// The smallest part that has the image which is `rank`th of `n`; the first is in all of them.
fn step(rank: usize, n: usize) -> usize {
    let has = |part: &usize| rank * part < n;
    PARTS.iter().position(has).unwrap_or(PARTS.len() - 1)
}

/// What is said of one fold by fits on the parts of the others.
fn grow(ranked: &[Ranked], scored: &[Example], class_weights: &[f64], l2: f64) -> Vec<Growth> {
    let examples: Vec<Example> = ranked.iter().map(|one| one.example).collect();
    let mut start = Vec::new();
    let part = |step: usize| {
        let count = ranked.partition_point(|one| one.step <= step);
        let part = Examples::from(examples.get(..count).unwrap_or_default());
        let scaling = Scaling::common(&Moments::of(&part));
        let problem = Problem::new(part, scaling, class_weights);
        if start.is_empty() {
            start = vec![0.0; problem.parameters()];
        }
        let mut trial = Trial::new(problem, scored.into(), std::mem::take(&mut start));
        trial.fit(l2 * examples.len() as f64 / count.max(1) as f64);
        trial.keep();
        start = trial.parameters().to_vec();
        Growth {
            images: count as u64,
            right: answers(&trial),
        }
    };
    (0..PARTS.len()).map(part).collect()
}

fn answers(trial: &Trial) -> Vec<bool> {
    let mut right = Vec::new();
    trial.predict(|logits, label| {
        right.push(argmax(logits.iter().copied()) == Some(label as usize));
    });
    right
}

/// What the same part of all folds says.
fn together(folds: &[Vec<Growth>], step: usize) -> Growth {
    let parts = || folds.iter().filter_map(|fold| fold.get(step));
    let images: u64 = parts().map(|part| part.images).sum();
    Growth {
        images: images / folds.len().max(1) as u64,
        right: parts().flat_map(|part| part.right.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn sample(number: u32, label: u32) -> Sample<'static> {
        Sample {
            digest: Digest::of(&number.to_le_bytes()),
            group: Digest::of(&number.to_le_bytes()),
            label,
            path: Path::new(""),
            given: None,
        }
    }

    #[test]
    fn no_image_is_answered_by_what_has_seen_its_near_duplicate() {
        // Labels that follow from nothing: only an image that was seen can be answered right.
        let hash = |number: u32| Digest::of(&number.to_le_bytes()).prefix();
        let images: Vec<Sample> = (0..240u32)
            .map(|number| Sample {
                group: Digest::of(&(number / 2).to_le_bytes()),
                ..sample(number, (hash(1_000_000 + number / 2) % 2) as u32)
            })
            .collect();
        let value = |i: u32| (hash(i) % 1000) as f32 / 1000.0;
        let rows = images.chunks(2).zip(0..);
        let rows: Vec<Vec<f32>> = rows
            .flat_map(|(_, pair)| vec![(0..300).map(|i| value(300 * pair + i)).collect(); 2])
            .collect();
        let examples: Vec<Example> = (images.iter().zip(&rows))
            .map(|(image, x)| Example {
                x: x.into(),
                factor: 1.0,
                label: image.label,
            })
            .collect();
        let share = |images: &[Sample]| {
            let right = grown(images, &examples, &[1.0, 1.0], 0.01)
                .pop()
                .unwrap()
                .right;
            right.iter().filter(|&&right| right).count() as f64 / right.len() as f64
        };
        let apart: Vec<Sample> = (images.iter())
            .map(|image| Sample {
                group: image.digest,
                ..*image
            })
            .collect();
        assert!(share(&images) < 0.65, "{}", share(&images));
        assert!(share(&apart) > 0.8, "{}", share(&apart));
    }

    #[test]
    fn a_part_holds_one_in_so_many_and_the_first_at_least() {
        let count = |n, last| (0..n).filter(|&rank| step(rank, n) <= last).count();
        assert_eq!(
            [0, 1, 2, 3, 4].map(|last| count(160, last)),
            [10, 20, 40, 80, 160]
        );
        assert_eq!([0, 1, 2, 3, 4].map(|last| count(3, last)), [1, 1, 1, 2, 3]);
    }

    /// Rows of twenty numbers, noise but for the first, which leans towards the label.
    fn rows(n: u32) -> Vec<[f32; 20]> {
        let noise = |place: u32| {
            let digest = Digest::of(&place.to_be_bytes());
            f32::from(digest.as_bytes()[0]) / 255.0 - 0.5
        };
        let row = |number: u32| {
            let mut row = [0; 20].map(|_| 0f32);
            let places = row.iter_mut().zip(20 * number..);
            places.for_each(|(x, place)| *x = noise(place));
            row[0] += if number.is_multiple_of(2) {
                0.15
            } else {
                -0.15
            };
            row
        };
        (0..n).map(row).collect()
    }

    #[test]
    fn noise_is_seen_through_with_more_images_and_each_is_answered_once() {
        let rows = rows(960);
        let label = |number: usize| number as u32 % 2;
        let images: Vec<Sample> = (0..rows.len())
            .map(|n| sample(n as u32, label(n)))
            .collect();
        let example = |(n, x): (usize, &'static [f32])| Example {
            x: x.into(),
            factor: 1.0,
            label: label(n),
        };
        let rows: &'static [[f32; 20]] = rows.leak();
        let examples = rows
            .iter()
            .map(|row| row.as_slice())
            .enumerate()
            .map(example);
        let grown = grown(&images, &examples.collect::<Vec<_>>(), &[1.0, 1.0], 1e-3);
        let images: Vec<u64> = grown.iter().map(|part| part.images).collect();
        assert_eq!(images, [51, 100, 200, 400, 800]);
        let right = |part: &Growth| part.right.iter().filter(|right| **right).count();
        let right: Vec<usize> = grown.iter().map(right).collect();
        assert!(
            right[2..].iter().all(|one| right[0] + 50 < *one),
            "{right:?}"
        );
        assert!(grown.iter().all(|part| part.right.len() == 960));
    }

    #[test]
    fn a_copy_is_never_learned_from_before_it_is_answered() {
        // Noise alone, each row twice: whoever learns from a copy knows the answer.
        let rows: &'static [[f32; 20]] = rows(240).leak();
        let number = |n: usize| n / 2;
        let images: Vec<Sample> = (0..240)
            .map(|n| sample(number(n) as u32, (number(n) / 2) as u32 % 2))
            .collect();
        let examples: Vec<Example> = images
            .iter()
            .enumerate()
            .map(|(n, image)| Example {
                x: (&rows[number(n)]).into(),
                factor: 1.0,
                label: image.label,
            })
            .collect();
        let grown = grown(&images, &examples, &[1.0, 1.0], 1e-3);
        let right = grown[4].right.iter().filter(|right| **right).count();
        assert!((80..160).contains(&right), "{right}");
    }
}
