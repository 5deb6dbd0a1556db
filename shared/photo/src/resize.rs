//! Bringing a part of an image to the size of a network's input, the two ways that networks were
//! trained with.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::error::DecodeError;
use crate::rgb::Rgb;

/// A side of more pixels than this is shortened without the resizer. No JPEG has one.
const LONG: u32 = 1 << 16;

/// More pixels than this are not made of an image that has fewer rows than the result.
const BETWEEN: u64 = 1 << 22;

/// A part of an image, in its pixels. It may begin and end within a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Columns to the left of it.
    pub left: f64,
    /// Rows above it.
    pub top: f64,
    /// Columns of it.
    pub width: f64,
    /// Rows of it.
    pub height: f64,
}

impl Region {
    /// All of an image.
    pub(crate) fn whole(image: &Rgb) -> Self {
        Self {
            left: 0.0,
            top: 0.0,
            width: image.width.into(),
            height: image.height.into(),
        }
    }
}

impl Rgb {
    /// The image, made so small that neither side is longer than `longest`. A smaller one stays as
    /// it is.
    ///
    /// # Errors
    /// An image without pixels.
    pub fn fitted(&self, longest: u32) -> Result<Self, DecodeError> {
        let shrink = f64::from(longest) / f64::from(self.width.max(self.height).max(1));
        let side = |side: u32| match shrink < 1.0 {
            true => ((f64::from(side) * shrink).round() as u32).max(1),
            false => side,
        };
        let (width, height) = (side(self.width), side(self.height));
        let pixels = antialiased(self, Region::whole(self), width, height);
        let pixels = pixels.map_err(|reason| DecodeError::Corrupt {
            format: "image",
            reason,
        })?;
        Ok(Self {
            width,
            height,
            pixels,
        })
    }
}

/// The part of the image at `width` x `height`: antialiased bilinear, the rule of Pillow and so of
/// torchvision. A triangle filter that widens with the reduction, in two passes with rounding to 8
/// bits between them.
///
/// # Errors
/// An image without pixels, in the resizer's words.
pub(crate) fn antialiased(
    image: &Rgb,
    part: Region,
    width: u32,
    height: u32,
) -> Result<Vec<u8>, String> {
    if (image.width, image.height) == (width, height) && part == Region::whole(image) {
        return Ok(image.pixels.clone());
    }
    if let Some((narrow, part)) = narrowed(image, part, width, height) {
        return antialiased(&narrow, part, width, height);
    }
    // The kind of pixel is named, or the compiler would make this of every kind that there is, which
    // was half of the time that this crate took it.
    let source = TypedImageRef::<U8x3>::from_buffer(image.width, image.height, &image.pixels);
    let source = source.map_err(|error| error.to_string())?;
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let target = TypedImage::<U8x3>::from_buffer(width, height, &mut pixels);
    let mut target = target.map_err(|error| error.to_string())?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(part.left, part.top, part.width, part.height);
    let resized = Resizer::new().resize_typed(&source, &mut target, &options);
    resized.map_err(|error| error.to_string())?;
    Ok(pixels)
}

/// The image with one side brought to its length already, and the part of it, where the resizer would
/// take memory out of all proportion: it keeps weights for each pixel of a side, and it first makes
/// rows of what it has, so that a single row of many pixels becomes hundreds of them.
fn narrowed(image: &Rgb, part: Region, width: u32, height: u32) -> Option<(Rgb, Region)> {
    let between = u64::from(image.width) * u64::from(height);
    let is_wide = image.width > LONG || image.height < height && between > BETWEEN;
    if is_wide && image.width != width {
        let rgb = along(image, part.left, part.width, width);
        let part = Region {
            left: 0.0,
            width: width.into(),
            ..part
        };
        return Some((rgb, part));
    }
    if image.height > LONG {
        let rgb = down(image, part.top, part.height, height);
        let part = Region {
            top: 0.0,
            height: height.into(),
            ..part
        };
        return Some((rgb, part));
    }
    None
}

