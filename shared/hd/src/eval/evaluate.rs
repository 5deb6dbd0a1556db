//! Running a head over bottlenecks and counting.

use std::path::Path;

use rayon::prelude::*;

use super::calibration::{Calibration, CalibrationSum};
use super::metrics::{Confident, LabelMetrics, Metrics, Mistake};
use crate::argmax::argmax;
use crate::bottleneck::Samples;
use crate::error::{Error, Result};
use crate::head::Head;
use crate::label::CONFIDENT;
use crate::split::{Split, identify};

/// Counts over the images of a split.
struct Count {
    confusion: Vec<Vec<u64>>,
    calibrated: CalibrationSum,
    uncalibrated: CalibrationSum,
    /// Answers that are sure, and how many of them are right.
    confident: [u64; 2],
    mistakes: Vec<Mistake>,
}

/// Evaluates `head` on the given split of `samples`, as the head's rule divides them, or on all of
/// them.
///
/// The second value is true where these are the very images that the head was trained with;
/// otherwise the split may hold images that the head has seen.
///
/// # Errors
/// Samples of another base than the head's; a label that the head does not know; no image in the
/// split.
pub fn evaluate(head: &Head, samples: &Samples, split: Option<Split>) -> Result<(Metrics, bool)> {
    head.check_base(samples, "the head")?;
    samples.check()?;
    let numbers = label_numbers(head, samples)?;
    let images = samples.images();
    let splits = match split {
        Some(_) => head.split.assign(&images, samples.labels())?,
        None => vec![Split::Testing; images.len()],
    };
    let wanted = split.unwrap_or(Split::Testing);
    let rows: Vec<usize> = splits
        .iter()
        .enumerate()
        .filter(|(_, split)| **split == wanted)
        .map(|(index, _)| index)
        .collect();
    if rows.is_empty() {
        return Err(Error::EmptySplit {
            path: samples.path().to_path_buf(),
            split: split.map_or("all", Split::name),
            validation: head.split.validation,
            testing: head.split.testing,
        });
    }
    let count = count(head, samples, &numbers, &rows);
    let is_same = is_same_set(&head.labels, samples.labels()) && head.images == identify(&images);
    Ok((
        metrics(head, samples, split, rows.len() as u64, count),
        is_same,
    ))
}

fn is_same_set(labels: &[String], sorted: &[String]) -> bool {
    let mut labels = labels.to_vec();
    labels.sort();
    labels == sorted
}

/// For each label of the samples, its number in the head.
fn label_numbers(head: &Head, samples: &Samples) -> Result<Vec<usize>> {
    let number = |label: &String| {
        head.labels
            .iter()
            .position(|known| known == label)
            .ok_or_else(|| Error::Mismatch {
                path: samples.path().to_path_buf(),
                reason: format!(
                    "it has the label '{label}', but the head knows only '{}'",
                    head.labels.join("', '")
                ),
            })
    };
    samples.labels().iter().map(number).collect()
}

fn count(head: &Head, samples: &Samples, numbers: &[usize], rows: &[usize]) -> Count {
    let classes = head.labels.len();
    let mut count = Count {
        confusion: vec![vec![0; classes]; classes],
        calibrated: CalibrationSum::default(),
        uncalibrated: CalibrationSum::default(),
        confident: [0; 2],
        mistakes: Vec::new(),
    };
    let answers: Vec<Judgement> = (rows.par_iter())
        .map(|&row| Judgement::of(head, samples, numbers, row))
        .collect();
    for answer in answers {
        let right = answer.given == answer.label;
        let [sure, and_right] = &mut count.confident;
        *sure += u64::from(answer.score > CONFIDENT);
        *and_right += u64::from(answer.score > CONFIDENT && right);
        count.calibrated.add(answer.truth, answer.score, right);
        count
            .uncalibrated
            .add(answer.truth_before, answer.score_before, right);
        let row = count.confusion.get_mut(answer.label);
        if let Some(cell) = row.and_then(|row| row.get_mut(answer.given)) {
            *cell += 1;
        }
        if !right {
            let name = |number: usize| head.labels.get(number).cloned().unwrap_or_default();
            let path = samples.image(answer.row).unwrap_or(Path::new(""));
            count.mistakes.push(Mistake {
                path: path.to_string_lossy().into_owned(),
                label: name(answer.label),
                given: name(answer.given),
                score: answer.score,
            });
        }
    }
    count.mistakes.sort_by(|a, b| b.score.total_cmp(&a.score));
    count
}

