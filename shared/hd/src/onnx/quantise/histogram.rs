//! How often the values of a tensor occur, and the range that bytes had best cover.

use std::fmt;
use std::ops::RangeInclusive;

/// Bins on either side of zero.
const HALF: usize = 2048;
/// The width of a bin before the first value. It doubles until the largest has a bin.
const NARROW: f64 = 1.0 / (1u64 << 40) as f64;
/// Parts of the whole range that are tried as its ends, from all of it down to a fifth.
const PARTS: RangeInclusive<u32> = 20..=100;
/// The steps that 256 values have between them.
const STEPS: f64 = 255.0;

/// The smallest and the largest value that bytes stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    /// The smallest value.
    pub(super) min: f64,
    /// The largest value.
    pub(super) max: f64,
}

/// How much of what was seen bytes are to cover.
///
/// Few values that are far out make all others coarse, and how much they matter is another matter in every network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    All,
    /// All but one in so many values at either end.
    AllBut(u64),
    /// The range for which bytes differ least from the values, in the mean of squares.
    LeastError,
}

impl Coverage {
    /// Those that have been the best for some network.
    pub const ALL: [Self; 5] = [
        Self::All,
        Self::AllBut(1_000),
        Self::AllBut(10_000),
        Self::AllBut(100_000),
        Self::LeastError,
    ];
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => write!(f, "whole ranges"),
            Self::AllBut(part) => write!(f, "ranges without one value in {part} at either end"),
            Self::LeastError => write!(f, "ranges of least error"),
        }
    }
}

/// Counts of the values of a tensor but for zeros, in bins of one width around zero.
///
/// The width doubles when a value has no bin, so that one look at each image is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    counts: Vec<u64>,
    width: f64,
    min: f32,
    max: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; 2 * HALF],
            width: NARROW,
            min: 0.0,
            max: 0.0,
        }
    }
}

