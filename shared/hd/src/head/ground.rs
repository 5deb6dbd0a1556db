//! The ground that problems are built on: the folds, their moments, and the parameters to start
//! from.

use super::model::Head;
use super::task::FOLDS;
use super::trial::Trial;
use hd_softmax::Problem;
use hd_softmax::{Examples, Folds};
use hd_softmax::{Moments, Scaling};

/// Folds of examples with their moments, from which the problem of any of them is put together.
pub(super) struct Ground<'a> {
    folds: &'a Folds<'a>,
    /// The moments of each fold.
    moments: Vec<Moments>,
    class_weights: &'a [f64],
    /// W [C, D] and b [C] to start from.
    start: Option<(Vec<f32>, Vec<f32>)>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(folds: &'a Folds<'a>, class_weights: &'a [f64], init: Option<&Head>) -> Self {
        let moments = (0..FOLDS).map(|fold| Moments::of(&folds.with_views(fold)));
        Self {
            folds,
            moments: moments.collect(),
            class_weights,
            // Weights for bottlenecks as they are say nothing about those of length one.
            start: init
                .filter(|head| head.unit_length)
                .map(|head| head.for_labels(class_weights.len())),
        }
    }

    /// The problem of all examples, and the parameters to start from.
    pub(super) fn all(&self) -> (Problem<'a>, Vec<f64>) {
        self.problem(self.folds.all(), |_| true)
    }

    /// That of all folds but one.
    pub(super) fn others(&self, fold: usize) -> (Problem<'a>, Vec<f64>) {
        self.problem(self.folds.others(fold), |other| other != fold)
    }

    /// The trial of a fold, by fits on all the others.
    pub(super) fn trial(&self, fold: usize) -> Trial<'a> {
        let (problem, start) = self.others(fold);
        Trial::new(problem, self.folds.plain(fold), start)
    }

    fn problem(
        &self,
        examples: Examples<'a>,
        wanted: impl Fn(usize) -> bool,
    ) -> (Problem<'a>, Vec<f64>) {
        let moments = self.moments.iter().enumerate();
        let moments = moments.filter(|(fold, _)| wanted(*fold));
        let moments = moments.fold(Moments::default(), |all, (_, one)| all.and(one));
        let problem = Problem::new(examples, Scaling::common(&moments), self.class_weights);
        let start = match &self.start {
            Some((weights, biases)) => problem.unfold(weights, biases),
            None => vec![0.0; problem.parameters()],
        };
        (problem, start)
    }
}
