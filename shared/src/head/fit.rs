//! From bottlenecks to a head.

use ndarray::{Array1, Array2};

use super::lbfgs::minimise_watched;
use super::model::Head;
use super::select::{Fold, Score, TOLERANCE, best, path};
use super::sgd::{Pool, Sgd};
use super::softmax::{Problem, Scaling, gather};
use super::watch::{Look, Watch};
use crate::bottleneck::Samples;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::split::{Picture, Split, SplitRule};

/// The folds of cross-validation: with the usual percentages all are about as large as the validation pictures.
const FOLDS: usize = 6;

/// How strongly the weights are held small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strength {
    /// As does best in cross-validation.
    Chosen,
    /// As given.
    Given(f64),
}

/// How a head is trained.
#[derive(Clone, Debug, PartialEq)]
pub enum Solver {
    /// To the optimum, by L-BFGS.
    Lbfgs(Strength),
    /// Step by step, as retrain.py does it.
    Sgd(Sgd),
}

/// What came of training.
#[derive(Debug)]
pub struct Training {
    /// The head, fitted on training and validation pictures; by [`Sgd`] on training pictures alone.
    pub head: Head,
    /// How the chosen strength did in fits on other pictures.
    pub score: Option<Score>,
    /// Steps of L-BFGS in the last fit.
    pub iterations: usize,
    /// False where the last fit ran out of steps.
    pub converged: bool,
}

/// Trains a head on `samples`, divided by `rule`.
///
/// The strength is chosen by cross-validation on the training and validation pictures; then the head is fitted on all of
/// them. The testing pictures are never looked at. With many labels this takes a while; `watch` is told how it goes. What
/// it is shown is a fit on the training pictures alone, since the last one has seen those for validation too.
///
/// # Errors
/// Fewer than two labels; a label too small to be in every split.
pub fn train(
    samples: &Samples,
    rule: SplitRule,
    solver: &Solver,
    watch: &dyn Watch,
) -> Result<Training> {
    check_labels(samples)?;
    samples.check_finite()?;
    let pictures = samples.pictures();
    let splits = rule.assign(&pictures, samples.labels())?;
    let fitted = match solver {
        Solver::Lbfgs(strength) => optimum(samples, &pictures, &splits, *strength, watch),
        Solver::Sgd(sgd) => steps(samples, &splits, sgd, rule.seed, watch),
    };
    let count = |wanted| splits.iter().filter(|split| **split == wanted).count() as u64;
    let head = Head {
        architecture: samples.architecture().to_owned(),
        base: samples.base(),
        preprocess: samples.fingerprint(),
        labels: samples.labels().to_vec(),
        weights: fitted.fit.weights,
        biases: fitted.fit.biases,
        split: rule,
        counts: Split::ALL.map(count),
        pictures: identify(&pictures),
        l2: fitted.l2,
        scores: fitted.scores,
        sgd: match solver {
            Solver::Sgd(sgd) => Some(sgd.clone()),
            Solver::Lbfgs(_) => None,
        },
    };
    Ok(Training {
        head,
        score: fitted.score,
        iterations: fitted.fit.iterations,
        converged: fitted.fit.converged,
    })
}

/// What a solver has found.
struct Fitted {
    fit: Fit,
    l2: f64,
    scores: Vec<Score>,
    score: Option<Score>,
}

fn optimum(
    samples: &Samples,
    pictures: &[Picture],
    splits: &[Split],
    strength: Strength,
    watch: &dyn Watch,
) -> Fitted {
    let rows = rows_where(splits, |split| split != Split::Testing);
    let scores = match strength {
        Strength::Given(_) => Vec::new(),
        Strength::Chosen => {
            let told = |score: &Score| watch.score(score);
            path(&mut folds(samples, pictures, splits), &told)
        }
    };
    let score = best(&scores);
    let l2 = match (strength, score) {
        (Strength::Given(l2), _) => l2,
        (_, chosen) => chosen.map_or(0.0, |score| score.l2),
    };
    if watch.wants_all() {
        show(samples, splits, l2, watch);
    }
    Fitted {
        fit: Fit::of(samples, &learnable(samples, splits, &rows), l2),
        l2,
        scores,
        score,
    }
}

fn steps(samples: &Samples, splits: &[Split], sgd: &Sgd, seed: u64, watch: &dyn Watch) -> Fitted {
    let rows = |wanted| rows_where(splits, |split| split == wanted);
    let training = learnable(samples, splits, &rows(Split::Training));
    let [training, validation] =
        [training, plain(&rows(Split::Validation))].map(|seen| Pool::new(samples, &seen));
    let (weights, biases) = sgd.fit(&training, &validation, seed, watch);
    Fitted {
        fit: Fit {
            weights,
            biases,
            iterations: sgd.steps as usize,
            converged: true,
        },
        l2: 0.0,
        scores: Vec::new(),
        score: None,
    }
}

/// The validation pictures, and the training pictures in parts; byte-equal pictures are always in one fold.
///
/// Distorted views are learned from in the other folds, and nothing is ever scored on one.
fn folds(samples: &Samples, pictures: &[Picture], splits: &[Split]) -> Vec<Fold> {
    let number = |index: &usize| match (splits.get(*index), pictures.get(*index)) {
        (Some(Split::Training), Some(picture)) => 1 + SplitRule::part(&picture.digest, FOLDS - 1),
        _ => 0,
    };
    let rows = rows_where(splits, |split| split != Split::Testing);
    let fold = |wanted: usize| {
        let (own, others): (Vec<usize>, Vec<usize>) =
            rows.iter().partition(|index| number(index) == wanted);
        let classes = samples.labels().len();
        let own = plain(&own);
        let others = learnable(samples, splits, &others);
        let [y, labels] = [&own, &others].map(|rows| labels(samples, rows));
        Fold::new(
            features(samples, &others),
            labels,
            features(samples, &own),
            y,
            classes,
        )
    };
    (0..FOLDS).map(fold).collect()
}

