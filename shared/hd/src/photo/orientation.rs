//! The EXIF orientation: which way up an image is.

use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageResult};

/// The bytes before the block in JPEG, and by mistake elsewhere.
const PREFIX: &[u8] = b"Exif\0\0";

/// How to turn the image in `bytes`, which `decoder` has begun to decode.
///
/// # Errors
/// The decoder's.
pub(super) fn orientation(
    format: ImageFormat,
    bytes: &[u8],
    decoder: &mut impl ImageDecoder,
) -> ImageResult<Orientation> {
    // The whole of a TIFF is such a block.
    if format == ImageFormat::Tiff {
        return decoder.orientation();
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
}
