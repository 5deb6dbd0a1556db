//! JPEG: a check for its end, which decoders do not ask for, decoding at a reduced size, and
//! decoding as TensorFlow does.
//!
//! A JPEG is kept as the cosine transforms of blocks of 8 x 8 pixels. Of a block's transform the
//! low frequencies alone give the block at 4 x 4, 2 x 2 or 1 pixel, for a fraction of the work of
//! decoding all of it and resizing.

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{Decoder, PixelFormat};
use memchr::memchr_iter;
use mozjpeg::{DctMethod, Decompress};

use crate::error::{CUT_SHORT, DecodeError};

/// How many times smaller a JPEG can be decoded, the smallest first.
const REDUCTIONS: [u32; 3] = [8, 4, 2];

/// Scans that a JPEG can have. Encoders make a dozen; thousands, of a few bytes each, would keep a
/// decoder busy for hours.
const SCANS: usize = 100;

/// Refuses a JPEG whose scans are not followed by the mark of its end: the decoder does not ask,
/// and paints what is missing grey. And one with too many scans, or with the arithmetic coding that
/// nobody ever used, for which the decoder has no words.
///
/// Within a scan no mark can occur, since every byte 0xff is followed by a zero there; before the
/// first scan they can, in the thumbnail of a camera.
pub(crate) fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut rest = bytes;
    while let [first, marker, tail @ ..] = rest {
        rest = match (first, marker) {
            // Start of scan.
            (0xff, 0xda) => return check_scans(tail),
            // Start of frame, of the kinds that are coded so.
            (0xff, 0xc9..=0xcb | 0xcd..=0xcf) => {
                return Err(DecodeError::Variety {
                    format: "JPEG",
                    reason: "it has arithmetic coding".to_owned(),
                });
            }
            // Start of image, which has no length; filling; and bytes that do not belong, which
            // decoders pass over.
            (0xff, 0xd8) => tail,
            (0xff, 0xff) | (0..0xff, _) => rest.get(1..).unwrap_or_default(),
            _ => {
                let length = tail.first_chunk().copied().map_or(0, u16::from_be_bytes);
                tail.get(usize::from(length)..).unwrap_or_default()
            }
        };
    }
    Err(cut_short())
}

/// See [`check`], from the first scan on.
fn check_scans(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut more = 1..SCANS;
    for at in memchr_iter(0xff, bytes) {
        match bytes.get(at + 1) {
            Some(0xd9) => return Ok(()),
            Some(0xda) if more.next().is_none() => {
                return Err(DecodeError::Variety {
                    format: "JPEG",
                    reason: format!("it has more than {SCANS} scans"),
                });
            }
            _ => {}
        }
    }
    Err(cut_short())
}

fn cut_short() -> DecodeError {
    DecodeError::Corrupt {
        format: "JPEG",
        reason: CUT_SHORT.to_owned(),
    }
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

/// The JPEG with the pixels that TensorFlow's decode_jpeg gives it: by libjpeg with its fast cosine
/// transform, which is a level or two off the true one. The networks of that time were trained on
/// such pixels, and the bottlenecks of the true ones are as far from theirs as 0.9976 in cosine. No
/// decoder in Rust has that transform.
///
/// None for what this decoder cannot do.
pub(crate) fn as_tensorflow(bytes: &[u8]) -> Option<DynamicImage> {
    let mut decoder = Decompress::new_mem(bytes).ok()?;
    decoder.dct_method(DctMethod::IntegerFast);
    let mut lines = decoder.rgb().ok()?;
    let size = (
        u32::try_from(lines.width()).ok()?,
        u32::try_from(lines.height()).ok()?,
    );
    let pixels = lines.read_scanlines().ok()?;
    RgbImage::from_raw(size.0, size.1, pixels).map(DynamicImage::from)
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
            let scans = [0xff, 0xda, 0, 2, 1, 2, 3].repeat(count);
            check(&[&[0xff, 0xd8][..], &scans, &[0xff, 0xd9]].concat())
        };
        assert_eq!(scans(SCANS), Ok(()));
        let reason = scans(SCANS + 1).unwrap_err().to_string();
        assert!(reason.contains("more than 100 scans"), "{reason}");
    }

    #[test]
    fn leaves_what_is_damaged_to_the_other_decoder() {
        let bytes = jpeg(1000, 800);
        assert!(reduced(&bytes[..400], (1000, 800), 100).is_none());
        assert!(reduced(b"", (1000, 800), 100).is_none());
    }
}
