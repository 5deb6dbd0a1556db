//! Standardisation: features are brought to mean 0 and standard deviation 1, each by itself or all
//! by one scale.

use std::ops::Range;

use crate::examples::Examples;

/// Rows whose moments are taken at once.
const PART: usize = 256;

/// The number, means and sums of squared deviations of some rows.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    n: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
    /// The mean of what brings rows to their length, inverted.
    length: f64,
}

impl Moments {
    /// Those of these examples.
    pub fn of(examples: &Examples) -> Self {
        Self::of_range(examples, 0..examples.len())
    }

    /// Halves in parallel, down to a part; the parts depend on nothing but their number, and so do
    /// the sums.
    fn of_range(examples: &Examples, range: Range<usize>) -> Self {
        if range.len() <= PART {
            return Self::of_part(examples, range);
        }
        let middle = range.start + (range.len() / 2).next_multiple_of(PART);
        let halves = [range.start..middle, middle..range.end];
        let [a, b] = halves.map(|half| move || Self::of_range(examples, half));
        let (a, b) = rayon::join(a, b);
        a.and(&b)
    }

    fn of_part(examples: &Examples, range: Range<usize>) -> Self {
        let (n, d) = (range.len() as f64, examples.size());
        let (mut mean, mut squares, mut length) = (vec![0.0; d], vec![0.0; d], 0.0);
        for row in examples.iter(range.clone()) {
            let factor = f64::from(row.factor);
            let x = row.x.floats();
            let sums = mean.iter_mut().zip(&*x);
            sums.for_each(|(sum, &x)| *sum += factor * f64::from(x));
            length += 1.0 / factor;
        }
        mean.iter_mut().for_each(|mean| *mean /= n.max(1.0));
        length /= n.max(1.0);
        for row in examples.iter(range) {
            let x = row.x.floats();
            let deviations = x
                .iter()
                .zip(&mean)
                .map(|(&x, mean)| f64::from(row.factor) * f64::from(x) - mean);
            let sums = squares.iter_mut().zip(deviations);
            sums.for_each(|(sum, deviation)| *sum += deviation * deviation);
        }
        Self {
            n,
            mean,
            squares,
            length,
        }
    }

    /// Those of both lots of rows together (Chan, Golub and LeVeque, 1979).
    pub fn and(&self, other: &Self) -> Self {
        if self.n == 0.0 || other.n == 0.0 {
            return if self.n == 0.0 { other } else { self }.clone();
        }
        let n = self.n + other.n;
        let means = || self.mean.iter().zip(&other.mean);
        let squares = self.squares.iter().zip(&other.squares);
        Self {
            n,
            length: self.length + (other.length - self.length) * (other.n / n),
            mean: means().map(|(a, b)| a + (b - a) * (other.n / n)).collect(),
            squares: squares
                .zip(means())
                .map(|((s, t), (a, b))| s + t + (b - a).powi(2) * (self.n * other.n / n))
                .collect(),
        }
    }
}

/// Standardises features: `(x - mean) * scale`.
#[derive(Clone, Debug)]
pub struct Scaling {
    /// Of each feature, D numbers.
    pub mean: Vec<f32>,
    /// Of each feature, D numbers; 0 for a feature that never varies, which is then ignored.
    pub scale: Vec<f64>,
    /// The usual length of rows before their factors, by which `mean` is about that of the numbers as
    /// they lie there.
    pub length: f32,
}

impl Scaling {
    /// The scaling that brings rows of these moments to mean 0 and standard deviation 1.
    pub fn of(moments: &Moments) -> Self {
        let variances = moments.squares.iter().map(|sum| sum / moments.n.max(1.0));
        // Less than single precision can tell from a feature that never varies.
        let varies = |variance: f64, mean: f64| variance > 1e-12 * mean.powi(2).max(1.0);
        let scale = |(variance, &mean): (f64, &f64)| match varies(variance, mean) {
            true => 1.0 / variance.sqrt(),
            false => 0.0,
        };
        Self {
            scale: variances.zip(&moments.mean).map(scale).collect(),
            mean: moments.mean.iter().map(|&mean| mean as f32).collect(),
            length: moments.length as f32,
        }
    }

