//! What the rounding of weights does to the mean of a convolution's outputs.

/// What rounded weights take from the mean of each output, over places and images: the sum of their errors, each times
/// the mean of the input channel that it is of.
///
/// `weights` and `rounded` are [out, in / groups, places of the kernel], `means` has a number for each input channel.
/// Adding it to the biases is the bias correction of Nagel, van Baalen, Blankevoort, Welling: "Data-Free Quantization
/// Through Weight Equalization and Bias Correction", 2019, section 4.2. Outputs at the edges, where there is padding, are
/// taken for the others.
pub(super) fn lost(
    weights: &[f32],
    rounded: &[f64],
    outputs: usize,
    inputs: usize,
    means: &[f64],
) -> Vec<f64> {
    let each = (weights.len() / outputs.max(1)).max(1);
    let places = (each / inputs.max(1)).max(1);
    let groups = (means.len() / inputs.max(1)).max(1);
    let in_group = outputs.div_ceil(groups).max(1);
    let filters = weights.chunks(each).zip(rounded.chunks(each)).enumerate();
    let lost = filters.map(|(output, (weights, rounded))| {
        let first = output / in_group * inputs;
        let channels = weights.chunks(places).zip(rounded.chunks(places));
        let channels = channels.zip(means.iter().skip(first));
        let sums = channels.map(|((weights, rounded), mean)| {
            let pairs = weights.iter().zip(rounded);
            mean * pairs.map(|(&w, r)| f64::from(w) - r).sum::<f64>()
        });
        sums.sum()
    });
    lost.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_counts_by_the_mean_of_its_own_channel() {
        // Two filters of two channels and two places; then one filter for each of two channels.
        let weights = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let rounded = [1.5, 2.0, 3.0, 3.0, 5.0, 6.0, 7.0, 8.0];
        assert_eq!(lost(&weights, &rounded, 2, 2, &[2.0, 10.0]), [9.0, 0.0]);
        let depthwise = lost(&weights[..4], &rounded[..4], 2, 1, &[2.0, 10.0]);
        assert_eq!(depthwise, [-1.0, 10.0]);
    }
}