/// The columns of an image, brought to `width` of them: for each row the same weights.
fn along(image: &Rgb, left: f64, extent: f64, width: u32) -> Rgb {
    let mut pixels = Vec::with_capacity(width as usize * image.height as usize * 3);
    for row in image.pixels.chunks_exact(image.width as usize * 3) {
        let columns = row.as_chunks::<3>().0;
        for index in 0..width {
            let weights = Weights::of(index, left, extent, width, columns.len());
            let some = columns.get(weights.from..weights.to).unwrap_or_default();
            let mut sum = [0.0; 3];
            for (pixel, at) in some.iter().zip(weights.from..) {
                add(&mut sum, pixel, weights.at(at));
            }
            pixels.extend(level(sum, weights.total()));
        }
    }
    Rgb {
        width,
        height: image.height,
        pixels,
    }
}

/// The rows of an image, brought to `height` of them.
fn down(image: &Rgb, top: f64, extent: f64, height: u32) -> Rgb {
    let columns = image.width as usize;
    let mut pixels = Vec::with_capacity(columns * height as usize * 3);
    for index in 0..height {
        let weights = Weights::of(index, top, extent, height, image.height as usize);
        let rows = image.pixels.chunks_exact(columns * 3).enumerate();
        let rows = rows.skip(weights.from).take(weights.to - weights.from);
        let mut sums = vec![[0.0; 3]; columns];
        for (at, row) in rows {
            for (sum, pixel) in sums.iter_mut().zip(row.as_chunks::<3>().0) {
                add(sum, pixel, weights.at(at));
            }
        }
        let total = weights.total();
        pixels.extend(sums.into_iter().flat_map(|sum| level(sum, total)));
    }
    Rgb {
        width: image.width,
        height,
        pixels,
    }
}

fn add(sum: &mut [f64; 3], pixel: &[u8; 3], weight: f64) {
    for (sum, value) in sum.iter_mut().zip(pixel) {
        *sum += weight * f64::from(*value);
    }
}

fn level(sum: [f64; 3], total: f64) -> [u8; 3] {
    sum.map(|sum| (sum / total).round() as u8)
}

/// The triangle over the pixels that one pixel of the result is made of.
struct Weights {
    centre: f64,
    reach: f64,
    /// The first pixel that it reaches, and the one behind the last.
    from: usize,
    to: usize,
}

impl Weights {
    /// Those of the pixel `index` of `count`, which `extent` of `size` pixels from `start` on become.
    fn of(index: u32, start: f64, extent: f64, count: u32, size: usize) -> Self {
        let scale = extent / f64::from(count);
        let (centre, reach) = (start + (f64::from(index) + 0.5) * scale, scale.max(1.0));
        let from = ((centre - reach + 0.5).max(0.0) as usize).min(size.saturating_sub(1));
        let to = ((centre + reach + 0.5) as usize).clamp(from + 1, size.max(from + 1));
        Self {
            centre,
            reach,
            from,
            to,
        }
    }

    fn at(&self, pixel: usize) -> f64 {
        let away = (pixel as f64 + 0.5 - self.centre).abs() / self.reach;
        (1.0 - away).max(0.0)
    }

    fn total(&self) -> f64 {
        let total: f64 = (self.from..self.to).map(|pixel| self.at(pixel)).sum();
        total.max(f64::MIN_POSITIVE)
    }
}

