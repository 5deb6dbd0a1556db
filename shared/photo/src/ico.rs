//! ICO and CUR: icons and pointers of Windows, of which the largest is taken.
//!
//! Source: Microsoft's "Icons". The directory may say what it likes of sizes and bits: what counts
//! stands in the images.

use crate::bmp::Bitmap;
use crate::error::{CUT_SHORT, DecodeError};
use crate::opaque::over_white;
use crate::png::Png;
use crate::rgb::Rgb;

/// How a PNG begins.
const PNG: &[u8] = b"\x89PNG";

fn corrupt(reason: impl Into<String>) -> DecodeError {
    DecodeError::Corrupt {
        format: "ICO",
        reason: reason.into(),
    }
}

/// One of the images of an icon.
pub(crate) enum Icon<'a> {
    /// A file of its own.
    Png(&'a [u8]),
    /// A bitmap, mostly with a mask of what is seen of it.
    Bitmap {
        bitmap: Bitmap<'a>,
        /// Bytes that the directory says it has.
        length: usize,
    },
}

/// The largest image, and of several the one of the most bits.
///
/// # Errors
/// An icon without any image.
pub(crate) fn largest(bytes: &[u8]) -> Result<Icon<'_>, DecodeError> {
    let count = bytes.get(4..).and_then(|rest| rest.first_chunk());
    let count = count.map_or(0, |count| usize::from(u16::from_le_bytes(*count)));
    let entries = bytes
        .get(6..)
        .unwrap_or_default()
        .chunks_exact(16)
        .take(count);
    let mut icons: Vec<Icon> = entries.filter_map(|entry| icon(bytes, entry)).collect();
    icons.sort_by_key(|icon| {
        let (width, height) = icon.size();
        (u64::from(width) * u64::from(height), icon.bits())
    });
    icons.pop().ok_or_else(|| corrupt(CUT_SHORT))
}

fn icon<'a>(bytes: &'a [u8], entry: &[u8]) -> Option<Icon<'a>> {
    let long = |at: usize| {
        let bytes = entry.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    };
    let rest = bytes.get(long(12)?..)?;
    if rest.starts_with(PNG) {
        return Some(Icon::Png(rest));
    }
    let mut bitmap = Bitmap::of(rest).ok()?;
    bitmap.height = (bitmap.height / 2).max(1);
    Some(Icon::Bitmap {
        bitmap,
        length: long(8)?,
    })
}

impl Icon<'_> {
    /// Columns and rows.
    pub(crate) fn size(&self) -> (u32, u32) {
        match self {
            Self::Png(bytes) => {
                let side = |at: usize| {
                    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
                    bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
                };
                (side(16), side(20))
            }
            Self::Bitmap { bitmap, .. } => (bitmap.width, bitmap.height),
        }
    }

    fn bits(&self) -> u32 {
        match self {
            Self::Png(_) => 32,
            Self::Bitmap { bitmap, .. } => bitmap.bits,
        }
    }

    /// The image, of which only a part may be seen.
    pub(crate) fn image(&self, max_pixels: u64) -> Result<Rgb, DecodeError> {
        match self {
            Self::Png(bytes) => Png::of(bytes, max_pixels)?.image(),
            // Where there is transparency, the mask is a rough form of it.
            Self::Bitmap { bitmap, .. } if bitmap.has_alpha() => bitmap.image().map(over_white),
            Self::Bitmap { bitmap, length } => match bitmap.mask() {
                Some(mask) => Ok(over_white(bitmap.hidden(mask, bitmap.image()?))),
                None if *length >= bitmap.length_with_mask() => Err(corrupt(CUT_SHORT)),
                None => bitmap.image().map(over_white),
            },
        }
    }
}
