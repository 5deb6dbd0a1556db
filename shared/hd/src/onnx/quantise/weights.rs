//! The weights of a layer in integers of 8 bits.
//!
//! Processors without VNNI multiply bytes by such weights two by two, and add the two products in 16 bits, where they can
//! overflow (`vpmaddubsw`). The pairs are neighbouring inputs of one place of the kernel, an even one and the odd one behind
//! it: so ONNX Runtime, oneDNN and FBGEMM lay weights out. Two weights of one sign whose sum is no more than 128 are safe
//! with any two bytes. So the step of an output is chosen for the largest such sum, and most weights still have close to
//! 8 bits, where halving all of them would leave 7. Convolutions of each channel for itself are not computed in pairs.

/// The largest integer, and the largest sum of a pair before it is rounded.
const LARGEST: f64 = 127.0;
/// The largest integer where it is not known which weights are neighbours: no two are more than 128.
const HALVED: f64 = 64.0;
/// No bias is more of its own steps than this, so that it and the sum of products fit in 32 bits.
const BIAS: f64 = (1u32 << 30) as f64;
/// The smallest step, of a layer of zeros.
const SMALLEST: f64 = 1e-20;

/// The weights of a layer, [out, in / groups, places of the kernel].
#[derive(Clone, Copy, Debug)]
pub(super) struct Filters<'a> {
    pub(super) values: &'a [f32],
    pub(super) outputs: usize,
    /// The input channels that an output sees.
    pub(super) inputs: usize,
    pub(super) groups: usize,
}

/// Integers, and for each output what a step of them stands for.
#[derive(Debug)]
pub(super) struct Rounded {
    pub(super) integers: Vec<i8>,
    pub(super) steps: Vec<f32>,
}

impl Rounded {
    /// The numbers that the integers stand for.
    pub(super) fn values(&self) -> Vec<f64> {
        let each = (self.integers.len() / self.steps.len().max(1)).max(1);
        let filters = self.integers.chunks(each).zip(&self.steps);
        let values = filters.flat_map(|(filter, &step)| {
            let value = move |&integer: &i8| f64::from(integer) * f64::from(step);
            filter.iter().map(value)
        });
        values.collect()
    }
}

impl Filters<'_> {
    /// The nearest integers. `biases` are one for each output, and `scale` is what a step of the input stands for.
    pub(super) fn round(&self, biases: &[f32], scale: f32) -> Rounded {
        let each = (self.values.len() / self.outputs.max(1)).max(1);
        let filters = || self.values.chunks(each);
        // A filter of next to nothing leaves its bias, which a step that is as small could not hold.
        let least = |bias: f32| f64::from(bias.abs()) / (f64::from(scale) * BIAS);
        let step = |(filter, &bias)| self.step(filter).max(least(bias)).max(SMALLEST) as f32;
        let steps: Vec<f32> = filters().zip(biases).map(step).collect();
        let integers = filters().zip(&steps).flat_map(|(filter, &step)| {
            let integer = move |&w: &f32| (f64::from(w) / f64::from(step)).round() as i8;
            filter.iter().map(integer)
        });
        Rounded {
            integers: integers.collect(),
            steps,
        }
    }

    /// The smallest step with which the weights of an output cannot overflow.
    fn step(&self, filter: &[f32]) -> f64 {
        let places = (filter.len() / self.inputs.max(1)).max(1);
        let largest = filter
            .iter()
            .fold(0.0, |largest: f64, &w| largest.max(f64::from(w).abs()));
        let is_depthwise = self.inputs == 1 && self.outputs == self.groups;
        if is_depthwise {
            return largest / LARGEST;
        }
        if places > 1 && self.inputs % 2 == 1 {
            return largest / HALVED;
        }
        let pairs = filter
            .chunks(2 * places)
            .filter_map(|two| two.split_at_checked(places));
        let sums = pairs.flat_map(|(even, odd)| even.iter().zip(odd).map(|(&a, &b)| sum(a, b)));
        sums.fold(largest, f64::max) / LARGEST
    }
}

/// The larger of what two weights can add to a sum of products and take from it.
fn sum(a: f32, b: f32) -> f64 {
    let (a, b) = (f64::from(a), f64::from(b));
    (a.max(0.0) + b.max(0.0)).max(-(a.min(0.0) + b.min(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(values: &[f32], outputs: usize, inputs: usize, groups: usize) -> Filters<'_> {
        Filters {
            values,
            outputs,
            inputs,
            groups,
        }
    }

    /// As `vpmaddubsw` adds two products.
    fn overflows(a: i8, b: i8) -> bool {
        [[255, 255], [255, 0], [0, 255]]
            .iter()
            .any(|[x, y]| i16::try_from(x * i32::from(a) + y * i32::from(b)).is_err())
    }

    #[test]
    fn no_pair_of_weights_overflows_and_few_lose_a_bit() {
        // Uneven weights, of both signs.
        let weight = |i: usize| ((i * 7919 % 1000) as f32 / 500.0 - 1.0).powi(3);
        let weights: Vec<f32> = (0..64 * 96).map(weight).collect();
        let zeros = [0.0; 64];
        let rounded = filters(&weights, 64, 96, 1).round(&zeros, 0.02);
        let pairs = rounded.integers.as_chunks::<2>().0;
        assert!(pairs.iter().all(|&[a, b]| !overflows(a, b)));
        let largest = |filter: &[i8]| filter.iter().map(|w| w.unsigned_abs()).max().unwrap();
        assert!(
            rounded
                .integers
                .chunks(96)
                .all(|filter| largest(filter) > 64)
        );
        // Kernels of places: the pairs are of channels, each with its own place.
        let rounded = filters(&weights, 8, 8, 1).round(&zeros[..8], 0.02);
        for channels in rounded.integers.chunks(2 * 96) {
            let (even, odd) = channels.split_at(96);
            assert!(even.iter().zip(odd).all(|(&a, &b)| !overflows(a, b)));
        }
        // Where the channels are odd, the next place may be the neighbour.
        let rounded = filters(&weights[..6 * 27], 6, 3, 1).round(&zeros[..6], 0.02);
        assert!(rounded.integers.iter().all(|w| w.unsigned_abs() <= 64));
        // Each channel for itself has all of its bits.
        let rounded = filters(&weights[..9 * 64], 64, 1, 64).round(&zeros, 0.02);
        assert!(
            rounded
                .integers
                .chunks(9)
                .all(|filter| largest(filter) == 127)
        );
    }

    #[test]
    fn a_filter_of_next_to_nothing_keeps_its_bias() {
        let weights = [1e-30, -1e-30, 0.0, 0.0];
        let biases = [0.75, -2.5];
        let rounded = filters(&weights, 2, 2, 1).round(&biases, 0.02);
        for (bias, step) in biases.iter().zip(&rounded.steps) {
            let product = f64::from(step * 0.02);
            let integer = (f64::from(*bias) / product).round() as i32;
            let held = f64::from(integer) * product;
            assert!((held - f64::from(*bias)).abs() < 1e-6, "{bias}: {held}");
        }
        let nothing = filters(&[0.0; 2], 1, 2, 1).round(&[0.0], 1.0);
        assert!(nothing.steps[0].is_normal() && nothing.integers == [0, 0]);
    }
}
