//! From the samples of a pixel to red, green and blue.
//!
//! Source: TIFF 6.0, sections 4, 16, 20 to 23; for CIE L*a*b*, CIE 15 and the matrix of sRGB for
//! light of D50 (IEC 61966-2-1, adapted by Bradford's method).

use super::directory::{Directory, Tag};
use super::trouble::{corrupt, variety};
use crate::error::DecodeError;

/// Interpretations of samples.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Colours {
    /// Grey; inverted where 0 is white.
    Grey {
        inverted: bool,
    },
    Rgb,
    Palette(Vec<[u8; 3]>),
    Cmyk,
    YCbCr(Luminance),
    Lab {
        signed: bool,
    },
}

/// The numbers by which luminance and chrominance are colours.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Luminance {
    /// The shares of red, green and blue in the luminance.
    shares: [f64; 3],
    /// The codes of black and white in each sample.
    ranges: [[f64; 2]; 3],
}

/// Whether a sample beside the colours says how much of them is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    None,
    /// The colours are as they are.
    Apart,
    /// The colours are multiplied by it.
    Multiplied,
}

impl Colours {
    pub(super) fn of(file: &Directory, samples: usize, bits: usize) -> Result<Self, DecodeError> {
        let interpretation = file.one(Tag::PhotometricInterpretation);
        Ok(
            match interpretation.unwrap_or(if samples >= 3 { 2 } else { 0 }) {
                0 => Self::Grey { inverted: true },
                // Bands of whatever kind are shown as colours where there are enough of them.
                1 | 32803 | 34892 if samples >= 3 => Self::Rgb,
                1 | 4 | 32803 | 34892 => Self::Grey { inverted: false },
                2 if samples >= 3 => Self::Rgb,
                2 => Self::Grey { inverted: false },
                3 if bits <= 8 => Self::Palette(palette(file, bits)?),
                3 => {
                    return Err(variety(format!(
                        "it has a palette for indices of {bits} bits"
                    )));
                }
                5 if samples >= 4 => Self::Cmyk,
                6 if samples >= 3 => Self::YCbCr(Luminance::of(file)),
                8 if samples >= 3 => Self::Lab { signed: true },
                9 if samples >= 3 => Self::Lab { signed: false },
                8 | 9 => Self::Grey { inverted: false },
                32844 | 32845 => return Err(variety("its colours are logarithms of light")),
                other => {
                    let reason = format!("{samples} samples a pixel of interpretation {other}");
                    return Err(variety(reason));
                }
            },
        )
    }

    /// How many samples a colour is of.
    pub(super) fn samples(&self) -> usize {
        match self {
            Self::Grey { .. } | Self::Palette(_) => 1,
            Self::Cmyk => 4,
            Self::Rgb | Self::YCbCr(_) | Self::Lab { .. } => 3,
        }
    }

    /// The colour of a pixel.
    pub(super) fn rgb(&self, samples: &[u8]) -> [u8; 3] {
        match (self, samples) {
            (Self::Grey { inverted: true }, [grey, ..]) => [255 - grey; 3],
            (Self::Grey { .. }, [grey, ..]) => [*grey; 3],
            (Self::Palette(colours), [index, ..]) => colours
                .get(usize::from(*index))
                .copied()
                .unwrap_or_default(),
            (Self::Rgb, [r, g, b, ..]) => [*r, *g, *b],
            (Self::Cmyk, [inks @ .., black]) => {
                let light = |ink: u8| u32::from(255 - ink);
                let seen = |ink: u8| ((light(ink) * light(*black) + 127) / 255) as u8;
                let ink = |index: usize| inks.get(index).copied().unwrap_or_default();
                [0, 1, 2].map(|index| seen(ink(index)))
            }
            (Self::YCbCr(luminance), [y, cb, cr, ..]) => luminance.rgb([*y, *cb, *cr]),
            (Self::Lab { signed: true }, [l, a, b, ..]) => {
                lab(*l, f64::from(*a as i8), f64::from(*b as i8))
            }
            (Self::Lab { .. }, [l, a, b, ..]) => {
                lab(*l, f64::from(*a) - 128.0, f64::from(*b) - 128.0)
            }
            _ => [0; 3],
        }
    }
}

impl Alpha {
    /// The transparency of a file whose colours are of so many of its samples.
    pub(super) fn of(file: &Directory, samples: usize, colours: &Colours) -> Self {
        let kind = file.one(Tag::ExtraSamples);
        match (kind, colours) {
            _ if samples <= colours.samples() => Self::None,
            (Some(1), _) => Self::Multiplied,
            (Some(2), _) => Self::Apart,
            // Old writers of four samples do not say what the fourth is.
            (None, Colours::Rgb)
                if samples == 4 && file.one(Tag::PhotometricInterpretation) == Some(2) =>
            {
                Self::Apart
            }
            _ => Self::None,
        }
    }
}

