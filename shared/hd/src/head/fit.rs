//! From bottlenecks to a head.

use super::balance::{ClassWeights, Imbalance};
use super::examples::{Example, Examples, Folds};
use super::lbfgs::Search;
use super::model::Head;
use super::scaling::{Moments, Scaling};
use super::select::{Score, TOLERANCE, Trial, best, path, score};
use super::sgd::{Pool, Sgd};
use super::softmax::Problem;
use super::watch::{Look, State, Watch};
use crate::bottleneck::Samples;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::split::{Sample, Split, SplitRule};

/// The folds of cross-validation: with the usual percentages all are about as large as the validation images.
const FOLDS: usize = 6;

/// As many validation images are enough to choose by: the other folds would take six times as long to tell the same.
const ENOUGH: usize = 2000;

/// The strength for images that are too few to choose one by.
const STRENGTH_FOR_FEW: f64 = 1.0;

/// How strongly the weights are held small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strength {
    /// As does best in cross-validation.
    Chosen,
    /// As given.
    Given(f64),
}

/// How a head is fitted.
#[derive(Clone, Debug, PartialEq)]
pub enum Solver {
    /// To the optimum, by L-BFGS.
    Lbfgs(Strength),
    /// Step by step, as retrain.py does it.
    Sgd(Sgd),
}

/// How a head is trained.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Which images are learned from.
    pub split: SplitRule,
    /// How the head is fitted to them.
    pub solver: Solver,
    /// What each counts; [`Sgd`] has every label count alike.
    pub class_weights: ClassWeights,
    /// A head to start from, whose labels keep their order.
    pub init: Option<Head>,
}

/// What came of training.
#[derive(Debug)]
pub struct Training {
    /// The head, fitted on training and validation images; by [`Sgd`] on training images alone.
    pub head: Head,
    /// How its strength did in fits on other images: in all folds where it was chosen, else on the validation images.
    pub score: Option<Score>,
    /// Steps of L-BFGS in the last fit.
    pub iterations: usize,
    /// Where they have led: mean cross-entropy + l2/2 |W|^2, on standardised bottlenecks and before the temperature.
    pub loss: Option<f64>,
    /// False where the last fit ran out of steps.
    pub converged: bool,
    /// Where labels have very different numbers of images, and all images counted alike.
    pub imbalance: Option<Imbalance>,
}

/// Trains a head on `samples`.
///
/// The strength is chosen by cross-validation on the training and validation images, and so is the temperature; then the
/// head is fitted on all of them. The testing images are never looked at. With many labels this takes a while; `watch` is
/// told how it goes. What it is shown is a fit on the training images alone, since the last one has seen those for
/// validation too.
///
/// # Errors
/// Fewer than two labels; a label too small to be in every split; weights for other labels; a head to start from that
/// belongs to another base, or knows labels that these samples do not have.
pub fn train(samples: &Samples, recipe: &Recipe, watch: &dyn Watch) -> Result<Training> {
    let labels = labels(samples, recipe.init.as_ref())?;
    samples.check_finite()?;
    let images = samples.images();
    let splits = recipe.split.assign(&images, samples.labels())?;
    let number = |label: &String| {
        let number = labels.iter().position(|known| known == label);
        number.unwrap_or_default() as u32
    };
    let task = Task {
        numbers: samples.labels().iter().map(number).collect(),
        labels,
        samples,
        splits: &splits,
        images: &images,
    };
    let counts = task.counts(|split| split != Split::Testing);
    let class_weights = recipe.class_weights.of(&task.labels, &counts)?;
    let fitted = match &recipe.solver {
        Solver::Lbfgs(strength) => {
            task.optimum(*strength, &class_weights, recipe.init.as_ref(), watch)
        }
        Solver::Sgd(sgd) => task.steps(sgd, recipe.init.as_ref(), recipe.split.seed, watch),
    };
    let indifferent =
        matches!(recipe.solver, Solver::Lbfgs(_)) && recipe.class_weights == ClassWeights::None;
    let by_split = Split::ALL.map(|wanted| task.counts(|split| split == wanted));
    let of_label = |label: usize| {
        let count = |counts: &Vec<u64>| counts.get(label).copied().unwrap_or_default();
        by_split.each_ref().map(count)
    };
    let validated = splits.contains(&Split::Validation);
    let head = Head {
        architecture: samples.architecture().to_owned(),
        base: samples.base(),
        preprocess: samples.fingerprint(),
        weights: fitted.weights,
        biases: fitted.biases,
        temperature: fitted.temperature,
        split: recipe.split.clone(),
        counts: (0..task.labels.len()).map(of_label).collect(),
        images: identify(&images),
        init: recipe.init.as_ref().map(|init| init.images),
        validation_accuracy: (fitted.score.as_ref())
            .filter(|_| validated)
            .map(|score| score.validation_accuracy),
        class_weights: match recipe.class_weights {
            ClassWeights::None => Vec::new(),
            _ => class_weights,
        },
        l2: fitted.l2,
        scores: fitted.scores,
        sgd: match &recipe.solver {
            Solver::Sgd(sgd) => Some(sgd.clone()),
            Solver::Lbfgs(_) => None,
        },
        labels: task.labels.clone(),
    };
    Ok(Training {
        imbalance: Imbalance::of(&task.labels, &counts).filter(|_| indifferent),
        head,
        score: fitted.score,
        iterations: fitted.iterations,
        loss: fitted.loss,
        converged: fitted.converged,
    })
}

