//! Bins of scores, as those of the calibration error.

use super::plot::{Axis, Point};
use crate::eval::accuracy::Accuracy;
use crate::eval::calibration::BINS;
use crate::eval::judged::{Belief, Judged};

/// Half of the room between two bars.
const GAP: f64 = 0.003;

/// The answers with a score in one of the bins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    number: usize,
    sum: f64,
    pub(super) right: u64,
    pub(super) n: u64,
}

impl Bin {
    /// All bins that hold something.
    pub(super) fn all(judged: &[Judged], belief: impl Fn(&Judged) -> Belief) -> Vec<Self> {
        let empty = |number| Self {
            number,
            ..Self::default()
        };
        let mut bins: Vec<Self> = (0..BINS).map(empty).collect();
        for image in judged {
            let score = belief(image).score;
            if let Some(bin) = bins.get_mut(((score * BINS as f64) as usize).min(BINS - 1)) {
                bin.sum += score;
                bin.right += u64::from(image.is_right());
                bin.n += 1;
            }
        }
        bins.retain(|bin| bin.n > 0);
        bins
    }

    pub(super) fn wrong(&self) -> u64 {
        self.n - self.right
    }

    pub(super) fn accuracy(&self) -> Accuracy {
        Accuracy::of(self.right, self.n)
    }

    /// The mean score, and the share that is right.
    pub(super) fn point(&self) -> Point {
        let n = self.n.max(1) as f64;
        (self.sum / n, self.right as f64 / n)
    }

    /// Where its bar begins and ends, on an axis that begins at `from`.
    pub(super) fn edges(&self, from: f64) -> [f64; 2] {
        let [left, right] = [self.number, self.number + 1].map(|edge| edge as f64 / BINS as f64);
        [left.max(from) + GAP, right - GAP]
    }

    /// Where an axis for these begins: at the last quarter that all means are above.
    pub(super) fn from<'a>(bins: impl Iterator<Item = &'a Self>) -> f64 {
        let least = bins.map(|bin| bin.point().0).fold(1.0, f64::min);
        ((4.0 * least).floor() / 4.0).min(0.75)
    }

    /// The axis of scores from there on.
    pub(super) fn axis(from: f64) -> Axis {
        let steps = ((1.0 - from) * 4.0).round().max(2.0) as u32;
        Axis::of_shares("Score", from, 1.0, steps)
    }

    /// All bins in words.
    pub(super) fn rows(bins: &[Self]) -> String {
        let rows = bins.iter().map(|bin| {
            let (score, _) = bin.point();
            format!(
                "{:.0} %: {} right, {} wrong",
                100.0 * score,
                bin.right,
                bin.wrong()
            )
        });
        format!("By mean score: {}.", rows.collect::<Vec<_>>().join("; "))
    }

    /// A count in few digits.
    pub(super) fn short(n: u64) -> String {
        match n {
            0..10_000 => n.to_string(),
            _ => format!("{}k", n / 1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_knows_its_answers_and_empty_ones_are_left_out() {
        let image = |label, p| Judged::new(0, label, &[p, 1.0 - p], &[1.0, 0.0]);
        let judged = [image(0, 0.97), image(1, 0.99), image(0, 1.0), image(0, 0.6)];
        let bins = Bin::all(&judged, |image| image.now);
        let counts: Vec<_> = bins.iter().map(|bin| (bin.right, bin.wrong())).collect();
        assert_eq!(counts, [(1, 0), (2, 1)]);
        assert_eq!(
            (bins[1].point().1, Bin::from(bins.iter())),
            (2.0 / 3.0, 0.5)
        );
        assert!(Bin::all(&[], |image| image.now).is_empty());
    }
}
