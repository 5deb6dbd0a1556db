//! The EXIF orientation: which way up an image is.

use std::io;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageResult};

/// The bytes before the block in JPEG, and by mistake elsewhere.
const PREFIX: &[u8] = b"Exif\0\0";

/// How to turn the image in `bytes`, which `decoder` has begun to decode.
///
/// # Errors
/// The decoder's.
pub(crate) fn orientation(
    format: ImageFormat,
    bytes: &[u8],
    decoder: &mut impl ImageDecoder,
) -> ImageResult<Orientation> {
    // The whole of a TIFF is such a block.
    if format == ImageFormat::Tiff {
        return decoder.orientation();
    }
    if format == ImageFormat::WebP && !has_whole_block(bytes) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let early = decoder.exif_metadata()?;
    let block = match (&early, format) {
        (Some(block), _) => block,
        (None, ImageFormat::Png) => png_chunk(bytes, *b"eXIf").unwrap_or_default(),
        (None, _) => &[],
    };
    let block = block.strip_prefix(PREFIX).unwrap_or(block);
    Ok(Orientation::from_exif_chunk(block).unwrap_or(Orientation::NoTransforms))
}

/// Whether the block in a WebP is as long as it says, if there is one. The decoder would take as
/// much memory as it says before it looks.
fn has_whole_block(bytes: &[u8]) -> bool {
    let chunks = bytes.get(12..).unwrap_or_default();
    // Without this chunk at the beginning there are no blocks.
    !chunks.starts_with(b"VP8X") || webp_chunk_is_whole(chunks, *b"EXIF").unwrap_or(true)
}

/// Whether the first chunk of this kind in a WebP is all there; nothing if there is none.
fn webp_chunk_is_whole(chunks: &[u8], kind: [u8; 4]) -> Option<bool> {
    let mut rest = chunks;
    loop {
        let (found, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        if *found == kind {
            return Some(length <= after.len());
        }
        // A chunk of an odd length is followed by a zero.
        rest = after.get(length.checked_next_multiple_of(2)?..)?;
    }
}

/// The first chunk of this kind in a PNG, wherever it stands: the decoder sees only those before
/// the pixels.
fn png_chunk(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (length, after) = rest.split_first_chunk()?;
        let (found, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        if *found == kind {
            return after.get(..length);
        }
        // The checksum comes last.
        rest = after.get(length.checked_add(4)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_found_behind_others_and_never_beyond_the_end() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x02IDATab....\0\0\0\x03eXIfxyz....";
        assert_eq!(png_chunk(png, *b"eXIf"), Some(b"xyz".as_slice()));
        assert_eq!(png_chunk(png, *b"iTXt"), None);
        for length in 0..png.len() - 4 {
            assert_eq!(png_chunk(&png[..length], *b"eXIf"), None, "{length}");
        }
        assert_eq!(
            png_chunk(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT", *b"eXIf"),
            None
        );
    }

    #[test]
    fn a_block_in_a_webp_that_claims_more_than_the_file_has_is_noticed() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/images/colour-turned-6.webp"
        );
        let whole = std::fs::read(path).unwrap();
        assert!(has_whole_block(&whole));
        let mut windows = whole.windows(4);
        let length = windows.position(|window| window == b"EXIF").unwrap() + 4;
        let mut claims = whole.clone();
        claims[length..length + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(!has_whole_block(&claims));
        assert!(!has_whole_block(&whole[..length + 5]));
        // Before the block, and without one.
        assert!(has_whole_block(&whole[..length - 4]));
        assert!(has_whole_block(b""));
    }
}
