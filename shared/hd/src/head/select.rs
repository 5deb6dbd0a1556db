//! The strength of the regularisation, chosen by cross-validation.
//!
//! The images for training and validation are divided into folds, of which the validation images
//! are the first. Each fold is scored by a fit on all the others, and the strength with the lowest
//! mean cross-entropy over all of them is chosen. The validation images alone are often too few to
//! choose by: a strength that is too weak by chance costs more accuracy than the choice is worth.
//! No more folds are scored than have some thousands of images.
//!
//! The cross-entropy is that after the best temperature for the same predictions, since the head is
//! given that too. What is chosen so is stronger than what does best as it is: strong weights tell
//! which label, and the temperature how surely.

use rayon::prelude::*;

use super::calibrate::temperature;
use super::score::Score;
use super::trial::{Tally, Trial};

/// The path ends when so many strengths in a row were no better than the best: the score has one
/// minimum, and the weakest strengths take the longest to fit.
const PATIENCE: usize = 3;

/// A weaker strength must do better than this times what a stronger one does: with a million images
/// weaker ones do better and weaker ones ever so slightly better, and each takes longer to fit.
const WORTHWHILE: f64 = 0.999;

/// Where the path begins, for two labels: it is rare that something stronger does best.
const FIRST: f64 = 10.0;

/// Strengths from strong to weak, four a decade from 100 to 1e-4 for two labels. Standardised
/// features make them mean the same for every base. The gradient by the weights of one label
/// shrinks with the share that it has of the images, and so do the strengths, to mean the same for
/// any number of labels.
fn strengths(labels: usize) -> impl Iterator<Item = f64> {
    (0..=24).map(move |step| share(labels) * 10f64.powf(2.0 - f64::from(step) / 4.0))
}

fn share(labels: usize) -> f64 {
    2.0 / labels.max(2) as f64
}

/// Whether the strength that did best is the strongest or the weakest of those for so many labels,
/// so that one beyond might do better still.
pub(super) fn is_at_edge(best: &Score, labels: usize) -> bool {
    let (first, last) = (strengths(labels).next(), strengths(labels).last());
    [first, last].contains(&Some(best.l2))
}

/// How one strength does, whose fits are the best then.
pub(super) fn score(trials: &mut [Trial], l2: f64) -> Score {
    let score = latest(trials, l2);
    trials.iter_mut().for_each(Trial::keep);
    score
}

/// How a strength does in all trials, of which the first is that of the validation images.
fn latest(trials: &mut [Trial], l2: f64) -> Score {
    Trial::fit_all(trials, l2);
    let temperature = temperature(trials);
    let tallies = trials.par_iter().map(|trial| trial.tally(temperature));
    mean(l2, temperature, &tallies.collect::<Vec<_>>())
}

/// Scores the strengths from the first on, down until they only get worse, and where the first does
/// best, up too; tells each score as it is known. They come back from strong to weak.
pub(super) fn path(trials: &mut [Trial], told: &dyn Fn(&Score)) -> Vec<Score> {
    let mut scores = Vec::new();
    let labels = trials.first().map_or(0, |trial| trial.classes());
    let is_up = |l2: &f64| *l2 > 1.001 * FIRST * share(labels);
    let down = strengths(labels).skip_while(is_up);
    let up = strengths(labels).take_while(is_up).collect::<Vec<f64>>();
    go(trials, down, &mut scores, told);
    if best(&scores) == scores.first().copied() {
        go(trials, up.into_iter().rev(), &mut scores, told);
    }
    scores
}

/// Scores one strength after the other, until they only get worse.
fn go(
    trials: &mut [Trial],
    strengths: impl Iterator<Item = f64>,
    scores: &mut Vec<Score>,
    told: &dyn Fn(&Score),
) {
    let mut since_best = 0;
    for l2 in strengths {
        let score = latest(trials, l2);
        told(&score);
        scores.push(score);
        scores.sort_by(|a, b| b.l2.total_cmp(&a.l2));
        if best(scores) == Some(score) {
            trials.iter_mut().for_each(Trial::keep);
            since_best = 0;
        } else {
            since_best += 1;
        }
        if since_best == PATIENCE {
            break;
        }
    }
}

