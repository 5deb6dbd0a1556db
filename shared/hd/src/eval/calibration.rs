//! Calibration: whether answers with a probability of 90 % are right in 90 % of the cases.

use serde::{Deserialize, Serialize};

/// Bins of equal width, in which the highest probability of each image is compared with how often
/// it is right.
const BINS: usize = 15;

/// Figures of probabilities that are meant to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Mean of -log p(right label), in nats.
    pub cross_entropy: f64,
    /// Expected calibration error: in fifteen bins of the highest probability, how far its mean is
    /// from the share that is right, weighted by the images in each (Guo et al., "On Calibration of
    /// Modern Neural Networks", 2017).
    pub calibration_error: f64,
}

/// Sums over images that make a [`Calibration`].
#[derive(Clone, Debug, Default)]
pub(super) struct CalibrationSum {
    cross_entropy: f64,
    n: f64,
    /// Of each bin the sum of the highest probabilities, less how many of them are right.
    excess: [f64; BINS],
}

impl CalibrationSum {
    /// Counts an image whose right label has the probability `truth`, and whose highest is `score`.
    pub(super) fn add(&mut self, truth: f64, score: f64, right: bool) {
        self.n += 1.0;
        self.cross_entropy -= truth.max(f64::MIN_POSITIVE).ln();
        let bin = ((score * BINS as f64) as usize).min(BINS - 1);
        if let Some(excess) = self.excess.get_mut(bin) {
            *excess += score - f64::from(u8::from(right));
        }
    }

    pub(super) fn calibration(&self) -> Calibration {
        let n = self.n.max(1.0);
        let excess = self.excess.iter().map(|excess| excess.abs());
        Calibration {
            cross_entropy: self.cross_entropy / n,
            calibration_error: excess.sum::<f64>() / n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_by_hand() {
        let mut tally = CalibrationSum::default();
        // Two bins: 0.95 and 0.97 with one of two right, and 0.6 with one of one.
        tally.add(0.95, 0.95, true);
        tally.add(0.03, 0.97, false);
        tally.add(0.6, 0.6, true);
        let Calibration {
            cross_entropy,
            calibration_error,
        } = tally.calibration();
        let entropy = -(0.95f64.ln() + 0.03f64.ln() + 0.6f64.ln()) / 3.0;
        assert!((cross_entropy - entropy).abs() < 1e-12);
        assert!((calibration_error - (0.92 + 0.4) / 3.0).abs() < 1e-12);
        // Certainty belongs to the last bin, and is no error where it is right.
        let mut sure = CalibrationSum::default();
        sure.add(1.0, 1.0, true);
        assert_eq!(sure.calibration().calibration_error, 0.0);
    }
}