/// The part of the image at `width` x `height`: TensorFlow's `resize_bilinear` as it was before
/// version 2, without aligned corners or half-pixel centres. The four pixels around `index *
/// scale`, in float32, across and then down; nothing is averaged over what lies between, however
/// strong the reduction. Nothing is rounded.
///
/// # Errors
/// An image without pixels.
pub(crate) fn legacy_bilinear(
    image: &Rgb,
    part: Region,
    width: u32,
    height: u32,
) -> Result<Vec<f32>, String> {
    let columns = taps(part.left, part.width, image.width, width);
    let rows = taps(part.top, part.height, image.height, height);
    let stride = image.width as usize * 3;
    let row_of = |row: usize| image.pixels.get(row * stride..(row + 1) * stride);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for down in rows {
        let (Some(upper), Some(lower)) = (row_of(down.from), row_of(down.to)) else {
            return Err("an image without pixels".to_owned());
        };
        for across in &columns {
            for channel in 0..3 {
                let value = |row: &[u8], column: usize| {
                    row.get(column * 3 + channel)
                        .copied()
                        .map_or(0.0, f32::from)
                };
                let mix = |row: &[u8]| {
                    let (from, to) = (value(row, across.from), value(row, across.to));
                    from + (to - from) * across.share
                };
                let (upper, lower) = (mix(upper), mix(lower));
                pixels.push(upper + (lower - upper) * down.share);
            }
        }
    }
    Ok(pixels)
}

/// Two neighbours, and how far it is from the one to the other.
struct Tap {
    from: usize,
    to: usize,
    share: f32,
}

