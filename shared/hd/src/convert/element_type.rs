//! The types of numbers that files of weights hold, and the float32 that each of them becomes.

use crate::float16;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementType {
    /// float64, which is rounded.
    Double,
    /// float32.
    Float,
    /// IEEE 754's binary16.
    Half,
    /// The upper half of a float32.
    Bfloat,
    /// Integers or truth values of so many bytes, which no layer is made of.
    Whole(usize),
}

impl ElementType {
    /// The bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Double => 8,
            Self::Float => 4,
            Self::Half | Self::Bfloat => 2,
            Self::Whole(size) => size,
        }
    }

    /// The element in these bytes, lowest first; none if it is a whole number or bytes are missing.
    pub(super) fn read(self, bytes: &[u8]) -> Option<f32> {
        let word = || bytes.first_chunk().copied().map(u16::from_le_bytes);
        match self {
            Self::Double => bytes.first_chunk().map(|&b| f64::from_le_bytes(b) as f32),
            Self::Float => bytes.first_chunk().map(|&b| f32::from_le_bytes(b)),
            Self::Half => word().map(float16::float),
            Self::Bfloat => word().map(|word| f32::from_bits(u32::from(word) << 16)),
            Self::Whole(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_widened_exactly() {
        let half = |bits: u16| ElementType::Half.read(&bits.to_le_bytes()).unwrap();
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc500), -5.0);
        assert_eq!(half(0x3555), 0.333_251_95);
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0x0400), 6.103_515_6e-5);
        // Below that the numbers are subnormal; the smallest is 2 to the power of -24.
        assert_eq!(half(0x0001), 5.960_464_5e-8);
        assert_eq!(half(0x7c00), f32::INFINITY);
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
    }

    #[test]
    fn other_types_are_read_as_what_they_are() {
        assert_eq!(ElementType::Bfloat.read(&[0xc0, 0xbf]), Some(-1.5));
        assert_eq!(ElementType::Double.read(&0.1f64.to_le_bytes()), Some(0.1));
        assert_eq!(ElementType::Float.read(&[0, 0, 128]), None);
        assert_eq!(ElementType::Whole(8).read(&[1; 8]), None);
    }
}