    /// The scaling that brings rows of these moments to mean 0, and by one scale for all features to
    /// a mean variance of 1. For rows of one length, in which features of little variance tell little,
    /// it does better than a scale for each.
    pub fn common(moments: &Moments) -> Self {
        let each = Self::of(moments);
        let variances = moments.squares.iter().map(|sum| sum / moments.n.max(1.0));
        let variance = variances.sum::<f64>() / each.size().max(1) as f64;
        let common = if variance > 0.0 {
            1.0 / variance.sqrt()
        } else {
            0.0
        };
        let scale = each
            .scale
            .iter()
            .map(|&scale| if scale > 0.0 { common } else { 0.0 });
        Self {
            scale: scale.collect(),
            ..each
        }
    }

    /// The size D of a row.
    pub fn size(&self) -> usize {
        self.mean.len()
    }

    /// The weights for `x - mean` that do what `weights` `[C, D]` do for standardised features.
    pub fn unscaled(&self, weights: &[f64]) -> Vec<f32> {
        let scales = self.scale.iter().cycle();
        weights
            .iter()
            .zip(scales)
            .map(|(w, scale)| (w * scale) as f32)
            .collect()
    }

    /// The weights for standardised features that do what `weights` `[C, D]` do for features as they
    /// are.
    pub fn scaled(&self, weights: &[f32]) -> Vec<f64> {
        let scaled = |(&w, &scale): (&f32, &f64)| {
            if scale > 0.0 {
                f64::from(w) / scale
            } else {
                0.0
            }
        };
        weights
            .iter()
            .zip(self.scale.iter().cycle())
            .map(scaled)
            .collect()
    }

    /// `row . mean`.
    pub fn shift(&self, row: &[f32]) -> f64 {
        let products = row.iter().zip(&self.mean);
        products
            .map(|(&w, &mean)| f64::from(w) * f64::from(mean))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::Example;

    #[test]
    fn moments_of_parts_are_those_of_the_whole() {
        let x: Vec<f32> = (0..3000)
            .map(|i| 1000.0 + ((i * 7919) % 101) as f32)
            .collect();
        let rows: Vec<Example> = (x.chunks(3))
            .map(|x| Example {
                x: x.into(),
                factor: 1.0,
                label: 0,
            })
            .collect();
        let moments = Moments::of(&rows.as_slice().into());
        for feature in 0..3 {
            let values: Vec<f64> = x
                .iter()
                .skip(feature)
                .step_by(3)
                .map(|&x| x.into())
                .collect();
            let mean = values.iter().sum::<f64>() / 1000.0;
            let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
            assert!((moments.mean[feature] - mean).abs() < 1e-9);
            assert!((moments.squares[feature] / squares - 1.0).abs() < 1e-9);
        }
        let none = Moments::default();
        assert_eq!(none.and(&moments).mean, moments.mean);
        assert_eq!(moments.and(&none).squares, moments.squares);
    }

    #[test]
    fn a_feature_that_never_varies_is_ignored() {
        let x = [5.0f32, 1.0, 5.0, 2.0];
        let rows: Vec<Example> = (x.chunks(2))
            .map(|x| Example {
                x: x.into(),
                factor: 1.0,
                label: 0,
            })
            .collect();
        let scaling = Scaling::of(&Moments::of(&rows.as_slice().into()));
        assert_eq!(scaling.scale, [0.0, 2.0]);
        assert_eq!(scaling.unscaled(&[3.0, 3.0]), [0.0, 6.0]);
        assert_eq!(scaling.scaled(&[1.0, 6.0]), [0.0, 3.0]);
        assert_eq!(scaling.shift(&[1.0, 2.0]), 8.0);
    }
}
