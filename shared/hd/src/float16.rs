//! Numbers of 16 bits: a sign, five bits of exponent and ten of fraction, as IEEE 754 has them.
//!
//! All this is so few lines because a float32 with the exponent and the fraction of a float16 is that
//! number times 2^-112, subnormal numbers too.

/// The bits of an infinity; those above it are of what is no number.
const INFINITY: u16 = 0x7c00;

/// The smallest magnitude that is rounded to an infinity, which lies half a step beyond 65504.
const TOO_LARGE: f32 = 65_520.0;

/// The smallest one that has all ten bits of fraction: 2^-14.
const NORMAL: f32 = 1.0 / 16_384.0;

/// 2^24: the steps of numbers below that are its inverse.
const STEPS: f32 = 16_777_216.0;

/// The number of these bits, which every float32 can be.
pub(crate) fn float(bits: u16) -> f32 {
    let small = f32::from_bits(u32::from(bits & 0x7fff) << 13);
    // 2^112, with the exponent that means so.
    let magnitude = small * f32::from_bits((112 + 127) << 23);
    let endless = match bits & INFINITY == INFINITY {
        true => 0xff << 23,
        false => 0,
    };
    f32::from_bits(magnitude.to_bits() | endless | u32::from(bits & 0x8000) << 16)
}

/// The bits of the nearest number, and of two that are as near those of the even one.
pub(crate) fn of(float: f32) -> u16 {
    let sign = (float.to_bits() >> 16) as u16 & 0x8000;
    let magnitude = float.abs();
    let bits = magnitude.to_bits();
    sign | match magnitude {
        _ if magnitude.is_nan() => INFINITY | 0x200,
        TOO_LARGE.. => INFINITY,
        ..NORMAL => (magnitude * STEPS).round_ties_even() as u16,
        _ => ((bits + 0xfff + (bits >> 13 & 1) - (112 << 23)) >> 13) as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_and_is_what_its_bits_mean() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
            let magnitude = match exponent {
                0 => fraction * 2f64.powi(-24),
                31 if fraction == 0.0 => f64::INFINITY,
                31 => f64::NAN,
                _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
            };
            let number = f64::from(float(bits));
            if magnitude.is_nan() {
                assert!(number.is_nan() && float(of(float(bits))).is_nan());
                continue;
            }
            assert_eq!(number.abs(), magnitude, "{bits:#x}");
            assert_eq!(number.is_sign_negative(), bits >= 0x8000);
            assert_eq!(of(float(bits)), bits);
        }
    }

    #[test]
    fn what_lies_between_two_numbers_goes_to_the_nearest_and_from_the_middle_to_the_even_one() {
        for bits in 0..INFINITY {
            // Beyond the largest there would be 65536.
            let above = if bits + 1 == INFINITY {
                65_536.0
            } else {
                float(bits + 1)
            };
            let middle = f32::midpoint(float(bits), above);
            assert_eq!(of(middle), bits + bits % 2, "{bits:#x}");
            assert_eq!(of(middle.next_down()), bits);
            assert_eq!(of(middle.next_up()), bits + 1);
            assert_eq!(of(-middle.next_up()), 0x8000 | (bits + 1));
        }
    }
}
