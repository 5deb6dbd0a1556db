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
mod structure;
mod trouble;

use std::borrow::Cow;
use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};
use mozjpeg::DctMethod;

pub(crate) use structure::Structure;
use trouble::{corrupt, cut_short, variety};

use crate::error::DecodeError;
use crate::guard::guarded;
use crate::note::{Note, Notes};

/// How many times smaller a JPEG can be decoded, the smallest first.
const REDUCTIONS: [u32; 3] = [8, 4, 2];

/// How a JPEG is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    /// The shorter side may be reduced to no less than this.
    pub(crate) shorter_side: Option<u32>,
    /// Whether to have the very pixels that TensorFlow gives it.
    pub(crate) as_tensorflow: bool,
    /// Whether to take what is there of a file that ends too early.
    pub(crate) truncated: bool,
}

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

/// Decodes a JPEG of this structure as it lies in the file.
///
/// # Errors
/// A JPEG that cannot be decoded, or ends too early and is not wanted so.
pub(crate) fn decode(
    bytes: &[u8],
    structure: &Structure,
    wish: Wish,
) -> Result<(DynamicImage, Notes), DecodeError> {
    if let Some(reason) = structure.refusal() {
        return Err(variety(reason));
    }
    if structure.is_lossless() {
        let image = guarded(|| by_jpeg_decoder(Decoder::new(bytes))).flatten();
        return Ok((image.ok_or_else(|| corrupt(NONSENSE))?, Notes::default()));
    }
    if structure.is_plain() && structure.is_ended && !wish.as_tensorflow {
        let shorter = wish.shorter_side;
        let small = || shorter.and_then(|shorter| reduced(bytes, structure.size(), shorter));
        let full = || {
            let reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
            reader.decode().ok()
        };
        let image = guarded(small).flatten().or_else(|| guarded(full).flatten());
        if let Some(image) = image {
            return Ok((image, Notes::default()));
        }
    }
    by_libjpeg(bytes, structure, wish)
}

const NONSENSE: &str = "its codes make no sense";

fn by_libjpeg(
    bytes: &[u8],
    structure: &Structure,
    wish: Wish,
) -> Result<(DynamicImage, Notes), DecodeError> {
    // TensorFlow takes the fast cosine transform, which is a level or two off the true one.
    let method = match wish.as_tensorflow {
        true => DctMethod::IntegerFast,
        false => DctMethod::IntegerSlow,
    };
    let bytes = structure.completed(bytes);
    let image = guarded(|| libjpeg::decode(&bytes, structure, method));
    let image = image.ok_or_else(|| corrupt(NONSENSE))??;
    let mut notes = Notes::default();
    // That arithmetic codes end goes unnoticed, and so does that scans are missing.
    let has_all = structure.has_all_scans() && !structure.is_arithmetic();
    let is_whole = structure.is_ended || image.is_whole && has_all;
    if !is_whole {
        if !wish.truncated || 2 * filled_rows(&image.pixels) > image.pixels.height() {
            return Err(cut_short());
        }
        notes.add(Note::CutShort);
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

/// The JPEG of this size at 1/8, 1/4 or 1/2 of it, whichever is the smallest that leaves its
/// shorter side no shorter than `shorter`.
///
/// None where that is the full size, and for anything that this decoder cannot do: the one for the
/// full size then has the last word on what is wrong with an image.
pub(crate) fn reduced(bytes: &[u8], size: (u32, u32), shorter: u32) -> Option<DynamicImage> {
    let fits = |by: &u32| size.0.min(size.1) / by >= shorter;
    let by = REDUCTIONS.into_iter().find(fits)?;
    let side = |full: u32| u16::try_from(full.div_ceil(by)).ok();
    let mut decoder = Decoder::new(bytes);
    decoder.scale(side(size.0)?, side(size.1)?).ok()?;
    by_jpeg_decoder(decoder)
}

fn by_jpeg_decoder(mut decoder: Decoder<&[u8]>) -> Option<DynamicImage> {
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    let (width, height) = (info.width.into(), info.height.into());
    match info.pixel_format {
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        // Inks, whose colours the other decoder knows, and samples of more than 8 bits.
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

    #[test]
    fn reduces_as_far_as_the_shorter_side_allows() {
        let bytes = jpeg(1000, 801);
        let size = |shorter| {
            reduced(&bytes, (1000, 801), shorter).map(|image| (image.width(), image.height()))
        };
        assert_eq!(size(100), Some((125, 101)));
        assert_eq!(size(101), Some((250, 201)));
        assert_eq!(size(400), Some((500, 401)));
        assert_eq!(size(401), None);
    }

    #[test]
    fn shows_the_same_image() {
        let small = reduced(&jpeg(1000, 800), (1000, 800), 100)
            .unwrap()
            .into_rgb8();
        for (x, y) in [(10, 10), (60, 50), (120, 95)] {
            let [r, g, b] = small.get_pixel(x, y).0.map(i32::from);
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
    fn leaves_what_is_damaged_to_the_other_decoder() {
        let bytes = jpeg(1000, 800);
        assert!(reduced(&bytes[..400], (1000, 800), 100).is_none());
        assert!(reduced(b"", (1000, 800), 100).is_none());
    }
}
