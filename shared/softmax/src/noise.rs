//! Numbers for tests.

/// So many numbers from -0.5 to 0.5 that look random, and others for each seed.
pub(crate) fn noise(count: usize, seed: usize) -> Vec<f32> {
    let number = |i: usize| ((i + seed) * 7919 % 1009) as f32 / 1009.0 - 0.5;
    (0..count).map(number).collect()
}