/// Samples, divided, with the labels as the head numbers them.
struct Task<'a> {
    samples: &'a Samples,
    images: &'a [Sample<'a>],
    splits: &'a [Split],
    labels: Vec<String>,
    /// For each label of the samples, its number in the head.
    numbers: Vec<u32>,
}

/// What a solver has found.
struct Fitted {
    /// [C, D].
    weights: Vec<f32>,
    /// [C].
    biases: Vec<f32>,
    temperature: f64,
    l2: f64,
    scores: Vec<Score>,
    score: Option<Score>,
    iterations: usize,
    loss: Option<f64>,
    converged: bool,
}

impl<'a> Task<'a> {
    fn optimum(
        &self,
        strength: Strength,
        class_weights: &[f64],
        init: Option<&Head>,
        watch: &dyn Watch,
    ) -> Fitted {
        let folds = self.folds();
        let ground = Ground::new(&folds, class_weights, init);
        // A fold is of use if it has images, and the others have some of every label.
        let useful =
            |fold: &usize| folds.own(*fold).len() > 0 && self.is_complete(&folds.others(*fold));
        let tried = match strength {
            Strength::Chosen if folds.own(0).len() < ENOUGH => 0..FOLDS,
            _ => 0..1,
        };
        let mut trials: Vec<Trial> = tried
            .filter(useful)
            .map(|fold| ground.trial(fold))
            .collect();
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
        if watch.wants_all() {
            self.show(&ground, l2, watch);
        }
        let temperature = score.map_or(1.0, |score| score.temperature);
        let (problem, start) = ground.all();
        let start = trials
            .first()
            .map_or(start, |trial| trial.parameters().to_vec());
        let mut search = Search::from(start);
        let loss = |at: &[f64], gradient: &mut [f64]| problem.loss(at, l2, gradient);
        let outcome = search.minimise(&loss, TOLERANCE, &mut |_, _| ());
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

    /// Fits on the training images and shows each step, on them and on those for validation.
    fn show(&self, ground: &Ground, l2: f64, watch: &dyn Watch) {
        let looks = [Split::Training, Split::Validation].map(|split| (split, self.look(split)));
        let (problem, start) = ground.others(0);
        let loss = |at: &[f64], gradient: &mut [f64]| problem.loss(at, l2, gradient);
        let mut search = Search::from(start);
        let outcome = search.minimise(&loss, TOLERANCE, &mut |step, at| {
            let (weights, biases) = problem.fold(at);
            for (split, look) in looks.iter().filter(|(_, look)| !look.is_empty()) {
                let measured = look.measure(&weights, &biases);
                let state = State {
                    step,
                    labels: &self.labels,
                    weights: &weights,
                    biases: &biases,
                };
                measured.show(watch, *split, state);
            }
        });
        let (weights, biases) = problem.fold(search.at());
        let last = outcome.iterations.saturating_sub(1);
        for (split, look) in looks.iter().filter(|(_, look)| !look.is_empty()) {
            let curves = look.curves(&weights, &biases);
            watch.curves(*split, last, &self.labels, &curves);
        }
    }

    fn steps(&self, sgd: &Sgd, init: Option<&Head>, seed: u64, watch: &dyn Watch) -> Fitted {
        let [training, validation] = [Split::Training, Split::Validation].map(|wanted| {
            let rows = self.rows(|split| split == wanted);
            let seen = rows.iter().flat_map(|&row| self.views(row));
            Pool::new(seen.collect(), &self.labels)
        });
        let start = init.map(|head| head.for_labels(self.labels.len()));
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

    /// The validation images, and the training images in parts; byte-equal images are always in one fold.
    ///
    /// Distorted views are learned from in the other folds, and nothing is ever scored on one.
    fn folds(&self) -> Folds<'a> {
        let mut folds = vec![(Vec::new(), Vec::new()); FOLDS];
        for (row, (image, split)) in self.images.iter().zip(self.splits).enumerate() {
            let number = match split {
                Split::Training => 1 + SplitRule::part(&image.digest, FOLDS - 1),
                Split::Validation => 0,
                Split::Testing => continue,
            };
            if let Some((plain, views)) = folds.get_mut(number) {
                let mut all = self.views(row);
                plain.extend(all.next());
                views.extend(all);
            }
        }
        Folds::new(folds)
    }

    /// The sample, and the distorted views of it if it is for training: what is for validation is seen as it is only.
    fn views(&self, row: usize) -> impl Iterator<Item = Example<'a>> + use<'a> {
        let views = match self.splits.get(row) {
            Some(Split::Training) => self.samples.views(row),
            _ => 0,
        };
        let (samples, label) = (self.samples, self.label(row));
        (0..=views).map(move |view| Example {
            x: samples.view(row, view),
            label,
        })
    }

    fn look(&self, wanted: Split) -> Look<'a> {
        let rows = self.rows(|split| split == wanted);
        Look(
            rows.iter()
                .filter_map(|&row| self.views(row).next())
                .collect(),
        )
    }

