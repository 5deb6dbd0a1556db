//! Temperature scaling: logits are divided by a temperature, so that answers with a probability of
//! 90 % are right in 90 % of the cases (Guo et al., "On Calibration of Modern Neural Networks",
//! 2017).
//!
//! The temperature minimises the cross-entropy of predictions for images that the fits did not see.
//! With few images, all of which may be right by chance, the minimum would lie at boundless
//! confidence; so ln(temperature)^2 / 2 is added to the sum over all images: next to nothing for
//! some hundreds, and a temperature near 1 for a handful.

use rayon::prelude::*;

use super::trial::Trial;
use hd_softmax::probabilities;

/// The inverse temperature is looked for between its inverse and this. The strongest strengths leave
/// logits so small that it is large.
const LARGEST: f64 = 32.0;
const MAX_PASSES: usize = 40;

/// The temperature for the predictions of the latest fits of these trials, each for the images of
/// its fold.
pub(super) fn temperature(trials: &[Trial]) -> f64 {
    let slope = |inverse: f64| {
        let slopes = trials.par_iter().map(|trial| of_trial(trial, inverse));
        let slopes: Vec<Slope> = slopes.collect();
        slopes.into_iter().fold(prior(inverse), Slope::and)
    };
    1.0 / minimum(&slope)
}

/// The first and second derivative of the cross-entropy by the inverse temperature.
#[derive(Clone, Copy, Debug, Default)]
struct Slope {
    first: f64,
    second: f64,
}

impl Slope {
    fn and(self, other: Self) -> Self {
        Self {
            first: self.first + other.first,
            second: self.second + other.second,
        }
    }

    /// That of one image: with p = softmax(inverse z) the mean of z by p less that of the label,
    /// and its variance by p.
    fn of(logits: &[f64], label: u32, inverse: f64) -> Self {
        let probabilities = probabilities(logits.iter().map(|z| inverse * z));
        let mean: f64 = logits.iter().zip(&probabilities).map(|(z, p)| z * p).sum();
        let squares = logits.iter().zip(&probabilities).map(|(z, p)| z * z * p);
        let true_logit = logits.get(label as usize).copied().unwrap_or_default();
        Self {
            first: mean - true_logit,
            second: (squares.sum::<f64>() - mean * mean).max(0.0),
        }
    }
}

/// That of ln(inverse)^2 / 2.
fn prior(inverse: f64) -> Slope {
    Slope {
        first: inverse.ln() / inverse,
        second: (1.0 - inverse.ln()) / inverse.powi(2),
    }
}

fn of_trial(trial: &Trial, inverse: f64) -> Slope {
    let mut sum = Slope::default();
    trial.predict(|logits, label| {
        let Slope { first, second } = Slope::of(logits, label, inverse);
        let weight = trial.weight(label);
        sum.first += weight * first;
        sum.second += weight * second;
    });
    sum
}

/// Where a function falls no more: Newton's method, kept between bounds that every step narrows.
fn minimum(slope: &dyn Fn(f64) -> Slope) -> f64 {
    let (mut low, mut high) = (1.0 / LARGEST, LARGEST);
    let mut at = 1.0;
    for _ in 0..MAX_PASSES {
        let Slope { first, second } = slope(at);
        if first > 0.0 {
            high = at;
        } else {
            low = at;
        }
        let newton = at - first / second;
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        let moved = (next - at).abs();
        at = next;
        if moved <= 1e-6 * at {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use hd_rows::Row;
    use hd_softmax::Example;
    use hd_softmax::Problem;
    use hd_softmax::Scaling;

    /// Predictions with logits -scale and scale for the second label, of which some are wrong.
    fn with(scale: f64, right: usize, wrong: usize) -> f64 {
        let examples: Vec<Example> = (0..right + wrong)
            .map(|index| Example {
                x: Row::Here(&[1.0]),
                factor: 1.0,
                label: u32::from(index < right),
            })
            .collect();
        let scaling = Scaling {
            mean: vec![0.0],
            scale: vec![1.0],
            length: 1.0,
        };
        let problem = Problem::new(examples.as_slice().into(), scaling, &[1.0, 1.0]);
        temperature(&[Trial::new(
            problem,
            examples.as_slice().into(),
            vec![scale, 0.0],
        )])
    }

    #[test]
    fn makes_scores_what_they_say() {
        // sigmoid(2 scale / T) has to be the share that is right.
        let t = with(2.0, 9000, 1000);
        assert!((1.0 / (1.0 + (-4.0 / t).exp()) - 0.9).abs() < 1e-3, "{t}");
        let t = with(0.5, 9000, 1000);
        assert!((1.0 / (1.0 + (-1.0 / t).exp()) - 0.9).abs() < 1e-3, "{t}");
    }

    #[test]
    fn few_images_that_are_all_right_do_not_make_it_certain() {
        // Where 10 * 4 / (1 + exp(4 / T)) = T ln(1 / T).
        let t = with(2.0, 10, 0);
        assert!(
            (40.0 / (1.0 + (4.0 / t).exp()) + t * t.ln()).abs() < 1e-5,
            "{t}"
        );
        assert!((0.6..0.9).contains(&t), "{t}");
        assert!((temperature(&[]) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn slopes_agree_with_finite_differences() {
        let logits = [0.3, -1.2, 2.0];
        let entropy = |inverse: f64| {
            let p = probabilities(logits.iter().map(|z| inverse * z));
            inverse.ln().powi(2) / 2.0 - p[1].ln()
        };
        let (at, h) = (0.7, 1e-4);
        let slope = Slope::of(&logits, 1, at).and(prior(at));
        let first = (entropy(at + h) - entropy(at - h)) / (2.0 * h);
        let second = (entropy(at + h) - 2.0 * entropy(at) + entropy(at - h)) / (h * h);
        assert!((slope.first - first).abs() < 1e-6 && (slope.second - second).abs() < 1e-5);
    }
}
