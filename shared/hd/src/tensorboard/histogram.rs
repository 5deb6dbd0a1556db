//! Numbers counted in buckets that grow by a tenth, as in TensorFlow's histogram.cc.

use std::collections::BTreeMap;

use super::event::{HistogramProto, Value};

/// The smallest number that does not fall in with 0, and how much wider each bucket is than the one
/// before.
const SMALLEST: f64 = 1e-12;
const GROWTH: f64 = 1.1;

/// How numbers are distributed.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    min: f64,
    max: f64,
    count: f64,
    sum: f64,
    squares: f64,
    /// By the number of the bucket: 0 holds 0, and those of negative numbers are negative.
    buckets: BTreeMap<i32, f64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            count: 0.0,
            sum: 0.0,
            squares: 0.0,
            buckets: BTreeMap::new(),
        }
    }
}

impl Histogram {
    /// Counts a number.
    pub(super) fn add(&mut self, number: f64) {
        self.min = self.min.min(number);
        self.max = self.max.max(number);
        self.count += 1.0;
        self.sum += number;
        self.squares += number * number;
        *self.buckets.entry(bucket(number)).or_default() += 1.0;
    }

    /// Counts what `other` has counted.
    pub(super) fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }

    pub(super) fn min(&self) -> f64 {
        self.min
    }

    pub(super) fn max(&self) -> f64 {
        self.max
    }

    pub(super) fn value(&self, tag: &str) -> Value {
        let mut histo = HistogramProto {
            min: self.min,
            max: self.max,
            num: self.count,
            sum: self.sum,
            sum_squares: self.squares,
            ..HistogramProto::default()
        };
        for (&bucket, &count) in &self.buckets {
            let (from, to) = ends(bucket);
            // Buckets that are left out would widen the next one down to the one before.
            if histo.bucket_limit.last().is_some_and(|&last| last < from) {
                histo.bucket_limit.push(from);
                histo.bucket.push(0.0);
            }
            histo.bucket_limit.push(to);
            histo.bucket.push(count);
        }
        Value {
            tag: tag.to_owned(),
            histo: Some(histo),
            ..Value::default()
        }
    }
}

impl FromIterator<f64> for Histogram {
    fn from_iter<T: IntoIterator<Item = f64>>(numbers: T) -> Self {
        let mut histogram = Self::default();
        numbers.into_iter().for_each(|number| histogram.add(number));
        histogram
    }
}

fn limit(index: i32) -> f64 {
    SMALLEST * GROWTH.powi(index)
}

/// The number of the bucket that a number falls into.
fn bucket(number: f64) -> i32 {
    let size = number.abs();
    if size < SMALLEST {
        return 0;
    }
    let mut index = ((size / SMALLEST).ln() / GROWTH.ln()).floor() as i32;
    // The logarithm may be off by a rounding.
    while limit(index) > size {
        index -= 1;
    }
    while limit(index + 1) <= size {
        index += 1;
    }
    if number > 0.0 { index + 1 } else { -index - 1 }
}

/// The ends of a bucket. The one nearer to 0 belongs to it.
fn ends(bucket: i32) -> (f64, f64) {
    match bucket {
        0 => (-SMALLEST, SMALLEST),
        1.. => (limit(bucket - 1), limit(bucket)),
        _ => (-limit(-bucket), -limit(-bucket - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_in_a_bucket_that_holds_it() {
        let values = [-3.0, -1e-20, 0.0, 1e-13, 0.5, 0.51, 7.0, 7.0, 1e9];
        let histogram: Histogram = values.into_iter().collect();
        let histo = histogram.value("t").histo.unwrap();
        assert_eq!((histo.min, histo.max, histo.num), (-3.0, 1e9, 9.0));
        assert_eq!(histo.bucket.iter().sum::<f64>(), 9.0);
        assert!(
            histo.bucket_limit.is_sorted_by(|a, b| a < b),
            "{:?}",
            histo.bucket_limit
        );
        let count = |from: f64, to: f64| values.iter().filter(|v| (from..to).contains(v)).count();
        let froms = std::iter::once(&f64::NEG_INFINITY).chain(&histo.bucket_limit);
        for ((&from, &to), &counted) in froms.zip(&histo.bucket_limit).zip(&histo.bucket) {
            assert_eq!(count(from, to) as f64, counted, "{from} to {to}");
        }
        // Zero and all that is nearly so are one bucket, with 0 in its middle.
        assert!(histo.bucket.contains(&3.0));
        let none = Histogram::default().value("t").histo.unwrap();
        assert!(none.bucket.is_empty());
    }

    #[test]
    fn parts_together_are_the_whole() {
        let (a, b) = ([-1.0, 0.5, 0.5], [2.0, -1.0]);
        let mut both: Histogram = a.into_iter().collect();
        both.merge(&b.into_iter().collect());
        let whole: Histogram = a.into_iter().chain(b).collect();
        assert_eq!(both.value("t"), whole.value("t"));
    }
}