    fn rows(&self, wanted: impl Fn(Split) -> bool) -> Vec<usize> {
        let splits = self.splits.iter().enumerate();
        let rows = splits.filter(|(_, split)| wanted(**split));
        rows.map(|(row, _)| row).collect()
    }

    /// The number of a sample's label in the head.
    fn label(&self, row: usize) -> u32 {
        let own = self.samples.label(row).unwrap_or_default();
        self.numbers.get(own as usize).copied().unwrap_or_default()
    }

    /// How many images of each label are in these splits.
    fn counts(&self, wanted: impl Fn(Split) -> bool) -> Vec<u64> {
        let mut counts = vec![0; self.labels.len()];
        for row in self.rows(wanted) {
            if let Some(count) = counts.get_mut(self.label(row) as usize) {
                *count += 1;
            }
        }
        counts
    }

    fn is_complete(&self, examples: &Examples) -> bool {
        let seen = examples.iter(0..examples.len());
        first_missing(self.labels.len(), seen.map(|example| example.label)).is_none()
    }
}

/// What problems are made of.
struct Ground<'a> {
    folds: &'a Folds<'a>,
    /// Of each fold.
    moments: Vec<Moments>,
    class_weights: &'a [f64],
    /// W [C, D] and b [C] to start from.
    start: Option<(Vec<f32>, Vec<f32>)>,
}

