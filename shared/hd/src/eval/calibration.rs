//! Calibration: whether answers with a probability of 90 % are right in 90 % of the cases.

use std::f64::consts::FRAC_2_PI;

use serde::{Deserialize, Serialize};

use super::judged::Belief;

/// Bins of equal width, in which the highest probability of each image is compared with how often
/// it is right.
pub(super) const BINS: usize = 15;

/// Figures of probabilities that are meant to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean of -log p(right label), in nats. A probability below 2.2e-16 counts as that, as in
    /// scikit-learn, so that a single image that was held impossible does not make it infinite.
    pub cross_entropy: f64,
    /// Brier score: the squared error of the probabilities, summed over all labels, mean over the
    /// images. It is 0 at best and 2 at worst; with two labels it is twice what is squared for one
    /// of them alone.
    pub brier: f64,
    /// Expected calibration error: in fifteen bins of the highest probability, how far its mean is
    /// from the share that is right, weighted by the images in each (Guo et al., "On Calibration of
    /// Modern Neural Networks", 2017).
    pub calibration_error: f64,
    /// The calibration error that probabilities which are exactly right have with as many images, by
    /// chance alone: the mean of each bin then lies off by sqrt(2/pi sum s (1 - s)) / N on average,
    /// for the scores s in it.
    pub calibration_error_by_chance: f64,
}

impl Calibration {
    /// That of what was believed of each image, and whether the answer was right.
    pub(super) fn of(images: impl IntoIterator<Item = (Belief, bool)>) -> Self {
        let mut sum = Sum::default();
        for (belief, right) in images {
            sum.add(belief, right);
        }
        sum.calibration()
    }
}

/// Sums over images that make a [`Calibration`].
#[derive(Clone, Debug, Default)]
struct Sum {
    cross_entropy: f64,
    squared_error: f64,
    n: f64,
    /// Of each bin the sum of the highest probabilities, less how many of them are right, and what
    /// variance that has by chance.
    bins: [(f64, f64); BINS],
}

impl Sum {
    fn add(&mut self, belief: Belief, right: bool) {
        let Belief {
            truth,
            score,
            squared_error,
        } = belief;
        self.n += 1.0;
        self.cross_entropy -= truth.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln();
        self.squared_error += squared_error;
        let bin = ((score * BINS as f64) as usize).min(BINS - 1);
        if let Some((excess, variance)) = self.bins.get_mut(bin) {
            *excess += score - f64::from(u8::from(right));
            *variance += score * (1.0 - score);
        }
    }

    fn calibration(&self) -> Calibration {
        let n = self.n.max(1.0);
        let errors = self.bins.iter().map(|(excess, _)| excess.abs());
        let by_chance =
            (self.bins.iter()).map(|(_, variance)| (FRAC_2_PI * variance.max(0.0)).sqrt());
        Calibration {
            cross_entropy: self.cross_entropy / n,
            brier: self.squared_error / n,
            calibration_error: errors.sum::<f64>() / n,
            calibration_error_by_chance: by_chance.sum::<f64>() / n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belief(truth: f64, score: f64) -> Belief {
        Belief {
            truth,
            score,
            squared_error: 0.5,
        }
    }

    #[test]
    fn figures_by_hand() {
        // Two bins: 0.95 and 0.97 with one of two right, and 0.6 with one of one.
        let Calibration {
            cross_entropy,
            brier,
            calibration_error,
            calibration_error_by_chance,
        } = Calibration::of([
            (belief(0.95, 0.95), true),
            (belief(0.03, 0.97), false),
            (belief(0.6, 0.6), true),
        ]);
        let entropy = -(0.95f64.ln() + 0.03f64.ln() + 0.6f64.ln()) / 3.0;
        assert!((cross_entropy - entropy).abs() < 1e-12);
        assert!((calibration_error - (0.92 + 0.4) / 3.0).abs() < 1e-12);
        let chance = (0.95f64 * 0.05 + 0.97 * 0.03).sqrt() + (0.6f64 * 0.4).sqrt();
        let chance = chance * (2.0 / std::f64::consts::PI).sqrt() / 3.0;
        assert!((calibration_error_by_chance - chance).abs() < 1e-12);
        assert_eq!(brier, 0.5);
    }

    #[test]
    fn certainty_belongs_to_the_last_bin_and_is_no_error_where_it_is_right() {
        let sure = Calibration::of([(belief(1.0, 1.0), true)]);
        assert_eq!(sure.calibration_error, 0.0);
        let wrong = Calibration::of([(belief(0.0, 1.0), false)]);
        assert_eq!(wrong.calibration_error, 1.0);
        assert!((wrong.cross_entropy - 36.043_653_389_117_15).abs() < 1e-9);
    }
}
