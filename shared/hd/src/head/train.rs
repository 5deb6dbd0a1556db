//! Training: from bottlenecks to a head.

use std::collections::HashMap;
use std::path::PathBuf;

use super::balance::{ClassWeights, Imbalance};
use super::fitted::Fitted;
use super::labels;
use super::learned::Learned;
use super::model::Head;
use super::optimum;
use super::pool::Pool;
use super::prior::Prior;
use super::recipe::{Recipe, Solver};
use super::score::Score;
use super::select::is_at_edge;
use super::sgd::Sgd;
use super::task::Task;
use super::watch::Watch;
use crate::bottleneck::Samples;
use crate::error::{Error, Result};
use crate::split::{Sample, Split, SplitBy, identify};
use crate::twins;

/// A trained head, and how training went.
#[derive(Debug)]
pub struct Training {
    /// The head, fitted on training and validation images; by [`Sgd`] on training images alone.
    pub head: Head,
    /// How its strength did in fits on other images: in all folds where it was chosen, else on the
    /// validation images.
    pub score: Option<Score>,
    /// Steps of L-BFGS in the last fit.
    pub iterations: usize,
    /// Where they have led: mean cross-entropy + l2/2 |W|^2, on standardised bottlenecks and before
    /// the temperature.
    pub loss: Option<f64>,
    /// Whether the strength that did best is the strongest or the weakest that is tried.
    pub at_edge: bool,
    /// False where the last fit ran out of steps.
    pub converged: bool,
    /// The split of each sample.
    pub splits: Vec<Split>,
    /// Images of which the same is in another split, by a division that the images came with.
    pub in_two_splits: Vec<PathBuf>,
    /// Images of labels so small that these were moved to fill a split; they may move back.
    pub moved: Vec<PathBuf>,
    /// How many testing images the head that it was begun from has learned from, where it has not
    /// forgotten them.
    pub learned_before: usize,
    /// Where labels have very different numbers of images, and nothing was said about their mix.
    pub imbalance: Option<Imbalance>,
}