impl Histogram {
    /// Counts these values too.
    pub fn add(&mut self, values: &[f32]) {
        // Smallest and largest pass over what is no number.
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            self.max = value;
            return;
        }
        self.min = values.iter().copied().fold(self.min, f32::min);
        self.max = values.iter().copied().fold(self.max, f32::max);
        while self.is_finite() && f64::from(self.max.max(-self.min)) >= self.width * HALF as f64 {
            self.widen();
        }
        // Zero is held exactly, whatever the range.
        let scale = 1.0 / self.width;
        for &value in values.iter().filter(|&&value| value != 0.0) {
            // The sum is not negative, so that a cast rounds it down. All of this is exact.
            let bin = f64::from(value) * scale + HALF as f64;
            if let Some(count) = self.counts.get_mut(bin as usize) {
                *count += 1;
            }
        }
    }

    /// The range that bytes are to cover; zero is always in it. None where a value was not finite.
    pub(super) fn range(&self, coverage: Coverage) -> Option<Range> {
        let whole = Range {
            min: self.min.into(),
            max: self.max.into(),
        };
        self.is_finite().then(|| match coverage {
            Coverage::All => whole,
            Coverage::AllBut(part) => self.without(whole, part),
            Coverage::LeastError => self.of_least_error(whole),
        })
    }

    /// The range that leaves out one of `part` values at either end.
    fn without(&self, whole: Range, part: u64) -> Range {
        let few = self.counts.iter().sum::<u64>() / part.max(1);
        let mut below = 0;
        let first = self.counts.iter().position(|count| {
            below += count;
            below > few
        });
        let mut above = 0;
        let last = self.counts.iter().rposition(|count| {
            above += count;
            above > few
        });
        let edge = |bin: usize| (bin as f64 - HALF as f64) * self.width;
        Range {
            min: first.map_or(0.0, |bin| edge(bin).clamp(whole.min, 0.0)),
            max: last.map_or(0.0, |bin| edge(bin + 1).clamp(0.0, whole.max)),
        }
    }

    /// The range for which bytes differ least from the values, in the mean of squares.
    ///
    /// Values outside the range become its ends, and those within are off by a part of a step, evenly spread.
    fn of_least_error(&self, whole: Range) -> Range {
        let of = |end: f64| PARTS.rev().map(move |part| end * f64::from(part) / 100.0);
        let mut best = whole;
        for _ in 0..2 {
            let Range { min, .. } = best;
            best = self.least(best, of(whole.max).map(|max| Range { min, max }));
            let Range { max, .. } = best;
            best = self.least(best, of(whole.min).map(|min| Range { min, max }));
        }
        best
    }

    /// The best of some ranges; the first of equals.
    fn least(&self, first: Range, ranges: impl Iterator<Item = Range>) -> Range {
        let mut best = (self.error(&first), first);
        for range in ranges {
            let error = self.error(&range);
            if error < best.0 {
                best = (error, range);
            }
        }
        best.1
    }

    /// The sum of the squares by which bytes for this range differ from the values.
    fn error(&self, range: &Range) -> f64 {
        let step = (range.max - range.min) / STEPS;
        let within = step * step / 12.0;
        let bins = self.counts.iter().enumerate();
        let errors = bins.filter(|(_, count)| **count > 0).map(|(bin, &count)| {
            let value = (bin as f64 - HALF as f64 + 0.5) * self.width;
            let outside = (value - range.max).max(range.min - value).max(0.0);
            count as f64
                * if outside > 0.0 {
                    outside * outside
                } else {
                    within
                }
        });
        errors.sum()
    }

    fn is_finite(&self) -> bool {
        self.max.is_finite()
    }

    /// Makes bins twice as wide.
    fn widen(&mut self) {
        let mut counts = vec![0; 2 * HALF];
        for (bin, count) in self.counts.iter().enumerate() {
            if let Some(sum) = counts.get_mut(bin.midpoint(HALF)) {
                *sum += count;
            }
        }
        self.counts = counts;
        self.width *= 2.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f32]) -> Histogram {
        let mut histogram = Histogram::default();
        histogram.add(values);
        histogram
    }

    #[test]
    fn the_order_of_values_makes_no_difference() {
        let values = [0.001, -3.0, 250.0, 0.5, -0.25, 7.0];
        let mut one_by_one = Histogram::default();
        for value in values.iter().rev() {
            one_by_one.add(&[*value]);
        }
        assert_eq!(one_by_one, of(&values));
    }

    #[test]
    fn a_lone_value_far_out_counts_as_much_as_it_would_be_off() {
        let even: Vec<f32> = (0..100_000).map(|i| i as f32 / 50_000.0 - 1.0).collect();
        let range = of(&even).range(Coverage::LeastError).unwrap();
        assert!(range.min < -0.98 && range.max > 0.97, "{range:?}");
        let far = [&even[..], &[8.0]].concat();
        let range = of(&far).range(Coverage::LeastError).unwrap();
        // Where (8 - max)^2 + 100,000 (max + 1)^2 / 255^2 / 12 is least.
        assert!((6.9..7.05).contains(&range.max), "{range:?}");
        let range = of(&far).range(Coverage::AllBut(10_000)).unwrap();
        assert!((0.99..1.02).contains(&range.max), "{range:?}");
        assert_eq!(of(&far).range(Coverage::All).unwrap().max, 8.0);
        // Where it is not alone, it counts.
        let many = [&even[..], &[8.0; 10_000]].concat();
        assert!(of(&many).range(Coverage::LeastError).unwrap().max > 7.0);
    }

    #[test]
    fn zeros_alone_are_a_range_and_what_is_not_finite_is_none() {
        let range = of(&[0.0; 5]).range(Coverage::LeastError).unwrap();
        assert_eq!((range.min, range.max), (0.0, 0.0));
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(of(&[1.0, value, 2.0]).range(Coverage::LeastError), None);
        }
    }
}