/// A sample, and which view of it: 0 is the picture itself.
type Seen = (usize, u32);

/// The samples themselves.
fn plain(rows: &[usize]) -> Vec<Seen> {
    rows.iter().map(|&index| (index, 0)).collect()
}

/// The samples, and the distorted views of those that are for training: what is for validation is seen as it is only.
fn learnable(samples: &Samples, splits: &[Split], rows: &[usize]) -> Vec<Seen> {
    let views = |index: usize| match splits.get(index) {
        Some(Split::Training) => samples.views(index),
        _ => 0,
    };
    rows.iter()
        .flat_map(|&index| (0..=views(index)).map(move |view| (index, view)))
        .collect()
}

fn rows_where(splits: &[Split], wanted: impl Fn(Split) -> bool) -> Vec<usize> {
    splits
        .iter()
        .enumerate()
        .filter(|(_, split)| wanted(**split))
        .map(|(index, _)| index)
        .collect()
}

/// Identifies pictures and their labels, in whatever order they come.
pub(crate) fn identify(pictures: &[Picture]) -> Digest {
    let mut sorted: Vec<_> = pictures
        .iter()
        .map(|picture| (picture.digest, picture.label))
        .collect();
    sorted.sort();
    let bytes: Vec<u8> = sorted
        .iter()
        .flat_map(|(digest, label)| [digest.as_bytes(), label.to_le_bytes().as_slice()].concat())
        .collect();
    Digest::of(&bytes)
}

fn check_labels(samples: &Samples) -> Result<()> {
    let pictures = samples.pictures();
    match samples.labels() {
        [] => {
            return Err(Error::Training(format!(
                "{}: no picture in it",
                samples.path().display()
            )));
        }
        [only] => {
            let place = samples.path().display();
            return Err(Error::Training(format!(
                "{place}: '{only}' is its only label, and telling labels apart takes at least two"
            )));
        }
        _ => {}
    }
    for (number, label) in (0..).zip(samples.labels()) {
        if !pictures.iter().any(|picture| picture.label == number) {
            return Err(Error::Training(format!(
                "label '{label}' has no picture: add some, or remove its folder"
            )));
        }
    }
    Ok(())
}

/// A fitted softmax layer for bottlenecks as they are.
struct Fit {
    weights: Vec<f32>,
    biases: Vec<f32>,
    iterations: usize,
    converged: bool,
}

impl Fit {
    fn of(samples: &Samples, rows: &[Seen], l2: f64) -> Self {
        Self::watched(samples, rows, l2, &mut |_, _, _| ())
    }

    /// The same; `step` is given the number of each step, and the W in rows and b that it has led to.
    fn watched(
        samples: &Samples,
        rows: &[Seen],
        l2: f64,
        step: &mut dyn FnMut(usize, Vec<f32>, Vec<f32>),
    ) -> Self {
        let classes = samples.labels().len();
        let mut x = features(samples, rows);
        let scaling = Scaling::of(&x);
        scaling.apply(&mut x);
        let problem = Problem::new(x, labels(samples, rows), classes);
        let start = vec![0.0; problem.parameters()];
        let minimum = minimise_watched(
            &|at, gradient| problem.loss(at, l2, gradient),
            start,
            TOLERANCE,
            &mut |number, at| {
                let (weights, biases) = scaling.fold(at, classes);
                step(number, weights, biases);
            },
        );
        let (weights, biases) = scaling.fold(&minimum.at, classes);
        Self {
            weights,
            biases,
            iterations: minimum.iterations,
            converged: minimum.converged,
        }
    }
}

/// Fits on the training pictures and shows each step, on them and on those for validation.
fn show(samples: &Samples, splits: &[Split], l2: f64, watch: &dyn Watch) {
    let training = rows_where(splits, |split| split == Split::Training);
    let look = |rows: &[usize]| Look {
        x: features(samples, &plain(rows)),
        y: rows
            .iter()
            .map(|&index| samples.label(index).unwrap_or_default() as usize)
            .collect(),
    };
    let validation = rows_where(splits, |split| split == Split::Validation);
    let looks = [
        (Split::Training, &training),
        (Split::Validation, &validation),
    ];
    let looks: Vec<(Split, Look)> = looks
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(split, rows)| (split, look(rows)))
        .collect();
    let seen = learnable(samples, splits, &training);
    Fit::watched(samples, &seen, l2, &mut |step, weights, biases| {
        let shape = (biases.len(), samples.size());
        let Ok(weights) = Array2::from_shape_vec(shape, weights) else {
            return;
        };
        let biases = Array1::from(biases);
        for (split, look) in &looks {
            let measured = look.measure(&weights, &biases);
            measured.show(watch, *split, step, &weights, &biases);
        }
    });
}

fn features(samples: &Samples, rows: &[Seen]) -> Array2<f32> {
    gather(rows, samples.size(), |&(index, view)| {
        samples.view(index, view)
    })
}

fn labels(samples: &Samples, rows: &[Seen]) -> Vec<u32> {
    rows.iter()
        .filter_map(|&(index, _)| samples.label(index))
        .collect()
}