/// Where each of `count` samples of `extent` pixels from `start` on falls among `size` pixels.
fn taps(start: f64, extent: f64, size: u32, count: u32) -> Vec<Tap> {
    let scale = extent as f32 / count as f32;
    let last = (size as usize).saturating_sub(1);
    let tap = |index: u32| {
        let at = start as f32 + index as f32 * scale;
        let from = (at.floor() as usize).min(last);
        Tap {
            from,
            to: (from + 1).min(last),
            share: at - at.floor(),
        }
    };
    (0..count).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[u8]) -> Rgb {
        Rgb {
            width: values.len() as u32,
            height: 1,
            pixels: values.iter().flat_map(|&value| [value; 3]).collect(),
        }
    }

    fn squash(image: &Rgb, width: u32, height: u32) -> Vec<u8> {
        antialiased(image, Region::whole(image), width, height).unwrap()
    }

    /// The other filter, rounded.
    fn legacy(image: &Rgb, part: Region, width: u32, height: u32) -> Result<Vec<u8>, String> {
        let resized = legacy_bilinear(image, part, width, height)?;
        Ok(resized
            .into_iter()
            .map(|value| value.round() as u8)
            .collect())
    }

    #[test]
    fn tensorflow_rounds_nothing() {
        let image = row(&[0, 101]);
        let resized = legacy_bilinear(&image, Region::whole(&image), 8, 1).unwrap();
        assert_eq!(resized[..6], [0.0, 0.0, 0.0, 25.25, 25.25, 25.25]);
    }

    #[test]
    fn widens_the_filter_with_the_reduction() {
        // Halving four columns, Pillow's way: the triangle has the half-width 2 around the centres
        // 1 and 3, is cut at the border, and its weights are normalised.
        let resized = squash(&row(&[0, 100, 200, 40]), 2, 1);
        // At 0.5, 1.5, 2.5 and 3.5 they are 0.75 0.75 0.25 0 for the one and 0 0.25 0.75 0.75 for
        // the other.
        assert_eq!(
            resized[0],
            ((0.75 * 0.0 + 0.75 * 100.0 + 0.25 * 200.0) / 1.75f64).round() as u8
        );
        assert_eq!(
            resized[3],
            ((0.25 * 100.0 + 0.75 * 200.0 + 0.75 * 40.0) / 1.75f64).round() as u8
        );
    }

    #[test]
    fn sides_that_the_resizer_does_not_get_come_out_as_it_would_make_them() {
        let (width, height) = (300, 200);
        let value = |index: u32| (index.wrapping_mul(2_654_435_761) >> 13) as u8;
        let image = Rgb {
            width,
            height,
            pixels: (0..width * height * 3).map(value).collect(),
        };
        let part = Region {
            left: 10.5,
            top: 7.25,
            width: 250.0,
            height: 180.5,
        };
        let expected = antialiased(&image, part, 31, 40).unwrap();
        let narrow = along(&image, part.left, part.width, 31);
        let low = down(&narrow, part.top, part.height, 40);
        let differ = |(a, b): (&u8, &u8)| a.abs_diff(*b);
        // The order of the passes, and so of the rounding, is another.
        let worst = expected.iter().zip(&low.pixels).map(differ).max();
        assert!(worst <= Some(1), "{worst:?}");
        let larger = antialiased(&image, part, 700, 500).unwrap();
        let wide = down(
            &along(&image, part.left, part.width, 700),
            part.top,
            part.height,
            500,
        );
        let worst = larger.iter().zip(&wide.pixels).map(differ).max();
        assert!(worst <= Some(1), "{worst:?}");
    }

    #[test]
    fn a_line_of_pixels_is_averaged_whichever_way_it_runs() {
        let length = LONG + 4;
        let values = (0..length).flat_map(|index| [(index / 16_385 * 60) as u8; 3]);
        let line = Rgb {
            width: length,
            height: 1,
            pixels: values.collect(),
        };
        let across = squash(&line, 4, 2);
        let upright = Rgb {
            width: 1,
            height: length,
            ..line
        };
        let down = squash(&upright, 2, 4);
        let firsts = |pixels: &[u8], step: usize| -> Vec<u8> {
            pixels
                .chunks(3)
                .step_by(step)
                .map(|pixel| pixel[0])
                .take(4)
                .collect()
        };
        assert_eq!(firsts(&across, 1), firsts(&down, 2));
        assert_eq!(firsts(&across, 1), [9, 60, 120, 171]);
    }

    #[test]
    fn tensorflow_takes_neighbours_and_averages_nothing() {
        let image = row(&[0, 100, 200, 40, 80]);
        let resized = legacy(&image, Region::whole(&image), 2, 1).unwrap();
        // Samples at 0 and 2.5: the column 0 itself, and half-way from 200 to 40.
        assert_eq!(resized, [0, 0, 0, 120, 120, 120]);
        let larger = legacy(&image, Region::whole(&image), 10, 1).unwrap();
        let firsts: Vec<u8> = larger.chunks(3).map(|pixel| pixel[0]).collect();
        // The last column has no neighbour and stays.
        assert_eq!(firsts, [0, 50, 100, 150, 200, 120, 40, 60, 80, 80]);
    }

    #[test]
    fn a_part_is_what_the_whole_has_there() {
        // Columns of 16 pixels in one value: at half the size none of the other values reach into
        // the middle of one.
        let image = row(&[[10; 16], [50; 16], [90; 16], [130; 16]].concat());
        let part = Region {
            left: 16.0,
            top: 0.0,
            width: 32.0,
            height: 1.0,
        };
        for resize in [antialiased, legacy] {
            let resized = resize(&image, part, 16, 1).unwrap();
            assert_eq!((resized[4 * 3], resized[12 * 3]), (50, 90));
        }
    }

    #[test]
    fn leaves_a_image_of_the_right_size_alone() {
        let image = Rgb {
            width: 2,
            height: 1,
            pixels: vec![1, 2, 3, 4, 5, 6],
        };
        assert_eq!(squash(&image, 2, 1), image.pixels);
        let same = legacy(&image, Region::whole(&image), 2, 1).unwrap();
        assert_eq!(same, image.pixels);
    }

    #[test]
    fn keeps_a_plain_colour() {
        let image = Rgb {
            width: 37,
            height: 91,
            pixels: [9, 120, 255].repeat(37 * 91),
        };
        for resize in [antialiased, legacy] {
            let resized = resize(&image, Region::whole(&image), 224, 224).unwrap();
            assert_eq!(resized, [9, 120, 255].repeat(224 * 224));
        }
    }
}
