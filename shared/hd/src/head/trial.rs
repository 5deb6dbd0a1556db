//! Trials: one fold of cross-validation, scored by fits on all the others.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::argmax::argmax;
use hd_softmax::Examples;
use hd_softmax::Search;
use hd_softmax::{Problem, probabilities};

/// The largest component of a gradient that counts as zero in a fit that is only scored:
/// cross-entropies are then as good as three digits tell.
const TOLERANCE: f64 = 1e-4;

/// The images of one fold, and a fit on all the others.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    problem: Problem<'a>,
    scored: Examples<'a>,
    /// Where the fit with the latest strength has ended, and the strength.
    search: Search,
    l2: f64,
    /// The logits that this fit gives the images of the fold, once they are asked for.
    logits: OnceLock<Vec<f32>>,
    /// Where the fit with the best strength so far has ended.
    best: Vec<f64>,
}

/// Sums over the images of a fold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// With each image weighted as in training.
    pub(super) cross_entropy: f64,
    pub(super) right: f64,
    pub(super) weight: f64,
    /// With all images alike.
    pub(super) right_images: f64,
    pub(super) images: f64,
}

impl<'a> Trial<'a> {
    /// `scored` is to be scored by fits to `problem`, from `start` on.
    pub(super) fn new(problem: Problem<'a>, scored: Examples<'a>, start: Vec<f64>) -> Self {
        Self {
            problem,
            scored,
            best: start.clone(),
            search: Search::from(start),
            l2: 0.0,
            logits: OnceLock::new(),
        }
    }

    /// The number of labels, C.
    pub(super) fn classes(&self) -> usize {
        self.problem.classes()
    }

    /// The weight of an example of this label.
    pub(super) fn weight(&self, label: u32) -> f64 {
        self.problem.weight(label)
    }

    /// Gives `take` the logits that the latest fit gives each image of this fold, and the image's
    /// label.
    pub(super) fn predict(&self, mut take: impl FnMut(&[f64], u32)) {
        let all = self.logits.get_or_init(|| self.logits());
        let examples = self.scored.iter(0..self.scored.len());
        let mut row = vec![0.0; self.classes()];
        for (logits, example) in all.chunks(self.classes().max(1)).zip(examples) {
            let numbers = row.iter_mut().zip(logits);
            numbers.for_each(|(to, &logit)| *to = f64::from(logit));
            take(&row, example.label);
        }
    }

    fn logits(&self) -> Vec<f32> {
        let mut all = Vec::with_capacity(self.scored.len() * self.classes());
        self.problem
            .logits(self.search.at(), &self.scored, |logits, _| {
                all.extend(logits.iter().map(|&logit| logit as f32));
            });
        all
    }

    /// The parameters that fit best of those that were tried.
    pub(super) fn parameters(&self) -> &[f64] {
        &self.best
    }

    /// Fits all trials with this strength, each from where its last fit ended.
    pub(super) fn fit_all(trials: &mut [Self], l2: f64) {
        // What a fit of many labels takes while it runs is taken once.
        match trials.iter().any(|trial| trial.problem.is_many()) {
            true => trials.iter_mut().for_each(|trial| trial.fit(l2)),
            false => trials.par_iter_mut().for_each(|trial| trial.fit(l2)),
        }
    }

    /// Fits with this strength, from where the last one ended.
    pub(super) fn fit(&mut self, l2: f64) {
        let problem = &self.problem;
        let more = (l2 - self.l2) * problem.stiffness();
        self.search.bend(problem.penalised(), more);
        self.l2 = l2;
        problem.minimise(&mut self.search, l2, TOLERANCE, &mut |_, _| ());
        self.logits = OnceLock::new();
    }

    /// Keeps the latest fit as the best so far.
    pub(super) fn keep(&mut self) {
        self.best = self.search.at().to_vec();
    }

    /// How the latest fit does, with this temperature.
    pub(super) fn tally(&self, temperature: f64) -> Tally {
        let mut tally = Tally::default();
        self.predict(|logits, label| {
            let probabilities = probabilities(logits.iter().map(|logit| logit / temperature));
            let truth = probabilities
                .get(label as usize)
                .copied()
                .unwrap_or_default();
            let weight = self.weight(label);
            tally.cross_entropy -= weight * truth.max(f64::MIN_POSITIVE).ln();
            tally.weight += weight;
            let answer = argmax(probabilities.iter().copied());
            let right = f64::from(answer == Some(label as usize));
            tally.right += weight * right;
            tally.right_images += right;
            tally.images += 1.0;
        });
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hd_softmax::Example;
    use hd_softmax::Scaling;

    #[test]
    fn tallies_by_hand() {
        // One feature, two classes: logits -x and x, twice that at the temperature, and the first
        // label counts three times.
        let x = [1.0, -1.0, 1.0];
        let label = |index| u32::from(index == 2);
        let examples: Vec<Example> = (x.chunks(1).zip(0..))
            .map(|(x, index)| Example {
                x: x.into(),
                factor: 1.0,
                label: label(index),
            })
            .collect();
        let examples = Examples::from(examples.as_slice());
        let scaling = Scaling {
            mean: vec![0.0],
            scale: vec![1.0],
            length: 1.0,
        };
        let problem = Problem::new(examples, scaling, &[3.0, 1.0]);
        let tally = Trial::new(problem, examples, vec![1.0, 0.0]).tally(0.5);
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        let expected = -3.0 * (sigmoid(-4.0).ln() + sigmoid(4.0).ln()) - sigmoid(4.0).ln();
        assert!((tally.cross_entropy - expected).abs() < 1e-6);
        assert_eq!((tally.right, tally.weight), (4.0, 7.0));
        assert_eq!((tally.right_images, tally.images), (2.0, 3.0));
    }
}
