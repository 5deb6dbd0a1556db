//! How numbers are held in bytes.

use super::histogram::Range;

/// The largest byte.
const BYTE: f64 = 255.0;

/// A byte q stands for scale (q - zero).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) scale: f32,
    pub(super) zero: u8,
}

impl Scale {
    /// The scale that covers a range, and 0 exactly, which padding is made of.
    pub(super) fn of(range: &Range) -> Option<Self> {
        let (min, max) = (range.min.min(0.0), range.max.max(0.0));
        let scale = ((max - min) / BYTE) as f32;
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let zero = (-min / f64::from(scale)).round().clamp(0.0, BYTE) as u8;
        scale.is_finite().then_some(Self { scale, zero })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_covers_its_range_and_holds_zero_exactly() {
        let scale = |min, max| Scale::of(&Range { min, max }).unwrap();
        let six = scale(0.0, 6.0);
        // No more than 6, or the activation could not be left to the bytes.
        assert!(six.zero == 0 && six.scale * 255.0 <= 6.0);
        let both = scale(-1.0, 3.0);
        assert_eq!(both.zero, 64);
        assert!(((255.0 - 64.0) * both.scale - 3.0).abs() < both.scale);
        // Ranges that do not hold zero are stretched to it; one of zeros alone has some scale.
        assert_eq!(scale(2.0, 5.0), scale(0.0, 5.0));
        assert_eq!(scale(-5.0, -2.0).zero, 255);
        assert_eq!(
            scale(0.0, 0.0),
            Scale {
                scale: 1.0,
                zero: 0
            }
        );
        assert_eq!(
            Scale::of(&Range {
                min: 0.0,
                max: f64::INFINITY
            }),
            None
        );
    }
}
