//! The strength of the regularisation, chosen by cross-validation.
//!
//! The pictures for training and validation are divided into folds, of which the validation pictures are the first.
//! Each fold is scored by a fit on all the others, and the strength with the lowest mean cross-entropy over all of them
//! is chosen. The validation pictures alone are often too few to choose by: a strength that is too weak by chance costs
//! more accuracy than the choice is worth.

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::lbfgs::minimise;
use super::softmax::{Problem, Scaling, probabilities};

/// The largest component of a gradient that counts as zero.
pub(super) const TOLERANCE: f64 = 1e-5;

/// A path ends when so many strengths in a row were no better than the best: the score has one minimum, and the
/// weakest strengths take the longest to fit.
const PATIENCE: usize = 4;

/// How a strength did on pictures that the fits did not see.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The strength: the loss is mean cross-entropy + l2/2 |W|^2, on standardised bottlenecks.
    pub l2: f64,
    /// Mean cross-entropy over all folds, in nats.
    pub cross_entropy: f64,
    /// The share of pictures in all folds whose most probable label is right.
    pub accuracy: f64,
    /// The same share of the validation pictures alone.
    pub validation_accuracy: f64,
}

/// Strengths from strong to weak, four a decade from 10 to 1e-4. Standardised features make them mean the same for
/// every base.
fn strengths() -> impl Iterator<Item = f64> {
    (0..=20).map(|step| 10f64.powf(1.0 - f64::from(step) / 4.0))
}

/// The pictures of one fold, and the problem of all others, with the parameters that solve it best so far.
#[derive(Debug)]
pub(super) struct Fold {
    problem: Problem,
    parameters: Vec<f64>,
    x: Array2<f32>,
    y: Vec<u32>,
}

/// Sums over the pictures of a fold.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    cross_entropy: f64,
    right: f64,
    count: f64,
}

impl Fold {
    /// The fold with features `x` [M, D] and labels `y` [M], to be scored by fits on `others` [N, D] and their labels.
    pub(super) fn new(
        mut others: Array2<f32>,
        labels: Vec<u32>,
        mut x: Array2<f32>,
        y: Vec<u32>,
        classes: usize,
    ) -> Self {
        let scaling = Scaling::of(&others);
        scaling.apply(&mut others);
        scaling.apply(&mut x);
        let problem = Problem::new(others, labels, classes);
        let parameters = vec![0.0; problem.parameters()];
        Self {
            problem,
            parameters,
            x,
            y,
        }
    }

    /// Fits with the strength `l2`, from where the last fit ended, and scores.
    fn score(&mut self, l2: f64) -> Tally {
        let start = std::mem::take(&mut self.parameters);
        let loss = |at: &[f64], gradient: &mut [f64]| self.problem.loss(at, l2, gradient);
        self.parameters = minimise(&loss, start, TOLERANCE).at;
        tally(&self.parameters, &self.x, &self.y)
    }
}

/// Scores the strengths from strong to weak until they only get worse, and tells each score as it is known. The first
/// fold is the validation pictures.
pub(super) fn path(folds: &mut [Fold], told: &dyn Fn(&Score)) -> Vec<Score> {
    let mut scores: Vec<Score> = Vec::new();
    for l2 in strengths() {
        let tallies: Vec<Tally> = folds.par_iter_mut().map(|fold| fold.score(l2)).collect();
        let score = score(l2, &tallies);
        told(&score);
        scores.push(score);
        let since_best = scores
            .iter()
            .rev()
            .position(|score| Some(*score) == best(&scores));
        if since_best >= Some(PATIENCE) {
            break;
        }
    }
    scores
}

/// The score with the lowest cross-entropy; of equals the one of the strongest.
pub(super) fn best(scores: &[Score]) -> Option<Score> {
    scores
        .iter()
        .copied()
        .min_by(|a, b| a.cross_entropy.total_cmp(&b.cross_entropy))
}

