//! Files to RGB images, recognised by their content and never by their names.
//!
//! Whatever a file holds, the worst it can cost is itself: sizes are checked before memory is
//! taken, and a decoder that panics is caught.

use std::io::Cursor;

use image::error::{UnsupportedError, UnsupportedErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::bmp::Bitmap;
use crate::claim::Claim;
use crate::decoded::Decoded;
use crate::error::{CUT_SHORT, DecodeError};
use crate::gif::Gif;
use crate::guard::guarded;
use crate::heif;
use crate::ico;
use crate::jpeg;
use crate::opaque::{self, over_white};
use crate::orientation;
use crate::painted::Painted;
use crate::png::Png;
use crate::recognise::{heif_kind, name, recognise};
use crate::rgb::Rgb;
use crate::tiff;
use crate::want::Want;
use crate::webp;

/// Decodes the first frame of an image, upright as its EXIF orientation says, with transparency
/// laid over white.
///
/// # Errors
/// Every way that bytes can fail to be an image; see [`DecodeError`].
pub fn decode(bytes: &[u8], want: &Want) -> Result<Decoded, DecodeError> {
    if let Some(kind) = heif_kind(bytes) {
        return Ok(heif::decode(kind, bytes, want)?.looked_at(kind.into()));
    }
    let format = recognise(bytes)?;
    let corrupt = |reason: String| DecodeError::Corrupt {
        format: name(format),
        reason,
    };
    match guarded(|| decode_as(format, bytes, want)) {
        Some(Ok(image)) if image.rgb.pixels.is_empty() => {
            Err(corrupt("it has no pixels".to_owned()))
        }
        Some(Ok(image)) => Ok(image.looked_at(format.into())),
        Some(Err(Refusal::Reason(error))) => Err(error),
        Some(Err(Refusal::Decoder(ImageError::Unsupported(error)))) => Err(DecodeError::Variety {
            format: name(format),
            reason: variety(&error),
        }),
        Some(Err(Refusal::Decoder(error))) => Err(corrupt(reason(&error))),
        None => Err(corrupt("the decoder panicked".to_owned())),
    }
}

/// Why [`decode_as`] gave up.
enum Refusal {
    Reason(DecodeError),
    Decoder(ImageError),
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        Self::Reason(error)
    }
}

impl From<ImageError> for Refusal {
    fn from(error: ImageError) -> Self {
        Self::Decoder(error)
    }
}

fn decode_as(format: ImageFormat, bytes: &[u8], want: &Want) -> Result<Decoded, Refusal> {
    match format {
        ImageFormat::Bmp => {
            let bitmap = Bitmap::of_file(bytes)?;
            let claim = Claim::of(bytes_a_pixel(format), (bitmap.width, bitmap.height));
            claim.paint(want, || Ok(over_white(bitmap.image()?).into()))
        }
        ImageFormat::Gif => {
            let gif = Gif::of(bytes)?;
            Claim::of(bytes_a_pixel(format), gif.size).paint(want, || Ok(gif.image()?.into()))
        }
        ImageFormat::Ico => {
            let icon = ico::largest(bytes)?;
            let claim = Claim::of(bytes_a_pixel(format), icon.size());
            claim.paint(want, || Ok(icon.image(want.max_pixels)?.into()))
        }
        ImageFormat::Jpeg => {
            let structure = jpeg::Structure::of(bytes)?;
            let claim = Claim {
                size: structure.size(),
                bytes: jpeg::memory(&structure, want),
            };
            claim.paint(want, || {
                let orientation = orientation::of_blocks(&structure.exif);
                Ok(jpeg::decode(bytes, &structure, want)?.upright(orientation))
            })
        }
        ImageFormat::Png => {
            let png = Png::of(bytes, want.max_pixels)?;
            Claim::of(bytes_a_pixel(format), png.size).paint(want, || {
                let orientation = orientation::of(format, bytes);
                Ok(Painted::from(png.image()?).upright(orientation))
            })
        }
        ImageFormat::Tiff => {
            Claim::of(bytes_a_pixel(format), tiff::size(bytes)?).paint(want, || {
                let (page, orientation) = tiff::decode(bytes)?;
                Ok(page.upright(orientation))
            })
        }
        _ => decode_elsewhere(format, bytes, want),
    }
}

