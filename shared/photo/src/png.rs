//! PNG: its chunks, and its pixels row by row.
//!
//! Source: the PNG specification, third edition, section 5.

use std::borrow::Cow;
use std::io::Cursor;

use image::{DynamicImage, ImageBuffer};
use png::{BitDepth, ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Reader};

use crate::error::{CUT_SHORT, DecodeError};
use crate::memory::filled;
use crate::opaque;
use crate::rgb::Rgb;

/// The chunk that is the end.
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// The chunks of a PNG, each with its kind, and the bytes behind the last whole one.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, after) = self.0.split_first_chunk()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let body = after.get(..u32::from_be_bytes(*length) as usize)?;
        // The checksum comes last.
        self.0 = after.get(body.len().checked_add(4)?..)?;
        Some((*kind, body))
    }
}

fn chunks(bytes: &[u8]) -> Chunks<'_> {
    Chunks(bytes.get(8..).unwrap_or_default())
}

/// The first chunk of this kind, wherever it stands: the decoder sees only those before the pixels.
pub(crate) fn chunk(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    chunks(bytes)
        .find(|(found, _)| *found == kind)
        .map(|(_, body)| body)
}

/// Whether a PNG with pixels stops behind a whole chunk, and only the one that is the end is
/// missing.
fn lacks_only_its_end(bytes: &[u8]) -> bool {
    let mut all = chunks(bytes);
    let kinds: Vec<_> = all.by_ref().map(|(kind, _)| kind).collect();
    kinds.contains(b"IDAT") && !kinds.contains(b"IEND") && all.0.is_empty()
}

/// A PNG whose pixels are about to be decoded.
pub(crate) struct Png<'a> {
    reader: Reader<Cursor<Cow<'a, [u8]>>>,
    /// Columns and rows.
    pub(crate) size: (u32, u32),
}

impl<'a> Png<'a> {
    /// # Errors
    /// A PNG that ends before its pixels, or whose chunks before them make no sense.
    pub(crate) fn of(bytes: &'a [u8], max_pixels: u64) -> Result<Self, DecodeError> {
        let bytes = match lacks_only_its_end(bytes) {
            true => [bytes, END].concat().into(),
            false => bytes.into(),
        };
        let bytes_limit = usize::try_from(max_pixels.saturating_mul(8)).unwrap_or(usize::MAX);
        let limits = Limits { bytes: bytes_limit };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(png::Transformations::EXPAND);
        let reader = decoder.read_info().map_err(corrupt)?;
        let size = reader.info().size();
        Ok(Self { reader, size })
    }

    /// The pixels, of which only a row is there in the file's form at a time.
    ///
    /// # Errors
    /// Pixels that end too early or make no sense.
    pub(crate) fn image(mut self) -> Result<Rgb, DecodeError> {
        let (width, height) = self.size;
        let stride = width as usize * 3;
        let mut pixels = filled(self.size, stride * height as usize, 0)?;
        let kind = self.reader.output_color_type();
        let mut lines = 0;
        while let Some(row) = self.reader.next_interlaced_row().map_err(corrupt)? {
            let colours = rgb(kind, row.data());
            match row.interlace() {
                InterlaceInfo::Null(_) => {
                    let at = lines * stride;
                    lines += 1;
                    let to = pixels.get_mut(at..).unwrap_or_default();
                    to.iter_mut().zip(colours).for_each(|(to, from)| *to = from);
                }
                InterlaceInfo::Adam7(info) => {
                    png::expand_interlaced_row(&mut pixels, stride, &colours, info, 24);
                }
            }
        }
        Ok(Rgb {
            width,
            height,
            pixels,
        })
    }
}

/// A row in RGB, with transparency laid over white.
fn rgb((colours, bits): (ColorType, BitDepth), row: &[u8]) -> Vec<u8> {
    let row = match bits {
        BitDepth::Sixteen => row.as_chunks().0.iter().map(narrowed).collect(),
        _ => row.to_vec(),
    };
    let width = (row.len() / colours.samples()) as u32;
    let image = match colours {
        ColorType::Grayscale => ImageBuffer::from_raw(width, 1, row).map(DynamicImage::ImageLuma8),
        ColorType::GrayscaleAlpha => {
            ImageBuffer::from_raw(width, 1, row).map(DynamicImage::ImageLumaA8)
        }
        ColorType::Rgba => ImageBuffer::from_raw(width, 1, row).map(DynamicImage::ImageRgba8),
        // Palettes come expanded.
        ColorType::Rgb | ColorType::Indexed => {
            ImageBuffer::from_raw(width, 1, row).map(DynamicImage::ImageRgb8)
        }
    };
    image.map(opaque::pixels).unwrap_or_default()
}

/// A sample of 16 bits in 8, rounded.
fn narrowed(sample: &[u8; 2]) -> u8 {
    ((u32::from(u16::from_be_bytes(*sample)) + 128) / 257) as u8
}

fn corrupt(error: DecodingError) -> DecodeError {
    let reason = match error {
        DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            CUT_SHORT.to_owned()
        }
        error => error.to_string(),
    };
    DecodeError::Corrupt {
        format: "PNG",
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_found_behind_others_and_never_beyond_the_end() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x02IDATab....\0\0\0\x03eXIfxyz....";
        assert_eq!(chunk(png, *b"eXIf"), Some(b"xyz".as_slice()));
        assert_eq!(chunk(png, *b"iTXt"), None);
        for length in 0..png.len() - 4 {
            assert_eq!(chunk(&png[..length], *b"eXIf"), None, "{length}");
        }
        let long = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT";
        assert_eq!(chunk(long, *b"eXIf"), None);
    }

    #[test]
    fn samples_of_16_bits_are_rounded_as_everywhere_else() {
        let samples: Vec<u16> = (0..=u16::MAX).collect();
        let image = ImageBuffer::from_raw(256, 256, samples.clone());
        let theirs = image.map(DynamicImage::ImageLuma16).unwrap().into_luma8();
        let ours = samples.iter().map(|sample| narrowed(&sample.to_be_bytes()));
        assert!(ours.eq(theirs.into_raw()));
    }

    #[test]
    fn an_end_is_missing_only_behind_whole_pixels() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x02IDATab....";
        assert!(lacks_only_its_end(png));
        assert!(!lacks_only_its_end(&png[..png.len() - 1]));
        assert!(!lacks_only_its_end(&[png, END].concat()));
        assert!(!lacks_only_its_end(&png[..8]));
    }
}
