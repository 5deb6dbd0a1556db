//! WebP, as far as its decoder has to be helped.

use std::borrow::Cow;

/// The chunk of an image without loss.
const LOSSLESS: &[u8] = b"VP8L";

/// The file as one with transparency, if it is an image without loss and without transparency: the
/// decoder then makes it where it is wanted, and otherwise somewhere else first. What it calls
/// transparency means nothing.
pub(crate) fn as_transparent(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let kind = bytes.get(12..16)?;
    let (flags, bit) = match kind {
        LOSSLESS => (24, 0x10),
        b"VP8X" if has_chunk(bytes, LOSSLESS) && !has_chunk(bytes, b"ANMF") => (20, 0x10),
        _ => return None,
    };
    let mut copy = bytes.to_vec();
    let flags = copy.get_mut(flags).filter(|flags| **flags & bit == 0)?;
    *flags |= bit;
    Some(copy.into())
}

fn has_chunk(bytes: &[u8], kind: &[u8]) -> bool {
    chunks(bytes).any(|(found, _)| found == kind)
}

/// The chunk of this kind.
pub(crate) fn chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut found = chunks(bytes).filter(|(found, _)| found == kind);
    found.next().map(|(_, body)| body)
}

/// The chunks of a file, each with its kind.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        let body = after.get(..length)?;
        // A chunk of an odd length is followed by a zero.
        let next = length.checked_next_multiple_of(2)?;
        rest = after.get(next..).unwrap_or_default();
        Some((*kind, body))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, RgbImage};

    use super::*;

    #[test]
    fn a_block_in_a_webp_that_claims_more_than_the_file_has_is_none() {
        let webp = b"RIFF\x1a\0\0\0WEBPVP8X\x01\0\0\0a\0EXIF\x02\0\0\0xy";
        assert_eq!(chunk(webp, b"EXIF"), Some(b"xy".as_slice()));
        assert_eq!(chunk(&webp[..webp.len() - 1], b"EXIF"), None);
    }

    #[test]
    fn an_image_without_loss_is_told_to_be_transparent_where_it_is_not() {
        let encoded = |image: DynamicImage| {
            let mut bytes = Cursor::new(Vec::new());
            image.write_to(&mut bytes, ImageFormat::WebP).unwrap();
            bytes.into_inner()
        };
        let opaque = encoded(RgbImage::new(3, 2).into());
        let told = as_transparent(&opaque).unwrap();
        assert_eq!(
            opaque
                .iter()
                .zip(told.iter())
                .filter(|(a, b)| a != b)
                .count(),
            1
        );
        let transparent = encoded(image::RgbaImage::new(3, 2).into());
        assert!(as_transparent(&transparent).is_none());
        assert!(as_transparent(b"RIFF\0\0\0\0WEBPVP8 ").is_none());
        assert!(as_transparent(b"").is_none());
    }
}
