//! Out-of-fold predictions: what is said of every image by a fit that has not seen it.
//!
//! All images, those for testing too, are divided into as many folds as cross-validation has, and
//! each fold is predicted by a fit on the others with the head's strength. These fits are for
//! looking at the data and nothing else: no figure of the head comes from them.

use rayon::prelude::*;

use super::calibrate::temperature;
use super::ground::Ground;
use super::model::Head;
use super::optimum::STRENGTH_FOR_FEW;
use super::task::FOLDS;
use super::trial::Trial;
use crate::argmax::argmax;
use crate::split::{Sample, SplitRule};
use hd_softmax::{Example, Folds, probabilities};

/// What a fit says of an image that it has not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfFold {
    /// The probability of the image's own label.
    pub self_confidence: f64,
    /// The number of the most probable label, and its probability.
    pub answer: (u32, f64),
}

/// The prediction for each of `images`, whose bottlenecks and labels are `examples`, with labels
/// numbered as `head` numbers them. There is none for an image that is the only one of its label,
/// copies aside.
pub fn out_of_fold(head: &Head, images: &[Sample], examples: &[Example]) -> Vec<Option<OutOfFold>> {
    let rows = rows(images);
    let plain = |rows: &Vec<usize>| {
        let examples = rows.iter().filter_map(|&row| examples.get(row).copied());
        (examples.collect(), Vec::new())
    };
    let folds = Folds::new(rows.iter().map(plain).collect());
    let (class_weights, l2) = refit(head);
    let ground = Ground::new(&folds, &class_weights, None);
    let mut trials: Vec<Trial> = (0..FOLDS).map(|fold| ground.trial(fold)).collect();
    Trial::fit_all(&mut trials, l2);
    let temperature = temperature(&trials);
    let predicted = trials.par_iter().map(|trial| predict(trial, temperature));
    let predicted: Vec<Vec<OutOfFold>> = predicted.collect();
    let mut all = vec![None; images.len()];
    for (fold, (rows, predicted)) in rows.iter().zip(predicted).enumerate() {
        let known = known(head.labels.len(), folds.others(fold).iter(0..images.len()));
        for (&row, one) in rows.iter().zip(predicted) {
            let label = examples
                .get(row)
                .map_or(0, |example| example.label as usize);
            if let Some(place) = all.get_mut(row)
                && known.get(label) == Some(&true)
            {
                *place = Some(one);
            }
        }
    }
    all
}

/// The weight of an image of each label, and the strength, of fits like the head's on other images.
pub(super) fn refit(head: &Head) -> (Vec<f64>, f64) {
    let class_weights = match head.class_weights.as_slice() {
        [] => vec![1.0; head.labels.len()],
        given => given.to_vec(),
    };
    // Gradient descent holds nothing small, and would answer with certainty here.
    let l2 = match head.sgd {
        Some(_) => STRENGTH_FOR_FEW,
        None => head.l2,
    };
    (class_weights, l2)
}

/// The rows of each fold. What decides an image's split decides its fold, so that copies are never
/// in two.
fn rows(images: &[Sample]) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); FOLDS];
    for (row, image) in images.iter().enumerate() {
        if let Some(rows) = rows.get_mut(SplitRule::part(&image.group, FOLDS)) {
            rows.push(row);
        }
    }
    rows
}

fn predict(trial: &Trial, temperature: f64) -> Vec<OutOfFold> {
    let mut predicted = Vec::new();
    trial.predict(|logits, label| {
        let probabilities = probabilities(logits.iter().map(|logit| logit / temperature));
        let of = |label: u32| {
            probabilities
                .get(label as usize)
                .copied()
                .unwrap_or_default()
        };
        let answer = argmax(probabilities.iter().copied()).unwrap_or_default() as u32;
        predicted.push(OutOfFold {
            self_confidence: of(label),
            answer: (answer, of(answer)),
        });
    });
    predicted
}

/// For each of so many labels, whether one of the examples has it.
fn known<'a>(labels: usize, examples: impl Iterator<Item = &'a Example<'a>>) -> Vec<bool> {
    let mut known = vec![false; labels];
    for example in examples {
        if let Some(known) = known.get_mut(example.label as usize) {
            *known = true;
        }
    }
    known
}