impl<'a> Ground<'a> {
    fn new(folds: &'a Folds<'a>, class_weights: &'a [f64], init: Option<&Head>) -> Self {
        let moments = (0..FOLDS).map(|fold| Moments::of(&folds.with_views(fold)));
        Self {
            folds,
            moments: moments.collect(),
            class_weights,
            start: init.map(|head| head.for_labels(class_weights.len())),
        }
    }

    /// The problem of all examples, and the parameters to start from.
    fn all(&self) -> (Problem<'a>, Vec<f64>) {
        self.problem(self.folds.all(), |_| true)
    }

    /// That of all folds but one.
    fn others(&self, fold: usize) -> (Problem<'a>, Vec<f64>) {
        self.problem(self.folds.others(fold), |other| other != fold)
    }

    fn trial(&self, fold: usize) -> Trial<'a> {
        let (problem, start) = self.others(fold);
        Trial::new(problem, self.folds.own(fold), start)
    }

    fn problem(
        &self,
        examples: Examples<'a>,
        wanted: impl Fn(usize) -> bool,
    ) -> (Problem<'a>, Vec<f64>) {
        let moments = self.moments.iter().enumerate();
        let moments = moments.filter(|(fold, _)| wanted(*fold));
        let moments = moments.fold(Moments::default(), |all, (_, own)| all.and(own));
        let problem = Problem::new(examples, Scaling::of(&moments), self.class_weights);
        let start = match &self.start {
            Some((weights, biases)) => problem.unfold(weights, biases),
            None => vec![0.0; problem.parameters()],
        };
        (problem, start)
    }
}

/// Identifies images and their labels, in whatever order they come.
pub(crate) fn identify(images: &[Sample]) -> Digest {
    let mut sorted: Vec<_> = images
        .iter()
        .map(|image| (image.digest, image.label))
        .collect();
    sorted.sort();
    let bytes: Vec<u8> = sorted
        .iter()
        .flat_map(|(digest, label)| [digest.as_bytes(), label.to_le_bytes().as_slice()].concat())
        .collect();
    Digest::of(&bytes)
}

/// The labels in the order of the head's outputs: those of `init` as they stand there, then the others.
fn labels(samples: &Samples, init: Option<&Head>) -> Result<Vec<String>> {
    check_labels(samples)?;
    let Some(head) = init else {
        return Ok(samples.labels().to_vec());
    };
    head.check_base(samples, "the head to start from")?;
    let gone = |label: &&String| !samples.labels().contains(label);
    if let Some(gone) = head.labels.iter().find(gone) {
        return Err(Error::Mismatch {
            path: samples.path().to_path_buf(),
            reason: format!("it has no image of '{gone}', a label of the head to start from"),
        });
    }
    let new = samples
        .labels()
        .iter()
        .filter(|label| !head.labels.contains(label));
    Ok(head.labels.iter().chain(new).cloned().collect())
}

fn check_labels(samples: &Samples) -> Result<()> {
    let place = samples.path().display();
    match samples.labels() {
        [] => {
            return Err(Error::Training(format!("{place}: no image in it")));
        }
        [only] => {
            return Err(Error::Training(format!(
                "{place}: '{only}' is its only label, and telling labels apart takes at least two"
            )));
        }
        _ => {}
    }
    let seen = (0..samples.len()).filter_map(|row| samples.label(row));
    let missing = first_missing(samples.labels().len(), seen);
    match missing.and_then(|number| samples.labels().get(number)) {
        Some(label) => Err(Error::Training(format!(
            "label '{label}' has no image: add some, or remove its folder"
        ))),
        None => Ok(()),
    }
}

/// The first of so many labels that is not among `seen`.
fn first_missing(labels: usize, seen: impl Iterator<Item = u32>) -> Option<usize> {
    let mut missing = vec![true; labels];
    for label in seen {
        if let Some(missing) = missing.get_mut(label as usize) {
            *missing = false;
        }
    }
    missing.iter().position(|&missing| missing)
}