/// The score with the lowest cross-entropy; of those that are as good as equal the strongest one's.
pub(super) fn best(scores: &[Score]) -> Option<Score> {
    let better =
        |best: Score, next: Score| match next.cross_entropy < WORTHWHILE * best.cross_entropy {
            true => next,
            false => best,
        };
    scores.iter().copied().reduce(better)
}

fn mean(l2: f64, temperature: f64, tallies: &[Tally]) -> Score {
    let sum = |part: fn(&Tally) -> f64| tallies.iter().map(part).sum::<f64>();
    let validation = tallies.first().copied().unwrap_or_default();
    let weight = sum(|tally| tally.weight).max(f64::MIN_POSITIVE);
    Score {
        l2,
        temperature,
        cross_entropy: sum(|tally| tally.cross_entropy) / weight,
        accuracy: sum(|tally| tally.right) / weight,
        folds: tallies.len() as u32,
        images: sum(|tally| tally.images) as u64,
        validation_accuracy: validation.right_images / validation.images.max(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hd_softmax::Example;
    use hd_softmax::Problem;
    use hd_softmax::{Moments, Scaling};

    #[test]
    fn prefers_the_lowest_cross_entropy_and_the_strongest_of_equals() {
        let score = |l2, cross_entropy| Score {
            l2,
            temperature: 1.0,
            cross_entropy,
            accuracy: 0.0,
            folds: 1,
            images: 1,
            validation_accuracy: 0.0,
        };
        let scores = [
            score(1.0, 0.5),
            score(0.1, 0.3),
            score(0.01, 0.299_9),
            score(0.001, 0.4),
        ];
        assert_eq!(best(&scores).unwrap().l2, 0.1);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn the_strongest_and_the_weakest_strength_are_the_edges() {
        let score = |l2| Score {
            l2,
            ..Score::default()
        };
        assert_eq!(strengths(2).count(), 25);
        for (l2, edge) in [(100.0, true), (1.0, false), (1e-4, true)] {
            let near = strengths(2).min_by(|a, b| (a - l2).abs().total_cmp(&(b - l2).abs()));
            assert_eq!(is_at_edge(&score(near.unwrap()), 2), edge, "{l2}");
        }
    }

    #[test]
    fn the_score_is_the_mean_over_images_and_not_over_folds() {
        let fold = |right, images| Tally {
            cross_entropy: images,
            right,
            weight: images,
            right_images: right,
            images,
        };
        let score = mean(0.5, 1.0, &[fold(1.0, 2.0), fold(6.0, 6.0)]);
        assert_eq!((score.accuracy, score.validation_accuracy), (0.875, 0.5));
        assert_eq!(score.cross_entropy, 1.0);
        assert_eq!((score.folds, score.images), (2, 8));
    }

    #[test]
    fn a_noisy_problem_wants_a_strong_penalty_and_ends_early() {
        // Labels that have nothing to do with the features: the less a head learns, the better.
        let noise = |i: usize| ((i * 7919 % 1009) as f32 / 1009.0) - 0.5;
        let rows: Vec<f32> = (0..4 * 40 * 20).map(noise).collect();
        let examples: Vec<Example> = (rows.chunks(20).zip(0..))
            .map(|(x, i)| Example {
                x: x.into(),
                factor: 1.0,
                label: u32::from(i * i % 7 > 2),
            })
            .collect();
        let mut trials: Vec<Trial> = (examples.chunks(80))
            .map(|both| {
                let (scored, others) = both.split_at(40);
                let scaling = Scaling::of(&Moments::of(&others.into()));
                let problem = Problem::new(others.into(), scaling, &[1.0, 1.0]);
                let start = vec![0.0; problem.parameters()];
                Trial::new(problem, scored.into(), start)
            })
            .collect();
        let scores = path(&mut trials, &|_| ());
        assert!(best(&scores).unwrap().l2 >= 0.1, "{scores:?}");
        assert!(scores.len() < strengths(2).count());
        // What was kept are the fits with the best strength.
        let chosen = best(&scores).unwrap();
        let kept: Vec<Vec<f64>> = trials
            .iter()
            .map(|trial| trial.parameters().to_vec())
            .collect();
        score(&mut trials, chosen.l2);
        for (trial, kept) in trials.iter().zip(kept) {
            let far = (trial.parameters().iter().zip(kept)).any(|(a, b)| (a - b).abs() > 1e-2);
            assert!(!far);
        }
    }
}
