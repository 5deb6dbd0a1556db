//! TIFF: images with a palette, which the decoder does not know.
//!
//! Such an image is decoded as the grey one that its indices make, and painted with its colours.
//! Source of the tags: TIFF 6.0, sections 2 and 5.

use image::{DynamicImage, RgbImage};

const BITS_PER_SAMPLE: u16 = 258;
const PHOTOMETRIC_INTERPRETATION: u16 = 262;
const COLOR_MAP: u16 = 320;
/// Values of the second of these.
const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u16 = 3;

/// Colours for indices of 8 bits.
const COLOURS: usize = 256;

/// An image whose pixels are indices into a list of colours.
pub(crate) struct Palette {
    /// The file, with its indices called grey.
    pub(crate) grey: Vec<u8>,
    colours: Vec<[u8; 3]>,
}

impl Palette {
    /// The image in `bytes`, if its first page has a palette for indices of 8 bits.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let file = Tiff::of(bytes)?;
        let interpretation = file.entry(PHOTOMETRIC_INTERPRETATION)?;
        if file.short(interpretation + 8)? != PALETTE
            || file.short(file.entry(BITS_PER_SAMPLE)? + 8)? != 8
        {
            return None;
        }
        // All reds, all greens, all blues, in 16 bits.
        let map = file.long(file.entry(COLOR_MAP)? + 8)?;
        let level = |channel: usize, index: usize| {
            let value = file.short(map.checked_add(2 * (channel * COLOURS + index))?)?;
            Some((value >> 8) as u8)
        };
        let colour = |index| Some([level(0, index)?, level(1, index)?, level(2, index)?]);
        let colours = (0..COLOURS).map(colour).collect::<Option<_>>()?;
        let mut grey = bytes.to_vec();
        let value = grey.get_mut(interpretation + 8..)?.first_chunk_mut()?;
        *value = match file.little {
            true => BLACK_IS_ZERO.to_le_bytes(),
            false => BLACK_IS_ZERO.to_be_bytes(),
        };
        Some(Self { grey, colours })
    }

    /// The image in its colours, from its indices.
    pub(crate) fn paint(&self, indices: DynamicImage) -> DynamicImage {
        let indices = indices.into_luma8();
        let colour = |index: &u8| self.colours.get(usize::from(*index)).copied();
        let pixels = indices
            .as_raw()
            .iter()
            .filter_map(colour)
            .flatten()
            .collect();
        RgbImage::from_raw(indices.width(), indices.height(), pixels)
            .map_or(indices.into(), DynamicImage::from)
    }
}

/// A TIFF of less than 4 GiB.
struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let little = bytes.starts_with(b"II\x2a\0");
        (little || bytes.starts_with(b"MM\0\x2a")).then_some(Self { bytes, little })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(match self.little {
            true => u16::from_le_bytes(bytes),
            false => u16::from_be_bytes(bytes),
        })
    }

    fn long(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        let value = match self.little {
            true => u32::from_le_bytes(bytes),
            false => u32::from_be_bytes(bytes),
        };
        usize::try_from(value).ok()
    }

    /// Where the entry of this tag begins in the directory of the first page: tag, type, count, and
    /// value.
    fn entry(&self, tag: u16) -> Option<usize> {
        let directory = self.long(4)?;
        let count = self.short(directory)?;
        let entries = (0..usize::from(count)).map(|index| directory + 2 + 12 * index);
        entries.into_iter().find(|&at| self.short(at) == Some(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directory of a TIFF with a palette, in either order of bytes, and its colours behind it.
    fn palette(little: bool) -> Vec<u8> {
        let short = |value: u16| match little {
            true => value.to_le_bytes(),
            false => value.to_be_bytes(),
        };
        let long = |value: u32| match little {
            true => value.to_le_bytes(),
            false => value.to_be_bytes(),
        };
        let mut bytes = if little { b"II" } else { b"MM" }.to_vec();
        bytes.extend(short(42));
        bytes.extend(long(8));
        bytes.extend(short(3));
        for (tag, count, value) in [
            (BITS_PER_SAMPLE, 1, 8),
            (PHOTOMETRIC_INTERPRETATION, 1, PALETTE),
        ] {
            bytes.extend(short(tag));
            bytes.extend(short(3));
            bytes.extend(long(count));
            bytes.extend(short(value));
            bytes.extend(short(0));
        }
        bytes.extend(short(COLOR_MAP));
        bytes.extend(short(3));
        bytes.extend(long(768));
        bytes.extend(long(46));
        for channel in 0..3u16 {
            bytes.extend((0..256).flat_map(|index| short((index << 8) + channel)));
        }
        bytes
    }

    #[test]
    fn the_colours_are_found_in_either_order_of_bytes() {
        for little in [true, false] {
            let bytes = palette(little);
            let found = Palette::of(&bytes).unwrap();
            assert_eq!(found.colours[7], [7; 3]);
            assert!(Palette::of(&found.grey).is_none(), "it is grey now");
            for length in 0..bytes.len() {
                assert!(Palette::of(&bytes[..length]).is_none(), "cut to {length}");
            }
        }
    }
}
