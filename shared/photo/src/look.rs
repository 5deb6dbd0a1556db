//! How an image looks, in a few numbers, computed from the input that a network gets of it.
//!
//! Luma is that of ITU-R BT.601, (77 R + 150 G + 29 B) / 256. All is done in integers, so that the
//! numbers are the same on every machine.

use serde::{Deserialize, Serialize};

use crate::hash::ImageHash;

/// One pixel in so many is enough for a mean or a deviation.
const SPARSE: usize = 5;

/// How an image looks, in a few numbers. They are those of the network's input, of 8 bits a channel.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Look {
    /// The mean luma: 0 is black and 255 white.
    pub brightness: u8,
    /// The standard deviation of luma, from 0 to 128.
    pub contrast: u8,
    /// How colourful it is: 0 is grey, from about 15 on the colours are seen, and 255 is as much as is
    /// told apart. With rg = R - G and yb = (R + G) / 2 - B it is the root of the sum of both variances
    /// and 0.3 times the root of the sum of both squared means.
    ///
    /// Source: Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003.
    pub colourfulness: u8,
    /// The variance of the Laplacian of luma, of which a blurred image has little. The Laplacian is a
    /// pixel's four neighbours less four times the pixel.
    ///
    /// Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000.
    pub sharpness: u32,
    /// What remains the same in another size or encoding.
    pub hash: ImageHash,
}

impl Look {
    /// That of an input of `width` columns: rows of pixels of three bytes.
    pub fn of(pixels: &[u8], width: u32) -> Self {
        let width = (width as usize).max(1);
        let pixels = pixels.as_chunks::<3>().0;
        let luma: Vec<i16> = pixels.iter().map(luma).collect();
        let some = |number: fn(&[u8; 3]) -> i16| {
            let numbers = pixels.iter().step_by(SPARSE).map(number);
            Moments::of(&numbers.collect::<Vec<i16>>())
        };
        let light = some(self::luma);
        let rows: Vec<&[i16]> = luma.chunks_exact(width).collect();
        Self {
            brightness: light.mean().round() as u8,
            contrast: light.variance().sqrt().round() as u8,
            colourfulness: colourfulness(&some(red_green), &some(yellow_blue)),
            sharpness: sharpness(&rows),
            hash: ImageHash::of(&rows),
        }
    }

    /// Whether it has no colours: what is left of them in a JPEG of a grey image is less than this.
    pub fn is_grey(&self) -> bool {
        self.colourfulness <= 2
    }
}

/// How many numbers there are, their sum and the sum of their squares.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: u64,
    sum: i64,
    squares: i64,
}

impl Moments {
    /// Adds numbers, which are less than 2048 from zero and so few that the sum of their squares
    /// fits into 32 bits, of which a processor adds several at once.
    fn add(&mut self, numbers: &[i16]) {
        for some in numbers.chunks(512) {
            let whole = |number: &i16| i32::from(*number);
            let sum: i32 = some.iter().map(whole).sum();
            let squares: i32 = some.iter().map(whole).map(|number| number * number).sum();
            self.count += some.len() as u64;
            self.sum += i64::from(sum);
            self.squares += i64::from(squares);
        }
    }

    fn of(numbers: &[i16]) -> Self {
        let mut all = Self::default();
        all.add(numbers);
        all
    }

    fn mean(&self) -> f64 {
        self.sum as f64 / self.count.max(1) as f64
    }

    fn variance(&self) -> f64 {
        let spread = self.squares as f64 - self.sum as f64 * self.mean();
        (spread / self.count.max(1) as f64).max(0.0)
    }
}

fn luma(&[red, green, blue]: &[u8; 3]) -> i16 {
    ((77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue)) >> 8) as i16
}

fn red_green(&[red, green, _]: &[u8; 3]) -> i16 {
    i16::from(red) - i16::from(green)
}

/// Twice the difference, so that it is a whole number.
fn yellow_blue(&[red, green, blue]: &[u8; 3]) -> i16 {
    i16::from(red) + i16::from(green) - 2 * i16::from(blue)
}

fn colourfulness(red_green: &Moments, yellow_blue: &Moments) -> u8 {
    let spread = (red_green.variance() + yellow_blue.variance() / 4.0).sqrt();
    let mean = red_green.mean().hypot(yellow_blue.mean() / 2.0);
    (spread + 0.3 * mean).round() as u8
}

fn sharpness(rows: &[&[i16]]) -> u32 {
    let mut all = Moments::default();
    let mut line = vec![0; rows.first().map_or(0, |row| row.len().saturating_sub(2))];
    for three in rows.windows(3) {
        if let &[above, row, below] = three {
            laplacian([above, row, below], &mut line);
            all.add(&line);
        }
    }
    all.variance().round() as u32
}

fn behind(row: &[i16], first: usize) -> &[i16] {
    row.get(first..).unwrap_or_default()
}

/// The Laplacian of the row between two others, without its ends.
fn laplacian([above, row, below]: [&[i16]; 3], to: &mut [i16]) {
    let ends = row.iter().zip(behind(row, 2));
    let others = behind(above, 1).iter().zip(behind(below, 1));
    let all = ends.zip(others).zip(behind(row, 1));
    for (to, (((left, right), (above, below)), middle)) in to.iter_mut().zip(all) {
        *to = left + right + above + below - 4 * middle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An input of 64 x 64 pixels.
    fn look(pixel: impl Fn(u32, u32) -> [u8; 3]) -> Look {
        let pixels = (0..64 * 64).flat_map(|at| pixel(at % 64, at / 64));
        Look::of(&pixels.collect::<Vec<u8>>(), 64)
    }

    #[test]
    fn a_blank_image_has_brightness_and_nothing_else() {
        let blank = look(|_, _| [90, 90, 90]);
        let expected = Look {
            brightness: 90,
            ..Look::default()
        };
        assert_eq!(blank, expected);
        assert!(blank.is_grey());
    }

    #[test]
    fn figures_are_those_of_their_formulas() {
        // Stripes of black and white, a pixel each: the Laplacian is 510 and -510 by turns.
        let stripes = look(|x, _| [if x % 2 == 0 { 0 } else { 255 }; 3]);
        assert_eq!((stripes.brightness, stripes.contrast), (128, 128));
        assert_eq!((stripes.colourfulness, stripes.sharpness), (0, 510 * 510));
        // Half red, half blue: rg is 255 and 0, yb 127.5 and -255.
        let halves = look(|x, _| if x < 32 { [255, 0, 0] } else { [0, 0, 255] });
        let spread = 127.5f64.hypot(191.25);
        let mean = 127.5f64.hypot(63.75);
        assert_eq!(
            f64::from(halves.colourfulness),
            (spread + 0.3 * mean).round().min(255.0)
        );
    }

    #[test]
    fn nothing_is_too_small_or_too_much() {
        for (pixels, width) in [(0, 0), (0, 3), (1, 1), (2, 2), (2, 1), (6, 2), (40, 20)] {
            let white = Look::of(&vec![255; pixels * 3], width);
            assert_eq!(white.brightness, if pixels > 0 { 255 } else { 0 });
            assert_eq!((white.contrast, white.sharpness), (0, 0));
        }
    }
}
