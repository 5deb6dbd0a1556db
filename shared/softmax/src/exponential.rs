//! Powers of e in single precision, many at a time.

use std::f32::consts::{LN_2, LOG2_E};

/// Added to a number and taken away again it rounds to a whole one, which stands in the lowest bits
/// in between.
const ROUND: f32 = 12_582_912.0;

/// ln 2 in two parts, of which the first has so few bits that its products are exact.
const HIGH: f32 = 0.693_359_4;
const LOW: f32 = (LN_2 as f64 - 0.693_359_375) as f32;

/// Below this a power is taken for e^-87, the least that is a normal number.
const LEAST: f32 = -87.0;

/// e^x for x up to 0, to single precision. It has no branches and calls nothing, so that the
/// compiler makes vectors of it.
///
/// With n the whole number next to x / ln 2 it is 2^n e^(x - n ln 2), the latter by its Taylor
/// series, and the former by its bits.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = if x > LEAST { x } else { LEAST };
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let rest = x - n * HIGH - n * LOW;
    let mut series = 1.0 / 5040.0;
    for term in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        series = series * rest + term;
    }
    let power = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    series * f32::from_bits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library_to_single_precision() {
        for step in 0..87_000 {
            let x = -(step as f32) / 1000.0;
            let expected = f64::from(x).exp();
            let error = f64::from(exp(x)) / expected - 1.0;
            assert!(error.abs() < 3e-7, "{x}: {error}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 1e-37 && exp(f32::NEG_INFINITY) < 1e-37);
    }
}
