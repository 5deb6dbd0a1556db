//! JPEG: which decoder has a file, decoding at a reduced size, and decoding as TensorFlow does.
//!
//! The fast decoders in Rust agree with libjpeg on what cameras and programs write, and not on
//! everything that a JPEG may be. So [`structure`] looks at the segments first, and what is not of
//! the usual kind goes to [`libjpeg`].
//!
//! A JPEG is kept as the cosine transforms of blocks of 8 x 8 pixels. Of a block's transform the
//! low frequencies alone give the block at 4 x 4, 2 x 2 or 1 pixel, for a fraction of the work of
//! decoding all of it and resizing.

mod libjpeg;
mod passes;
mod plain;
mod structure;
mod trouble;

use std::borrow::Cow;

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};
use mozjpeg::DctMethod;

pub(crate) use structure::Structure;
use trouble::{corrupt, cut_short, variety};

use crate::error::DecodeError;
use crate::guard::guarded;
use crate::note::{Note, Notes};
use crate::opaque::over_white;
use crate::painted::Painted;
use crate::want::Want;

/// How many times smaller a JPEG can be decoded, the smallest first.
const REDUCTIONS: [u32; 3] = [8, 4, 2];

impl Structure<'_> {
    /// Columns and rows.
    pub(crate) fn size(&self) -> (u32, u32) {
        let height = match self.height {
            0 => self.late_height.unwrap_or(0),
            height => height,
        };
        (self.width.into(), height.into())
    }

    /// The file, with its rows where decoders look for them and a mark of its end.
    fn completed<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let late = self.late_height.filter(|_| self.height == 0);
        if self.is_ended && late.is_none() {
            return bytes.into();
        }
        let mut bytes = bytes.to_vec();
        if let Some(height) = late
            && let Some(place) = bytes.get_mut(self.height_at..self.height_at + 2)
        {
            place.copy_from_slice(&height.to_be_bytes());
        }
        if !self.is_ended {
            bytes.extend([0xff, 0xd9]);
        }
        bytes.into()
    }
}

/// Bytes that decoding a JPEG of this structure takes at its most.
pub(crate) fn memory(structure: &Structure, want: &Want) -> u64 {
    structure.memory(reduction(structure.size(), want))
}

/// Decodes a JPEG of this structure as it lies in the file.
///
/// # Errors
/// A JPEG that cannot be decoded, or ends too early and is not wanted so.
pub(crate) fn decode(
    bytes: &[u8],
    structure: &Structure,
    want: &Want,
) -> Result<Painted, DecodeError> {
    if let Some(reason) = structure.refusal() {
        return Err(variety(reason));
    }
    let by = reduction(structure.size(), want);
    let (image, notes) = by_any_decoder(bytes, structure, by, want)?;
    Ok(Painted {
        rgb: over_white(image),
        notes,
    })
}

/// Decodes a JPEG as it lies in the file, at 1/`by` of its size.
fn by_any_decoder(
    bytes: &[u8],
    structure: &Structure,
    by: u32,
    want: &Want,
) -> Result<(DynamicImage, Notes), DecodeError> {
    if structure.is_lossless() {
        let image = guarded(|| lossless(bytes)).flatten();
        return Ok((image.ok_or_else(|| corrupt(NONSENSE))?, Notes::default()));
    }
    let is_usual = structure.is_plain() && structure.is_ended && !want.as_tensorflow;
    if is_usual && by == 1 && !structure.has_hole(bytes) {
        let image = guarded(|| plain::decode(bytes, structure)).flatten();
        if let Some(image) = image {
            return Ok((image, Notes::default()));
        }
    }
    by_libjpeg(bytes, structure, by, want)
}

const NONSENSE: &str = "its codes make no sense";

fn by_libjpeg(
    bytes: &[u8],
    structure: &Structure,
    by: u32,
    want: &Want,
) -> Result<(DynamicImage, Notes), DecodeError> {
    // TensorFlow takes the fast cosine transform, which is a level or two off the true one.
    let method = match want.as_tensorflow {
        true => DctMethod::IntegerFast,
        false => DctMethod::IntegerSlow,
    };
    let bytes = structure.completed(bytes);
    let image = guarded(|| libjpeg::decode(&bytes, structure, method, by));
    let image = image.ok_or_else(|| corrupt(NONSENSE))??;
    let mut notes = Notes::default();
    // That arithmetic codes end goes unnoticed, and so does that scans are missing.
    let has_all = structure.has_all_scans() && !structure.is_arithmetic();
    let is_there = structure.is_ended || image.is_whole && has_all;
    if !is_there {
        if !want.truncated || 2 * filled_rows(&image.pixels) > image.pixels.height() {
            return Err(cut_short());
        }
        notes.add(Note::CutShort);
    } else if !image.is_whole {
        notes.add(Note::Damaged);
    }
    Ok((image.pixels, notes))
}