/// Trains a head on `samples`.
///
/// The strength is chosen by cross-validation on the training and validation images, and so is the
/// temperature; then the head is fitted on all of them. The testing images are never looked at.
/// With many labels this takes a while; `watch` is told how it goes. Its snapshots are of a fit on
/// the training images alone, since the last fit has seen the validation images too.
///
/// # Errors
/// Fewer than two labels; a label too small to be in every split; weights for other labels; a head
/// to start from that belongs to another base, or knows labels that these samples do not have.
pub fn train(samples: &Samples, recipe: &Recipe, watch: &dyn Watch) -> Result<Training> {
    let init = recipe.init.as_ref();
    let labels = labels::in_order(samples, init)?;
    samples.check()?;
    let mut rule = recipe.split.clone();
    let twins = match recipe.group_duplicates {
        true => twins::find(samples),
        false => twins::Twins::none(),
    };
    rule.twins = recipe.group_duplicates.then_some(twins.threshold);
    let images = twins.images(samples);
    let splits = rule.assign(&images, samples.labels())?;
    let in_two_splits = match rule.by {
        SplitBy::Folder => in_two_splits(&images, &splits),
        SplitBy::Content | SplitBy::Path { .. } => Vec::new(),
    };
    let moved = rule.moved(&images, &splits);
    let moved = moved.map(|image| image.path.to_path_buf()).collect();
    // Gradient descent goes on with a head as that was begun.
    let unit_length = match &recipe.solver {
        Solver::Lbfgs(_) => true,
        Solver::Sgd(_) => init.is_some_and(|init| init.unit_length),
    };
    let task = Task::new(samples, &images, &splits, labels, unit_length);
    let counts = task.counts_by_label();
    // A division that the images came with may leave a label without any to learn from.
    let unlearned = counts.iter().zip(&task.labels).find(|(counts, _)| {
        let [training, validation, testing] = **counts;
        training == 0 && validation + testing > 0
    });
    if let Some((_, label)) = unlearned {
        return Err(Error::LabelNotInSplit {
            label: label.clone(),
            split: Split::Training.name(),
        });
    }
    let learned: Vec<u64> = counts
        .iter()
        .map(|[training, validation, _]| training + validation)
        .collect();
    let class_weights = recipe.class_weights.of(&task.labels, &learned)?;
    let prior = recipe.prior.of(&task.labels, &learned)?;
    let fitted = match &recipe.solver {
        Solver::Lbfgs(strength) => optimum::fit(&task, *strength, &class_weights, init, watch),
        Solver::Sgd(sgd) => step_by_step(&task, sgd, init, recipe.split.seed, watch),
    };
    // Where the fit arrives at its optimum, which is one, it does not matter where it began.
    let forgotten = matches!(recipe.solver, Solver::Lbfgs(_)) && fitted.converged;
    let earlier = init.filter(|_| !forgotten).map(|init| &init.learned);
    let learned_before = earlier.map_or(0, |earlier| earlier.among_tested(&images, &splits));
    let indifferent = matches!(recipe.solver, Solver::Lbfgs(_))
        && recipe.class_weights == ClassWeights::None
        && recipe.prior == Prior::Trained;
    let validated = splits.contains(&Split::Validation);
    let mut head = Head {
        architecture: samples.architecture().to_owned(),
        base: samples.base(),
        preprocess: samples.fingerprint(),
        unit_length,
        weights: fitted.weights,
        biases: fitted.biases,
        temperature: fitted.temperature,
        split: rule,
        counts,
        images: identify(&images),
        learned: learned_by(&recipe.solver, &images, &splits).and(earlier),
        init: init.map(|init| init.images),
        validation_accuracy: (fitted.score.as_ref())
            .filter(|_| validated)
            .map(|score| score.validation_accuracy),
        class_weights: match recipe.class_weights {
            ClassWeights::None => Vec::new(),
            _ => class_weights,
        },
        prior,
        l2: fitted.l2,
        scores: fitted.scores,
        sgd: match &recipe.solver {
            Solver::Sgd(sgd) => Some(sgd.clone()),
            Solver::Lbfgs(_) => None,
        },
        labels: task.labels,
    };
    let chosen = fitted.score.filter(|_| !head.scores.is_empty());
    let at_edge = chosen.is_some_and(|score| is_at_edge(&score, head.labels.len()));
    let shift = head.shift();
    for (bias, shift) in head.biases.iter_mut().zip(shift) {
        *bias = (f64::from(*bias) + shift) as f32;
    }
    Ok(Training {
        imbalance: Imbalance::of(&head.labels, &learned).filter(|_| indifferent),
        head,
        score: fitted.score,
        iterations: fitted.iterations,
        loss: fitted.loss,
        at_edge,
        converged: fitted.converged,
        splits,
        in_two_splits,
        moved,
        learned_before,
    })
}

/// The images that a solver fits a head to.
fn learned_by(solver: &Solver, images: &[Sample], splits: &[Split]) -> Learned {
    let is_fitted = |split: Split| match solver {
        Solver::Lbfgs(_) => split != Split::Testing,
        Solver::Sgd(_) => split == Split::Training,
    };
    let fitted = images.iter().zip(splits);
    let fitted = fitted.filter(|(_, split)| is_fitted(**split));
    Learned::of(fitted.map(|(image, _)| &image.digest))
}

/// The images of which the same content was in another split before.
fn in_two_splits(images: &[Sample], splits: &[Split]) -> Vec<PathBuf> {
    let mut seen = HashMap::new();
    let pairs = images.iter().zip(splits);
    let straddling =
        pairs.filter(|(image, split)| seen.entry(image.digest).or_insert(**split) != *split);
    straddling
        .map(|(image, _)| image.path.to_path_buf())
        .collect()
}

fn step_by_step(
    task: &Task,
    sgd: &Sgd,
    init: Option<&Head>,
    seed: u64,
    watch: &dyn Watch,
) -> Fitted {
    let [training, validation] = [Split::Training, Split::Validation]
        .map(|split| Pool::new(task.with_views(split), &task.labels));
    let start = init.map(|head| head.for_labels(task.labels.len()));
    let (weights, biases) = sgd.fit(&training, &validation, start, seed, watch);
    Fitted {
        weights,
        biases,
        temperature: 1.0,
        l2: 0.0,
        scores: Vec::new(),
        score: None,
        iterations: sgd.steps as usize,
        loss: None,
        converged: true,
    }
}
