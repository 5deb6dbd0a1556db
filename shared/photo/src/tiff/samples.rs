//! From packed rows to one number a sample.
//!
//! Source: TIFF 6.0, sections 14 and 19; for floats, Adobe's Technical Note 3.

use std::ops::Range;

use super::layout::{Layout, Numbers, Predictor};

/// How numbers become levels of 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// As they are: indices into a palette.
    Index,
    /// The range of their bits.
    Bits,
    /// The byte of the greatest weight, whatever the sign.
    HighByte,
    /// A range of their own.
    Range(f64, f64),
}

/// Packed rows whose predictor is undone and whose bytes lie as the file has them.
pub(super) struct Rows<'a> {
    layout: &'a Layout,
    little: bool,
    bytes: Vec<u8>,
}

impl<'a> Rows<'a> {
    /// `bytes` are whole rows of a chunk.
    pub(super) fn new(layout: &'a Layout, little: bool, mut bytes: Vec<u8>) -> Self {
        let mut little = little;
        let stride = layout.interleaved();
        for row in bytes.chunks_mut(layout.row().max(1)) {
            match layout.predictor {
                Predictor::None => {}
                Predictor::Left => add_left(row, layout.bits, stride, little),
                Predictor::FloatBytes => sort_bytes(row, layout.bits, stride),
            }
        }
        // Undoing that predictor leaves the byte of the greatest weight first.
        if layout.predictor == Predictor::FloatBytes {
            little = false;
        }
        Self {
            layout,
            little,
            bytes,
        }
    }

    /// The levels of the samples at these places of a row.
    pub(super) fn levels(
        &self,
        row: usize,
        samples: Range<usize>,
        scale: Scale,
        out: &mut Vec<u8>,
    ) {
        let length = self.layout.row();
        let row = self.bytes.get(row * length..(row + 1) * length);
        let row = row.unwrap_or_default();
        match (self.layout.bits, scale) {
            (8, Scale::Index | Scale::Bits | Scale::HighByte) => {
                out.extend_from_slice(row.get(samples).unwrap_or_default());
            }
            _ => out.extend(samples.map(|index| self.level(row, index, scale))),
        }
    }

    fn level(&self, row: &[u8], index: usize, scale: Scale) -> u8 {
        let bits = self.layout.bits;
        match scale {
            Scale::Index => self.whole(row, index) as u8,
            Scale::HighByte => (self.whole(row, index) << (64 - bits) >> 56) as u8,
            Scale::Bits => {
                let (value, most) = (u128::from(self.whole(row, index)), (1u128 << bits) - 1);
                ((value * 255 + most / 2) / most) as u8
            }
            Scale::Range(low, high) => {
                let share = (self.real(row, index) - low) / (high - low);
                // What is no number is as dark as can be.
                (share * 255.0).round() as u8
            }
        }
    }

    /// The least and the largest number of a row, of those that are numbers.
    pub(super) fn range(&self, row: usize, samples: Range<usize>) -> Option<(f64, f64)> {
        let length = self.layout.row();
        let row = self.bytes.get(row * length..(row + 1) * length)?;
        let numbers = samples.map(|index| self.real(row, index));
        let numbers = numbers.filter(|number| number.is_finite());
        numbers.map(|number| (number, number)).reduce(wider)
    }

    fn real(&self, row: &[u8], index: usize) -> f64 {
        let (whole, bits) = (self.whole(row, index), self.layout.bits);
        match (self.layout.numbers, bits) {
            (Numbers::Float, 16) => half(whole as u16),
            (Numbers::Float, 32) => f64::from(f32::from_bits(whole as u32)),
            (Numbers::Float, 64) => f64::from_bits(whole),
            // A sign, seven bits of exponent, and sixteen of the fraction.
            (Numbers::Float, 24) => tiny(whole, 16, 63),
            (Numbers::Signed, _) => ((whole << (64 - bits)) as i64 >> (64 - bits)) as f64,
            _ => whole as f64,
        }
    }