/// How many rows at the foot are grey, which libjpeg paints where codes are missing.
fn filled_rows(image: &DynamicImage) -> u32 {
    let rgb = image.to_rgb8();
    let rows = rgb.rows().rev();
    let is_filled = |mut row: image::buffer::Pixels<image::Rgb<u8>>| row.all(|p| p.0 == [128; 3]);
    rows.take_while(|row| is_filled(row.clone())).count() as u32
}

/// How many times smaller a JPEG of this size is decoded: as many as leave its shorter side no shorter
/// than is wanted.
fn reduction(size: (u32, u32), want: &Want) -> u32 {
    let fits = |by: &u32| {
        want.shorter_side
            .is_some_and(|shorter| size.0.min(size.1) / by >= shorter)
    };
    REDUCTIONS.into_iter().find(fits).unwrap_or(1)
}

fn lossless(bytes: &[u8]) -> Option<DynamicImage> {
    let mut decoder = Decoder::new(bytes);
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    let (width, height) = (info.width.into(), info.height.into());
    match info.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        // Inks, whose colours libjpeg knows, and samples of more than 8 bits.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::encode_jpeg;
    use crate::rgb::Rgb;

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let pixel = |i: u32| [(i % width / 4) as u8, (i / width / 4) as u8, 90];
        let pixels = (0..width * height).flat_map(pixel).collect();
        encode_jpeg(
            &Rgb {
                width,
                height,
                pixels,
            },
            90,
        )
        .unwrap()
    }

    fn decoded(bytes: &[u8], shorter: u32) -> Result<Painted, DecodeError> {
        let want = Want {
            shorter_side: Some(shorter),
            ..Want::default()
        };
        let structure = Structure::of(bytes)?;
        decode(bytes, &structure, &want)
    }

    #[test]
    fn reduces_as_far_as_the_shorter_side_allows() {
        let bytes = jpeg(1000, 801);
        let size = |shorter| {
            let rgb = decoded(&bytes, shorter).unwrap().rgb;
            (rgb.width, rgb.height)
        };
        assert_eq!(size(100), (125, 101));
        assert_eq!(size(101), (250, 201));
        assert_eq!(size(400), (500, 401));
        assert_eq!(size(401), (1000, 801));
    }

    #[test]
    fn shows_the_same_image() {
        let small = decoded(&jpeg(1000, 800), 100).unwrap().rgb;
        for (x, y) in [(10, 10), (60, 50), (120, 95)] {
            let at = (y * small.width + x) as usize * 3;
            let [r, g, b] = [0, 1, 2].map(|channel| i32::from(small.pixels[at + channel]));
            let near = |a: i32, b: u32| (a - b as i32).abs() < 6;
            assert!(
                near(r, x * 2) && near(g, y * 2) && near(b, 90),
                "{x} {y}: {r} {g} {b}"
            );
        }
    }

    #[test]
    fn refuses_more_scans_than_anybody_makes() {
        let scans = |count: usize| {
            let frame = [0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
            let scans = [0xff, 0xda, 0, 3, 1, 2, 3].repeat(count);
            let bytes = [&[0xff, 0xd8][..], &frame, &scans, &[0xff, 0xd9]].concat();
            Structure::of(&bytes).map(|structure| structure.is_ended)
        };
        assert_eq!(scans(100), Ok(true));
        let reason = scans(101).unwrap_err().to_string();
        assert!(reason.contains("more than 100 scans"), "{reason}");
    }

    #[test]
    fn damage_is_noted_at_every_size() {
        let whole = jpeg(1000, 800);
        for shorter in [100, 400, 800] {
            let notes = |bytes: &[u8]| decoded(bytes, shorter).unwrap().notes;
            assert_eq!(notes(&whole), Notes::default(), "{shorter}");
            let mut early = whole.clone();
            let end = early.len();
            early.drain(end / 2..end - 2);
            assert_eq!(
                notes(&early),
                [Note::Damaged].into_iter().collect(),
                "{shorter}"
            );
            let mut hole = whole.clone();
            hole[end / 2..end / 2 + 1000].fill(0);
            assert_eq!(
                notes(&hole),
                [Note::Damaged].into_iter().collect(),
                "{shorter}"
            );
        }
    }
}