fn score(l2: f64, tallies: &[Tally]) -> Score {
    let sum = |part: fn(&Tally) -> f64| tallies.iter().map(part).sum::<f64>();
    let count = sum(|tally| tally.count).max(1.0);
    let validation = tallies.first().copied().unwrap_or_default();
    Score {
        l2,
        cross_entropy: sum(|tally| tally.cross_entropy) / count,
        accuracy: sum(|tally| tally.right) / count,
        validation_accuracy: validation.right / validation.count.max(1.0),
    }
}

/// How `parameters` do on the rows of `x` with labels `y`.
fn tally(parameters: &[f64], x: &Array2<f32>, y: &[u32]) -> Tally {
    let d = x.ncols();
    let (weights, bias) = parameters.split_at(parameters.len() / (d + 1) * d);
    let mut tally = Tally {
        count: y.len() as f64,
        ..Tally::default()
    };
    for (row, &label) in x.rows().into_iter().zip(y) {
        let logit = |(w, b): (&[f64], &f64)| {
            (w.iter()
                .zip(row)
                .map(|(w, &x)| w * f64::from(x))
                .sum::<f64>()
                + b) as f32
        };
        let logits: Vec<f32> = weights.chunks(d.max(1)).zip(bias).map(logit).collect();
        let probabilities = probabilities(logits.into_iter());
        let own = probabilities
            .get(label as usize)
            .copied()
            .unwrap_or_default();
        tally.cross_entropy -= own.max(f64::MIN_POSITIVE).ln();
        tally.right += f64::from(u8::from(probabilities.iter().all(|&p| p <= own)));
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefers_the_lowest_cross_entropy_and_the_strongest_of_equals() {
        let score = |l2, cross_entropy| Score {
            l2,
            cross_entropy,
            accuracy: 0.0,
            validation_accuracy: 0.0,
        };
        let scores = [
            score(1.0, 0.5),
            score(0.1, 0.3),
            score(0.01, 0.3),
            score(0.001, 0.4),
        ];
        assert_eq!(best(&scores).unwrap().l2, 0.1);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn tallies_by_hand() {
        // One feature, two classes: logits x and -x.
        let x = Array2::from_shape_vec((2, 1), vec![1.0, -1.0]).unwrap();
        let tally = tally(&[1.0, -1.0, 0.0, 0.0], &x, &[0, 0]);
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        assert!((tally.cross_entropy + sigmoid(2.0).ln() + sigmoid(-2.0).ln()).abs() < 1e-6);
        assert_eq!((tally.right, tally.count), (1.0, 2.0));
    }

    #[test]
    fn the_score_is_the_mean_over_pictures_and_not_over_folds() {
        let fold = |right, count| Tally {
            cross_entropy: count,
            right,
            count,
        };
        let score = score(0.5, &[fold(1.0, 2.0), fold(6.0, 6.0)]);
        assert_eq!((score.accuracy, score.validation_accuracy), (0.875, 0.5));
        assert_eq!(score.cross_entropy, 1.0);
    }

    #[test]
    fn a_noisy_problem_wants_a_strong_penalty_and_ends_early() {
        // Labels that have nothing to do with the features: the less a head learns, the better.
        let noise = |i: usize| ((i * 7919 % 1009) as f32 / 1009.0) - 0.5;
        let matrix =
            |from: usize| Array2::from_shape_fn((40, 20), |(r, c)| noise(from + r * 20 + c));
        let labels: Vec<u32> = (0..40).map(|i| u32::from(i * i % 7 > 2)).collect();
        let fold = |a, b| Fold::new(matrix(a), labels.clone(), matrix(b), labels.clone(), 2);
        let scores = path(&mut [fold(0, 5000), fold(9000, 777)], &|_| ());
        assert!(best(&scores).unwrap().l2 >= 0.1, "{scores:?}");
        assert!(scores.len() < strengths().count());
    }
}