/// All reds, all greens, all blues, in 16 bits; or in 8, as some writers have it.
fn palette(file: &Directory, bits: usize) -> Result<Vec<[u8; 3]>, DecodeError> {
    let map = file.numbers(Tag::ColorMap).unwrap_or_default();
    let count = 1 << bits;
    let shift = if map.iter().all(|&level| level < 256) {
        0
    } else {
        8
    };
    let level = |index: usize| map.get(index).map(|&level| (level >> shift) as u8);
    let colour = |index| {
        Some([
            level(index)?,
            level(index + count)?,
            level(index + 2 * count)?,
        ])
    };
    let colours = (0..count).map(colour).collect::<Option<_>>();
    colours.ok_or_else(|| corrupt("its palette is too short"))
}

impl Luminance {
    fn of(file: &Directory) -> Self {
        let three = |all: Vec<f64>| <[f64; 3]>::try_from(all).ok();
        let ranges = |all: Vec<f64>| {
            let pairs = all.as_chunks::<2>().0.to_vec();
            <[[f64; 2]; 3]>::try_from(pairs).ok()
        };
        let shares = file.fractions(Tag::YCbCrCoefficients).and_then(three);
        let given = file.fractions(Tag::ReferenceBlackWhite).and_then(ranges);
        Self {
            shares: shares.unwrap_or([0.299, 0.587, 0.114]),
            ranges: given.unwrap_or([[0.0, 255.0], [128.0, 255.0], [128.0, 255.0]]),
        }
    }

    fn rgb(&self, samples: [u8; 3]) -> [u8; 3] {
        let [red, green, blue] = self.shares;
        let full = |index: usize, range: f64| {
            let [black, white] = self.ranges.get(index).copied().unwrap_or_default();
            let code = f64::from(samples.get(index).copied().unwrap_or_default());
            (code - black) * range / (white - black)
        };
        let (y, cb, cr) = (full(0, 255.0), full(1, 127.0), full(2, 127.0));
        let r = cr * (2.0 - 2.0 * red) + y;
        let b = cb * (2.0 - 2.0 * blue) + y;
        let g = (y - blue * b - red * r) / green;
        [r, g, b].map(|level| level.round() as u8)
    }
}

/// L* of 0 to 255 for 0 to 100.
fn lab(l: u8, a: f64, b: f64) -> [u8; 3] {
    let y = (f64::from(l) * 100.0 / 255.0 + 16.0) / 116.0;
    let (x, z) = (y + a / 500.0, y - b / 200.0);
    let linear = |t: f64| match t > 6.0 / 29.0 {
        true => t.powi(3),
        false => 3.0 * (6.0f64 / 29.0).powi(2) * (t - 4.0 / 29.0),
    };
    let [x, y, z] = [0.96422 * linear(x), linear(y), 0.82521 * linear(z)];
    let light = [
        3.133_856_1 * x - 1.616_866_7 * y - 0.490_614_6 * z,
        -0.978_768_4 * x + 1.916_141_5 * y + 0.033_454_0 * z,
        0.071_945_3 * x - 0.228_991_4 * y + 1.405_242_7 * z,
    ];
    light.map(|light| {
        let level = match light > 0.003_130_8 {
            true => 1.055 * light.powf(1.0 / 2.4) - 0.055,
            false => 12.92 * light,
        };
        (level * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_is_that_of_the_tables() {
        // White, and the primaries of sRGB under D50.
        assert_eq!(lab(255, 0.0, 0.0), [255; 3]);
        assert_eq!(lab(0, 0.0, 0.0), [0; 3]);
        let near = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 3);
        assert!(
            near(lab(138, 81.0, 70.0), [255, 0, 0]),
            "{:?}",
            lab(138, 81.0, 70.0)
        );
        assert!(
            near(lab(75, 68.0, -112.0), [0, 0, 255]),
            "{:?}",
            lab(75, 68.0, -112.0)
        );
    }

    #[test]
    fn luminance_in_the_full_range_is_that_of_jpeg() {
        let jpeg = Luminance {
            shares: [0.299, 0.587, 0.114],
            ranges: [[0.0, 255.0], [128.0, 255.0], [128.0, 255.0]],
        };
        assert_eq!(jpeg.rgb([76, 85, 255]), [254, 0, 0]);
        assert_eq!(jpeg.rgb([200, 128, 128]), [200; 3]);
    }
}