/// The head's prediction for an image, beside the truth.
struct Judgement {
    row: usize,
    /// The numbers of its label and of the most probable one, with the probabilities of both.
    label: usize,
    truth: f64,
    given: usize,
    score: f64,
    /// The same probabilities before the temperature, which changes no answer.
    truth_before: f64,
    score_before: f64,
}

impl Judgement {
    fn of(head: &Head, samples: &Samples, numbers: &[usize], row: usize) -> Self {
        let label = samples.label(row).unwrap_or_default() as usize;
        let label = numbers.get(label).copied().unwrap_or_default();
        let (now, before) = head.probabilities_and_before(samples.bottleneck(row));
        let truth = |probabilities: &[f64]| probabilities.get(label).copied().unwrap_or_default();
        let (given, score) = most_probable(&now);
        Self {
            row,
            label,
            truth: truth(&now),
            given,
            score,
            truth_before: truth(&before),
            score_before: most_probable(&before).1,
        }
    }
}

/// The number and probability of the most probable label.
fn most_probable(probabilities: &[f64]) -> (usize, f64) {
    let number = argmax(probabilities.iter().copied()).unwrap_or_default();
    let probability = probabilities.get(number).copied();
    (number, probability.unwrap_or(f64::NEG_INFINITY))
}

fn metrics(head: &Head, samples: &Samples, split: Option<Split>, n: u64, count: Count) -> Metrics {
    let at = |row: usize, column: usize| {
        count
            .confusion
            .get(row)
            .and_then(|row| row.get(column))
            .copied()
            .unwrap_or_default()
    };
    let classes = head.labels.len();
    let right: u64 = (0..classes).map(|label| at(label, label)).sum();
    let folders = samples.folders();
    let per_class = head.labels.iter().enumerate().map(|(label, name)| {
        let (has, given): (u64, u64) = (
            (0..classes).map(|other| at(label, other)).sum(),
            (0..classes).map(|other| at(other, label)).sum(),
        );
        let share = |of: u64| (of > 0).then(|| at(label, label) as f64 / of as f64);
        LabelMetrics {
            label: name.clone(),
            folder: folders.get(name).unwrap_or(name).clone(),
            n: has,
            precision: share(given),
            recall: share(has),
        }
    });
    let Calibration {
        cross_entropy,
        calibration_error,
    } = count.calibrated.calibration();
    let [sure, and_right] = count.confident;
    Metrics {
        architecture: head.architecture.clone(),
        split: split.map_or("all", Split::name).to_owned(),
        n,
        accuracy: right as f64 / n as f64,
        accuracy_interval: wilson(right as f64, n as f64),
        cross_entropy,
        calibration_error,
        temperature: head.temperature,
        uncalibrated: count.uncalibrated.calibration(),
        confident: Confident {
            threshold: CONFIDENT,
            share: sure as f64 / n as f64,
            accuracy: (sure > 0).then(|| and_right as f64 / sure as f64),
        },
        labels: head.labels.clone(),
        per_class: per_class.collect(),
        confusion: count.confusion,
        mistakes: count.mistakes,
        drawings: samples.has_drawings(),
    }
}

/// Wilson's score interval of 95 % confidence for a share of `right` in `n`.
fn wilson(right: f64, n: f64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let share = right / n;
    let (middle, scale) = (share + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_agrees_with_a_published_example() {
        // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
        let [low, high] = wilson(81.0, 263.0);
        assert!(
            (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5,
            "{low} {high}"
        );
    }

    #[test]
    fn wilson_stays_within_zero_and_one() {
        assert_eq!(wilson(0.0, 5.0)[0], 0.0);
        assert_eq!(wilson(5.0, 5.0)[1], 1.0);
        assert!(wilson(5.0, 5.0)[0] > 0.5);
    }
}
