//! A head fitted to the optimum by L-BFGS, with its strength and temperature chosen by
//! cross-validation.

use super::fitted::Fitted;
use super::ground::Ground;
use super::model::Head;
use super::predictions::Predictions;
use super::recipe::Strength;
use super::select::{best, path, score};
use super::task::{FOLDS, Task};
use super::trial::Trial;
use super::watch::{Snapshot, Watch};
use crate::split::Split;
use hd_softmax::Search;

/// The largest component of a gradient that counts as zero.
const TOLERANCE: f64 = 1e-5;

/// With so many images in the first folds the strength and the temperature are chosen by them alone:
/// all the folds would take some times as long to tell the same.
pub(super) const ENOUGH: usize = 2000;

/// The strength for images that are too few to choose one by.
pub(super) const STRENGTH_FOR_FEW: f64 = 1.0;

/// The head with the least loss on the training and validation images, at the strength that is
/// given or does best.
pub(super) fn fit(
    task: &Task,
    strength: Strength,
    class_weights: &[f64],
    init: Option<&Head>,
    watch: &dyn Watch,
) -> Fitted {
    let folds = task.folds();
    let ground = Ground::new(&folds, class_weights, init);
    // A fold is of use if it has images, and the others have some of every label.
    let useful =
        |fold: &usize| !folds.plain(*fold).is_empty() && task.is_complete(&folds.others(*fold));
    let mut scored = 0;
    let is_wanted = |fold: &usize| {
        let before = scored;
        scored += folds.plain(*fold).len();
        before < ENOUGH
    };
    let tried = (0..FOLDS).filter(useful).take_while(is_wanted);
    let mut trials: Vec<Trial> = tried.map(|fold| ground.trial(fold)).collect();
    let (scores, score) = match (strength, trials.is_empty()) {
        (_, true) => (Vec::new(), None),
        (Strength::Given(l2), false) => (Vec::new(), Some(score(&mut trials, l2))),
        (Strength::Chosen, false) => {
            let scores = path(&mut trials, &|score| watch.score(score));
            let best = best(&scores);
            (scores, best)
        }
    };
    let l2 = match (strength, score) {
        (Strength::Given(l2), _) => l2,
        (Strength::Chosen, score) => score.map_or(STRENGTH_FOR_FEW, |score| score.l2),
    };
    if watch.wants_snapshots() {
        show(task, &ground, l2, watch);
    }
    let temperature = score.map_or(1.0, |score| score.temperature);
    let (problem, start) = ground.all();
    let start = trials
        .first()
        .map_or(start, |trial| trial.parameters().to_vec());
    drop(trials);
    let mut search = Search::from(start);
    let outcome = problem.minimise(&mut search, l2, TOLERANCE, &mut |_, _| ());
    let (weights, biases) = problem.fold(search.at());
    let tempered = |parameters: Vec<f32>| {
        let divided = parameters
            .iter()
            .map(|&p| (f64::from(p) / temperature) as f32);
        divided.collect()
    };
    Fitted {
        weights: tempered(weights),
        biases: tempered(biases),
        temperature,
        l2,
        scores,
        score,
        iterations: outcome.iterations,
        loss: Some(outcome.value),
        converged: outcome.converged,
    }
}

/// Fits on the training images alone, with a snapshot of each step for the training and the
/// validation images.
fn show(task: &Task, ground: &Ground, l2: f64, watch: &dyn Watch) {
    let images = [Split::Training, Split::Validation].map(|split| (split, task.plain(split)));
    let (problem, start) = ground.others(0);
    let snapshots = |step: usize, at: &[f64], told: &dyn Fn(Split, &Snapshot)| {
        let (weights, biases) = problem.fold(at);
        for (split, images) in images.iter().filter(|(_, images)| !images.is_empty()) {
            let snapshot = Snapshot {
                step,
                labels: &task.labels,
                unit_length: task.unit_length,
                weights: &weights,
                biases: &biases,
                predictions: Predictions::new(images, &weights, &biases),
            };
            told(*split, &snapshot);
        }
    };
    let mut search = Search::from(start);
    let outcome = problem.minimise(&mut search, l2, TOLERANCE, &mut |step, at| {
        snapshots(step, at, &|split, snapshot| watch.snapshot(split, snapshot));
    });
    let last = outcome.iterations.saturating_sub(1);
    snapshots(last, search.at(), &|split, snapshot| {
        watch.finished(split, snapshot);
    });
}