    /// The bits of a sample as a whole number.
    fn whole(&self, row: &[u8], index: usize) -> u64 {
        let bits = self.layout.bits;
        if !bits.is_multiple_of(8) {
            return packed(row, index * bits, bits);
        }
        let bytes = bits / 8;
        let bytes = row.get(index * bytes..(index + 1) * bytes);
        number(bytes.unwrap_or_default(), self.little)
    }
}

/// The wider of two ranges of numbers, or one around both.
pub(super) fn wider(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0.min(b.0), a.1.max(b.1))
}

fn number(bytes: &[u8], little: bool) -> u64 {
    let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    match little {
        true => bytes.iter().rev().fold(0, push),
        false => bytes.iter().fold(0, push),
    }
}

/// Bits from the one of the greatest weight on, over the borders of bytes.
fn packed(row: &[u8], from: usize, count: usize) -> u64 {
    let bit = |at: usize| {
        let byte = row.get(at / 8).copied().unwrap_or_default();
        u64::from(byte >> (7 - at % 8) & 1)
    };
    (from..from + count).fold(0, |number, at| number << 1 | bit(at))
}

/// Adds to each number the one that lies `stride` numbers to the left.
fn add_left(row: &mut [u8], bits: usize, stride: usize, little: bool) {
    let width = bits / 8;
    if !bits.is_multiple_of(8) {
        return;
    }
    for at in (stride * width..row.len().saturating_sub(width - 1)).step_by(width) {
        let read =
            |row: &[u8], at: usize| number(row.get(at..at + width).unwrap_or_default(), little);
        let sum = read(row, at).wrapping_add(read(row, at - stride * width));
        let bytes = sum.to_le_bytes();
        if let Some(place) = row.get_mut(at..at + width) {
            place
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = from);
            if !little {
                place.reverse();
            }
        }
    }
}

/// Adds to each byte the one to the left, and puts the bytes of each number side by side.
fn sort_bytes(row: &mut [u8], bits: usize, stride: usize) {
    let width = (bits / 8).max(1);
    for at in stride..row.len() {
        let left = row.get(at - stride).copied().unwrap_or_default();
        if let Some(byte) = row.get_mut(at) {
            *byte = byte.wrapping_add(left);
        }
    }
    let sorted = row.to_vec();
    let count = row.len() / width;
    for (index, number) in row.chunks_exact_mut(width).enumerate() {
        for (weight, byte) in number.iter_mut().enumerate() {
            *byte = sorted
                .get(weight * count + index)
                .copied()
                .unwrap_or_default();
        }
    }
}

fn half(bits: u16) -> f64 {
    tiny(u64::from(bits), 10, 15)
}

/// A float of so many bits of fraction, whose exponent is above the real one by `bias`.
fn tiny(bits: u64, fraction: u32, bias: i32) -> f64 {
    let exponents = (2 * bias + 1) as u64;
    let exponent = bits >> fraction & exponents;
    let sign = match bits >> fraction > exponents {
        true => -1.0,
        false => 1.0,
    };
    let share = (bits & ((1 << fraction) - 1)) as f64 / f64::from(1u32 << fraction);
    match exponent {
        0 => sign * share * f64::from(1 - bias).exp2(),
        _ if exponent == exponents => f64::NAN,
        _ => sign * (1.0 + share) * f64::from(exponent as i32 - bias).exp2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_those_of_ieee_754() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_953_125),
            (0x0001, 2f64.powi(-24)),
            (0x7bff, 65504.0),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7c00).is_nan() && half(0x7e01).is_nan());
    }

    #[test]
    fn bits_are_taken_over_the_borders_of_bytes() {
        let row = [0xab, 0xcd, 0xef];
        assert_eq!([packed(&row, 0, 12), packed(&row, 12, 12)], [0xabc, 0xdef]);
        assert_eq!(packed(&row, 7, 3), 0b111);
    }

    #[test]
    fn differences_are_summed_in_either_order_of_bytes() {
        let mut little = [0xff, 0x00, 0x02, 0x00];
        add_left(&mut little, 16, 1, true);
        assert_eq!(little, [0xff, 0x00, 0x01, 0x01]);
        let mut big = [0x00, 0xff, 0x00, 0x02];
        add_left(&mut big, 16, 1, false);
        assert_eq!(big, [0x00, 0xff, 0x01, 0x01]);
    }
}
