//! The messages of TensorBoard's events, with the field numbers of event.proto, summary.proto and histogram.proto.

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Event {
    #[prost(double, tag = "1")]
    pub(super) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(super) step: i64,
    #[prost(string, optional, tag = "3")]
    pub(super) file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub(super) summary: Option<Summary>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(super) value: Vec<Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Value {
    #[prost(string, tag = "1")]
    pub(super) tag: String,
    #[prost(float, optional, tag = "2")]
    pub(super) simple_value: Option<f32>,
    #[prost(message, optional, tag = "5")]
    pub(super) histo: Option<Histogram>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Histogram {
    #[prost(double, tag = "1")]
    pub(super) min: f64,
    #[prost(double, tag = "2")]
    pub(super) max: f64,
    #[prost(double, tag = "3")]
    pub(super) num: f64,
    #[prost(double, tag = "4")]
    pub(super) sum: f64,
    #[prost(double, tag = "5")]
    pub(super) sum_squares: f64,
    /// The upper end of each bucket.
    #[prost(double, repeated, tag = "6")]
    pub(super) bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    pub(super) bucket: Vec<f64>,
}

impl Event {
    /// The first event of every file.
    pub(super) fn version() -> Self {
        Self {
            file_version: Some("brain.Event:2".to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn of(step: usize, summary: Summary) -> Self {
        Self {
            wall_time: step as f64,
            step: step as i64,
            summary: Some(summary),
            ..Self::default()
        }
    }
}

pub(super) fn scalar(tag: &str, value: f64) -> Value {
    Value {
        tag: tag.to_owned(),
        simple_value: Some(value as f32),
        ..Value::default()
    }
}

/// The smallest number that does not fall in with 0, and how much wider each bucket is than the one before, as in
/// TensorFlow's histogram.cc.
const SMALLEST: f64 = 1e-12;
const GROWTH: f64 = 1.1;

pub(super) fn histogram(tag: &str, values: &[f32]) -> Value {
    let mut numbers: Vec<f64> = values.iter().map(|&value| value.into()).collect();
    numbers.sort_by(f64::total_cmp);
    let mut histo = Histogram {
        min: numbers.first().copied().unwrap_or_default(),
        max: numbers.last().copied().unwrap_or_default(),
        num: numbers.len() as f64,
        sum: numbers.iter().sum(),
        sum_squares: numbers.iter().map(|number| number * number).sum(),
        ..Histogram::default()
    };
    for number in numbers {
        let (from, to) = bucket(number);
        match (histo.bucket_limit.last(), histo.bucket.last_mut()) {
            (Some(&last), Some(count)) if last == to => *count += 1.0,
            (last, _) => {
                // Buckets that are left out would widen the next one down to the one before.
                if last.is_some_and(|&last| last < from) {
                    histo.bucket_limit.push(from);
                    histo.bucket.push(0.0);
                }
                histo.bucket_limit.push(to);
                histo.bucket.push(1.0);
            }
        }
    }
    Value {
        tag: tag.to_owned(),
        histo: Some(histo),
        ..Value::default()
    }
}

/// The ends of the bucket that a number falls into; the upper one does not belong to it.
fn bucket(number: f64) -> (f64, f64) {
    let limit = |index: i32| SMALLEST * GROWTH.powi(index);
    let size = number.abs();
    if size < SMALLEST {
        return (-SMALLEST, SMALLEST);
    }
    let mut index = (size / SMALLEST).log(GROWTH).floor() as i32;
    // The logarithm may be off by a rounding.
    while limit(index) > size {
        index -= 1;
    }
    while limit(index + 1) <= size {
        index += 1;
    }
    match number > 0.0 {
        true => (limit(index), limit(index + 1)),
        false => (-limit(index + 1), -limit(index)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_in_a_bucket_that_holds_it() {
        let values = [-3.0, -1e-20, 0.0, 1e-13, 0.5, 0.51, 7.0, 7.0, 1e9];
        let histo = histogram("t", &values).histo.unwrap();
        assert_eq!((histo.min, histo.max, histo.num), (-3.0, 1e9, 9.0));
        assert_eq!(histo.bucket.iter().sum::<f64>(), 9.0);
        assert!(
            histo.bucket_limit.is_sorted_by(|a, b| a < b),
            "{:?}",
            histo.bucket_limit
        );
        let count = |from: f64, to: f64| {
            values
                .iter()
                .filter(|&&v| (from..to).contains(&f64::from(v)))
                .count()
        };
        let froms = std::iter::once(&f64::NEG_INFINITY).chain(&histo.bucket_limit);
        for ((&from, &to), &counted) in froms.zip(&histo.bucket_limit).zip(&histo.bucket) {
            assert_eq!(count(from, to) as f64, counted, "{from} to {to}");
        }
        // Zero and all that is nearly so are one bucket, with 0 in its middle.
        assert!(histo.bucket.contains(&3.0));
        assert!(histogram("t", &[]).histo.unwrap().bucket.is_empty());
    }
}