/// A format that is decoded by a library as a whole.
fn decode_elsewhere(format: ImageFormat, bytes: &[u8], want: &Want) -> Result<Decoded, Refusal> {
    let transparent = match format {
        ImageFormat::WebP => webp::as_transparent(bytes),
        _ => None,
    };
    let file = transparent.as_deref().unwrap_or(bytes);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(want.max_pixels.saturating_mul(8));
    reader.limits(limits);
    let decoder = reader.into_decoder()?;
    let size = decoder.dimensions();
    Claim::of(bytes_a_pixel(format), size).paint(want, || {
        let image = DynamicImage::from_decoder(decoder)?;
        let rgb = match transparent {
            Some(_) => without_alpha(image),
            None => over_white(image),
        };
        Ok(Painted::from(rgb).upright(orientation::of(format, bytes)))
    })
}

/// Bytes that decoding takes at its most for each pixel, as measured: three for the result, and what
/// the decoder has beside it. Three more are for an image that has to be turned.
fn bytes_a_pixel(format: ImageFormat) -> u64 {
    match format {
        ImageFormat::Png => 6,
        ImageFormat::Gif => 4,
        ImageFormat::Bmp | ImageFormat::Ico => 5,
        // A frame in planes, its colours, and what transparency was packed into.
        ImageFormat::WebP => 11,
        // Levels of each band, and what a strip was packed into.
        ImageFormat::Tiff => 8,
        _ => 9,
    }
}

/// The colours of an image whose transparency means nothing.
fn without_alpha(image: DynamicImage) -> Rgb {
    let (width, height) = (image.width(), image.height());
    let mut pixels = image.into_rgba8().into_raw();
    opaque::narrow(&mut pixels, |[red, green, blue, _]| [red, green, blue]);
    Rgb {
        width,
        height,
        pixels,
    }
}

/// The feature that a decoder does not have, in as few of its words as it can be said.
fn variety(error: &UnsupportedError) -> String {
    match error.kind() {
        UnsupportedErrorKind::GenericFeature(feature) => feature,
        _ => error.to_string(),
    }
}

