//! The EXIF orientation: which way up an image is.
//!
//! Whatever is wrong with a block of EXIF, the worst it can cost is that the image stays as it is.

use image::ImageFormat;
use image::metadata::Orientation;

use crate::png;
use crate::tiff::{Directory, Tag};
use crate::webp;

/// The bytes before the block in JPEG, and by mistake elsewhere.
const PREFIX: &[u8] = b"Exif\0\0";

/// How to turn the image in `bytes`, which is no JPEG and no TIFF.
pub(crate) fn of(format: ImageFormat, bytes: &[u8]) -> Orientation {
    let block = match format {
        ImageFormat::Png => png::chunk(bytes, *b"eXIf"),
        ImageFormat::WebP => webp::chunk(bytes, b"EXIF"),
        _ => None,
    };
    of_blocks(block.as_slice())
}

/// How the first of some blocks that says anything of it says to turn an image.
pub(crate) fn of_blocks(blocks: &[&[u8]]) -> Orientation {
    let found = blocks.iter().find_map(|block| of_block(block));
    found.unwrap_or(Orientation::NoTransforms)
}

/// A block is a TIFF without an image. The number may be of any width.
fn of_block(block: &[u8]) -> Option<Orientation> {
    let block = block.strip_prefix(PREFIX).unwrap_or(block);
    let value = Directory::first(block)?.one(Tag::Orientation)?;
    Orientation::from_exif(u8::try_from(value).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with one entry in its directory.
    fn block(order: &[u8; 2], kind: u16, value: u32) -> Vec<u8> {
        let little = order == b"II";
        let short = |value: u16| {
            if little {
                value.to_le_bytes()
            } else {
                value.to_be_bytes()
            }
        };
        let long = |value: u32| {
            if little {
                value.to_le_bytes()
            } else {
                value.to_be_bytes()
            }
        };
        let value = match kind {
            3 => [short(value as u16), [0; 2]].concat(),
            _ => long(value).to_vec(),
        };
        let entry = [&short(0x112)[..], &short(kind), &long(1), &value].concat();
        [order, &short(42)[..], &long(8), &short(1), &entry, &long(0)].concat()
    }

    #[test]
    fn the_number_may_be_short_or_long_in_either_order_of_bytes() {
        for order in [b"II", b"MM"] {
            for kind in [3, 4] {
                let block = block(order, kind, 6);
                assert_eq!(
                    of_blocks(&[&block]),
                    Orientation::Rotate90,
                    "{order:?} {kind}"
                );
            }
            assert_eq!(of_blocks(&[&block(order, 4, 9)]), Orientation::NoTransforms);
        }
    }

    #[test]
    fn the_first_block_that_says_anything_counts() {
        let (six, three) = (block(b"II", 3, 6), block(b"MM", 3, 3));
        assert_eq!(of_blocks(&[&six, &three]), Orientation::Rotate90);
        assert_eq!(of_blocks(&[b"MM", &three, &six]), Orientation::Rotate180);
        assert_eq!(
            of_blocks(&[b"Exif\0\0", b"II*\0\xff\xff\xff\xff"]),
            Orientation::NoTransforms
        );
    }
}
