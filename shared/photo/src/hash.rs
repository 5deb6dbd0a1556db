//! A perceptual hash: bits that stay the same where an image is resized or encoded again.
//!
//! Luma is reduced to 32 x 32 by means of boxes. Of its discrete cosine transform (DCT-II) the eight
//! lowest frequencies of each direction are kept, and a bit says whether the coefficient is negative:
//! bit 8 v + u for the frequency u along a row and v down a column. The mean (u = v = 0) has no bit,
//! which leaves 63. Two images of different things differ in about half of them.
//!
//! Mirroring an image left to right turns the signs of the odd u and no other, so that the hash of
//! the mirrored image is known without it.
//!
//! Source: Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, has
//! the hash by medians; comparing with zero instead is what makes mirroring a flip of bits.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The side of the reduced image.
const SIDE: usize = 32;

/// Frequencies that are kept of each direction.
const KEPT: usize = 8;

/// The bits of the frequencies that are odd along a row.
const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// A perceptual hash of 63 bits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ImageHash(u64);

impl ImageHash {
    /// That of an image in luma.
    pub(crate) fn of(rows: &[&[i16]]) -> Self {
        let reduced = reduced(rows);
        let cosines = &*COSINES;
        let along = reduced.map(|row| cosines.map(|cosine| product(&row, &cosine)));
        let mut bits = 0;
        for (v, cosine) in cosines.iter().enumerate() {
            for u in 0..KEPT {
                let column = along.map(|row| row.get(u).copied().unwrap_or_default());
                let is_negative = product(&column, cosine) < 0;
                bits |= u64::from(is_negative) << (KEPT * v + u);
            }
        }
        Self(bits & !1)
    }

    /// The hash with these bits.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The hash of the same image, mirrored left to right.
    #[must_use]
    pub fn mirrored(self) -> Self {
        Self(self.0 ^ ODD)
    }

    /// In how many bits two hashes differ.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

impl fmt::Display for ImageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The means of boxes, 16 times as large, so that they need no fractions.
fn reduced(rows: &[&[i16]]) -> [[i64; SIDE]; SIDE] {
    let width = rows.first().map_or(0, |row| row.len());
    let part = |index: usize, length: usize| {
        let (from, to) = (index * length / SIDE, (index + 1) * length / SIDE);
        from..to.max(from + 1)
    };
    let mut sums = vec![0i32; width];
    std::array::from_fn(|y| {
        let some = rows.get(part(y, rows.len())).unwrap_or_default();
        sums.fill(0);
        for row in some {
            let values = row.iter().map(|&value| i32::from(value));
            sums.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        }
        std::array::from_fn(|x| {
            let of_box = sums.get(part(x, width)).unwrap_or_default();
            let area = (of_box.len() * some.len()).max(1) as i64;
            16 * of_box.iter().map(|&sum| i64::from(sum)).sum::<i64>() / area
        })
    })
}

/// cos(pi (2 x + 1) u / 64), 2^14 times as large and rounded.
static COSINES: LazyLock<[[i32; SIDE]; KEPT]> = LazyLock::new(|| {
    let cosine = |u: usize, x: usize| {
        let angle = ((2 * x + 1) * u) as f64 * std::f64::consts::PI / (2 * SIDE) as f64;
        (angle.cos() * f64::from(1 << 14)).round() as i32
    };
    std::array::from_fn(|u| std::array::from_fn(|x| cosine(u, x)))
});

fn product(numbers: &[i64; SIDE], cosine: &[i32; SIDE]) -> i64 {
    let pairs = numbers.iter().zip(cosine);
    pairs
        .map(|(&number, &cosine)| number * i64::from(cosine))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash of an image whose luma follows from column and row, both between 0 and 1.
    fn hash(width: usize, height: usize, luma: impl Fn(f64, f64) -> f64) -> ImageHash {
        let place = |at: usize, length: usize| (at as f64 + 0.5) / length as f64;
        let rows = (0..height).map(|y| {
            let row = (0..width).map(|x| luma(place(x, width), place(y, height)) as i16);
            row.collect::<Vec<i16>>()
        });
        let rows: Vec<Vec<i16>> = rows.collect();
        ImageHash::of(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn hills(x: f64, y: f64) -> f64 {
        128.0 + 50.0 * (7.0 * x + 2.0 * y).sin() + 40.0 * (3.0 * x * x + 9.0 * y).cos() + 20.0 * x
    }

    #[test]
    fn stays_nearly_the_same_in_any_size() {
        let one = hash(224, 224, hills);
        for (width, height) in [(32, 32), (96, 96), (299, 299), (224, 160), (448, 300)] {
            let other = hash(width, height, hills);
            assert!(one.distance(other) <= 4, "{width} x {height}");
        }
        let other = hash(224, 224, |x, y| hills(y, x * 0.3));
        assert!(one.distance(other) > 16);
    }

    #[test]
    fn that_of_the_mirrored_image_follows_from_it() {
        for (width, height) in [(224, 224), (160, 128), (32, 32)] {
            let mirrored = hash(width, height, |x, y| hills(1.0 - x, y));
            assert_eq!(hash(width, height, hills).mirrored(), mirrored);
        }
        let hash = ImageHash::from_bits(0x0123_4567_89ab_cdef);
        assert_eq!(hash.mirrored().mirrored(), hash);
        assert_eq!(hash.mirrored().bits() & 1, hash.bits() & 1);
    }

    #[test]
    fn a_bit_is_the_sign_of_its_frequency() {
        let wave = |u: f64, v: f64| {
            let pi = std::f64::consts::PI;
            move |x: f64, y: f64| 128.0 - 100.0 * (pi * u * x).cos() * (pi * v * y).cos()
        };
        for (u, v) in [(1, 0), (0, 1), (3, 5), (7, 7)] {
            let bits = hash(320, 320, wave(f64::from(u), f64::from(v))).bits();
            assert!(bits & (1 << (8 * v + u)) != 0, "{u} {v}");
        }
    }

    #[test]
    fn a_blank_image_or_none_has_no_bits() {
        assert_eq!(hash(50, 50, |_, _| 77.0).bits(), 0);
        assert_eq!(ImageHash::of(&[]).bits(), 0);
    }
}