/// The decoder's reason without the format's name, which stands before it already.
fn reason(error: &ImageError) -> String {
    match error {
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            CUT_SHORT.to_owned()
        }
        ImageError::Decoding(error) => std::error::Error::source(error)
            .map_or_else(|| error.to_string(), |source| source.to_string()),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::encode_jpeg;
    use crate::file_format::FileFormat;

    /// The image in its full size.
    fn decode(bytes: &[u8]) -> Result<Rgb, DecodeError> {
        super::decode(bytes, &Want::default()).map(|image| image.rgb)
    }

    fn encoded(image: DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn gradient() -> image::RgbImage {
        image::RgbImage::from_fn(40, 30, |x, y| image::Rgb([x as u8 * 6, y as u8 * 8, 99]))
    }

    #[test]
    fn decodes_every_lossless_format_exactly() {
        use ImageFormat::{Png, Pnm, Qoi, WebP};
        for format in [Png, WebP, Pnm, Qoi] {
            let image = decode(&encoded(gradient().into(), format)).unwrap();
            assert_eq!((image.width, image.height), (40, 30));
            assert_eq!(image.pixels, gradient().into_raw(), "{format:?}");
        }
    }

    #[test]
    fn decodes_jpeg_closely() {
        let jpeg = encode_jpeg(
            &Rgb {
                width: 40,
                height: 30,
                pixels: gradient().into_raw(),
            },
            95,
        )
        .unwrap();
        let image = decode(&jpeg).unwrap();
        let pairs = image.pixels.iter().zip(gradient().into_raw());
        let worst = pairs.map(|(a, b)| a.abs_diff(b)).max();
        assert!(worst < Some(48), "{worst:?}");
    }

    #[test]
    fn lays_transparency_over_white() {
        let pixel = |alpha| {
            DynamicImage::from(image::RgbaImage::from_pixel(
                2,
                2,
                image::Rgba([10, 20, 30, alpha]),
            ))
        };
        let over = |alpha| {
            decode(&encoded(pixel(alpha), ImageFormat::Png))
                .unwrap()
                .pixels[..3]
                .to_vec()
        };
        assert_eq!(over(255), [10, 20, 30]);
        assert_eq!(over(0), [255, 255, 255]);
        assert_eq!(over(128), [132, 137, 142]);
    }

    #[test]
    fn narrows_sixteen_bits_and_spreads_grey() {
        let grey = image::ImageBuffer::from_pixel(3, 3, image::Luma([0x8080u16]));
        let image = decode(&encoded(DynamicImage::ImageLuma16(grey), ImageFormat::Png)).unwrap();
        assert_eq!(image.pixels, [0x80; 27]);
    }

    #[test]
    fn turns_a_photo_upright() {
        let upright = decode(&with_orientation(1)).unwrap();
        let turned = decode(&with_orientation(6)).unwrap();
        assert_eq!((upright.width, upright.height), (40, 30));
        assert_eq!((turned.width, turned.height), (30, 40));
    }

    /// A JPEG with an EXIF block that holds nothing but an orientation.
    fn with_orientation(orientation: u8) -> Vec<u8> {
        let jpeg = encode_jpeg(
            &Rgb {
                width: 40,
                height: 30,
                pixels: gradient().into_raw(),
            },
            90,
        )
        .unwrap();
        let mut exif =
            b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        [&jpeg[..2], &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn says_what_is_wrong_with_what_is_no_image() {
        assert_eq!(decode(b""), Err(DecodeError::Empty));
        assert_eq!(decode(b"just some text"), Err(DecodeError::NotAnImage));
        let pdf = decode(b"%PDF-1.7").unwrap_err();
        assert_eq!(pdf.to_string(), "PDF images cannot be decoded");
    }

    #[test]
    fn an_image_cut_anywhere_is_refused_and_never_panics() {
        for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg] {
            let whole = encoded(gradient().into(), format);
            for length in 0..whole.len() - 12 {
                assert!(
                    decode(&whole[..length]).is_err(),
                    "{format:?} cut to {length} of {} bytes",
                    whole.len()
                );
            }
        }
    }

    #[test]
    fn a_size_over_the_limit_is_refused_before_memory_is_taken() {
        let mut png = encoded(gradient().into(), ImageFormat::Png);
        png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let checksum = crc(&png[12..29]);
        png[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(
            decode(&png),
            Err(DecodeError::TooLarge {
                width: 65_536,
                height: 65_536
            })
        );
    }

    #[test]
    fn the_limit_is_the_callers() {
        let png = encoded(gradient().into(), ImageFormat::Png);
        let limited = |max_pixels| {
            let want = Want {
                max_pixels,
                ..Want::default()
            };
            super::decode(&png, &want).map(|image| image.pixels())
        };
        assert_eq!(limited(1200), Ok(1200));
        assert_eq!(
            limited(1199),
            Err(DecodeError::TooLarge {
                width: 40,
                height: 30
            })
        );
    }

    #[test]
    fn a_reduced_photo_is_upright_too() {
        let want = Want {
            shorter_side: Some(15),
            ..Want::default()
        };
        let image = super::decode(&with_orientation(6), &want).unwrap();
        assert_eq!((image.rgb.width, image.rgb.height), (15, 20));
        assert_eq!((image.width, image.height), (30, 40));
        assert_eq!(image.format, FileFormat::Jpeg);
    }

    /// CRC-32 as PNG chunks carry it.
    fn crc(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }
}
