//! BMP: bitmaps of Windows and OS/2, in files and within icons.
//!
//! Source: Microsoft's "Bitmap Header Types" and "Bitmap Compression"; for OS/2, the Encyclopedia of
//! Graphics File Formats. Written here since readers refuse old headers, and take 32 bits without a
//! word on transparency for an image of which nothing is seen.

use image::{DynamicImage, RgbaImage};

use crate::error::{CUT_SHORT, DecodeError};

/// Ways of keeping pixels, by their numbers in the header.
const PLAIN: u32 = 0;
const RUNS_OF_8: u32 = 1;
const RUNS_OF_4: u32 = 2;
const MASKS: u32 = 3;
const MASKS_WITH_ALPHA: u32 = 6;

fn corrupt(reason: impl Into<String>) -> DecodeError {
    DecodeError::Corrupt {
        format: "BMP",
        reason: reason.into(),
    }
}

fn variety(reason: String) -> DecodeError {
    DecodeError::Variety {
        format: "BMP",
        reason,
    }
}

/// The header of a bitmap.
#[derive(Clone, Debug)]
pub(crate) struct Bitmap<'a> {
    /// Columns.
    pub(crate) width: u32,
    /// Rows; in an icon twice as many as it has, since a mask stands behind them.
    pub(crate) height: u32,
    pub(crate) bits: u32,
    is_top_down: bool,
    compression: u32,
    /// Which bits are red, green, blue and alpha.
    masks: [u32; 4],
    colours: Vec<[u8; 3]>,
    /// What stands behind the palette.
    behind: &'a [u8],
}

impl<'a> Bitmap<'a> {
    /// The bitmap of a file.
    pub(crate) fn of_file(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut bitmap = Self::of(bytes.get(14..).unwrap_or_default())?;
        // Where the pixels begin; some programs leave it open.
        let begin = bytes.get(10..14).and_then(|at| at.first_chunk());
        let begin = begin.map_or(0, |at| u32::from_le_bytes(*at) as usize);
        if begin >= 26
            && let Some(pixels) = bytes.get(begin..)
        {
            bitmap.behind = pixels;
        }
        Ok(bitmap)
    }

    /// The bitmap whose header is the first of `bytes`.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let short = |at: usize| -> Option<u32> {
            let bytes = bytes.get(at..)?.first_chunk()?;
            Some(u16::from_le_bytes(*bytes).into())
        };
        let long = |at: usize| -> Option<u32> {
            Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
        };
        let cut = || corrupt(CUT_SHORT);
        let size = long(0).ok_or_else(cut)?;
        let is_old = size == 12;
        let (width, height, bits) = match is_old {
            true => (short(4), short(6), short(10)),
            false => (long(4), long(8), short(14)),
        };
        let (width, height, bits) = match (width, height, bits) {
            (Some(width), Some(height), Some(bits)) => (width as i32, height as i32, bits),
            _ => return Err(cut()),
        };
        if !(12..=1 << 16).contains(&size) || width <= 0 || height == 0 || height == i32::MIN {
            return Err(corrupt("its header makes no sense"));
        }
        // Short headers end anywhere; what they leave out is nothing.
        let field = |at: usize| match at + 4 <= size as usize {
            true => long(at).unwrap_or(0),
            false => 0,
        };
        let compression = field(16);
        // In OS/2's long header, the third way is fax and the fourth runs of 24 bits.
        if size == 64 && compression > RUNS_OF_4
            || compression > MASKS_WITH_ALPHA
            || [4, 5].contains(&compression)
        {
            return Err(variety(format!("it has compression {compression}")));
        }
        if ![1, 2, 4, 8, 16, 24, 32].contains(&bits) {
            return Err(variety(format!("it has {bits} bits a pixel")));
        }
        let mut at = size as usize;
        let with_masks = [MASKS, MASKS_WITH_ALPHA].contains(&compression) && bits >= 16;
        let mut masks = match bits {
            16 => [0x7c00, 0x3e0, 0x1f, 0],
            _ => [0xff_0000, 0xff00, 0xff, 0],
        };
        if with_masks {
            // They stand behind the shortest header and within longer ones.
            let count = if size >= 56 || compression == MASKS_WITH_ALPHA {
                4
            } else {
                3
            };
            for (index, mask) in masks.iter_mut().enumerate().take(count) {
                *mask = long(40 + 4 * index).ok_or_else(cut)?;
            }
            at = at.max(40 + if size == 40 { 4 * count } else { 0 });
        } else if bits == 32 {
            masks = [0xff_0000, 0xff00, 0xff, 0xff00_0000];
        }
        let entry = if is_old { 3 } else { 4 };
        let used = match (bits, field(32)) {
            (..=8, 0) => 1 << bits,
            (_, used) => used as usize,
        };
        let colours = bytes.get(at..).unwrap_or_default();
        let length = used.saturating_mul(entry).min(colours.len());
        let (colours, behind) = colours.split_at(length);
        let colour = |entry: &[u8]| match entry {
            [blue, green, red, ..] => [*red, *green, *blue],
            _ => [0; 3],
        };
        Ok(Self {
            width: width as u32,
            height: height.unsigned_abs(),
            bits,
            is_top_down: height < 0,
            compression,
            masks,
            colours: colours.chunks_exact(entry).take(256).map(colour).collect(),
            behind,
        })
    }

    /// The image. Transparency that would leave nothing to see was never meant.
    pub(crate) fn image(&self) -> Result<DynamicImage, DecodeError> {
        let mut pixels = match (self.compression, self.bits) {
            (RUNS_OF_8, 8) | (RUNS_OF_4, 4) => self.of_runs()?,
            (PLAIN | MASKS | MASKS_WITH_ALPHA, _) => self.of_rows()?,
            (way, bits) => return Err(variety(format!("{bits} bits with compression {way}"))),
        };
        if pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0) {
            let all = pixels.as_chunks_mut::<4>().0;
            all.iter_mut().for_each(|pixel| pixel[3] = 255);
        }
        let image = RgbaImage::from_raw(self.width, self.height, pixels);
        Ok(image.unwrap_or_default().into())
    }

    /// Bytes of a row of so many bits a pixel, filled up to four.
    fn stride(&self, bits: u32) -> usize {
        (self.width as usize * bits as usize).div_ceil(32) * 4
    }

    /// Where a row of the image stands among the rows of the file.
    fn place(&self, row: usize) -> usize {
        match self.is_top_down {
            true => row,
            false => self.height as usize - 1 - row,
        }
    }

    fn of_rows(&self) -> Result<Vec<u8>, DecodeError> {
        let stride = self.stride(self.bits);
        let mut out = Vec::with_capacity(self.behind.len().min(4 * self.pixels()));
        for row in 0..self.height as usize {
            let at = self.place(row) * stride;
            let row = self.behind.get(at..).unwrap_or_default();
            // The last row need not be filled up.
            let wanted = (self.width as usize * self.bits as usize).div_ceil(8);
            let row = row.get(..wanted).ok_or_else(|| corrupt(CUT_SHORT))?;
            out.extend((0..self.width as usize).flat_map(|column| self.pixel(row, column)));
        }
        Ok(out)
    }

    fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    fn pixel(&self, row: &[u8], column: usize) -> [u8; 4] {
        let bits = self.bits as usize;
        if bits <= 8 {
            let at = column * bits;
            let byte = row.get(at / 8).copied().unwrap_or_default();
            let index = byte >> (8 - bits - at % 8) & (u8::MAX >> (8 - bits));
            return self.colour(index);
        }
        let bytes = row.get(column * bits / 8..(column + 1) * bits / 8);
        let push = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        let value = bytes.unwrap_or_default().iter().rev().fold(0, push);
        let [red, green, blue, alpha] = self.masks.map(|mask| level(value, mask));
        let alpha = if self.masks[3] == 0 { 255 } else { alpha };
        [red, green, blue, alpha]
    }

    fn colour(&self, index: u8) -> [u8; 4] {
        let [red, green, blue] = self
            .colours
            .get(usize::from(index))
            .copied()
            .unwrap_or_default();
        [red, green, blue, 255]
    }

    /// Runs: a count and a colour; or 0 and then 0 for the end of a row, 1 for the end, 2 for a jump
    /// to the right and up, and more for so many literal pixels. What is passed over is the first
    /// colour.
    fn of_runs(&self) -> Result<Vec<u8>, DecodeError> {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut indices = vec![0u8; self.pixels()];
        let (mut x, mut y) = (0usize, 0usize);
        let mut rest = self.behind;
        let nibble = |byte: u8, index: usize| {
            if index.is_multiple_of(2) {
                byte >> 4
            } else {
                byte & 15
            }
        };
        let mut put = |x: usize, y: usize, index: u8| {
            let row = self.place(y.min(height - 1));
            if x < width
                && y < height
                && let Some(place) = indices.get_mut(row * width + x)
            {
                *place = index;
            }
        };
        while y < height {
            let [first, second, tail @ ..] = rest else {
                // The mark of the end may be missing, and so may nothing else.
                let is_whole = y + 1 >= height && x >= width || y >= height;
                return match is_whole {
                    true => Ok(self.painted(&indices)),
                    false => Err(corrupt(CUT_SHORT)),
                };
            };
            rest = tail;
            match (usize::from(*first), *second) {
                (0, 0) => (x, y) = (0, y + 1),
                (0, 1) => break,
                (0, 2) => {
                    let [right, up, tail @ ..] = rest else {
                        return Err(corrupt(CUT_SHORT));
                    };
                    (x, y) = (x + usize::from(*right), y + usize::from(*up));
                    rest = tail;
                }
                (0, count) => {
                    let count = usize::from(count);
                    let length = (count * self.bits as usize).div_ceil(8);
                    let literals = rest.get(..length).ok_or_else(|| corrupt(CUT_SHORT))?;
                    for index in 0..count {
                        let value = match self.bits {
                            8 => literals.get(index).copied(),
                            _ => literals.get(index / 2).map(|&byte| nibble(byte, index)),
                        };
                        put(x + index, y, value.unwrap_or_default());
                    }
                    x += count;
                    rest = rest.get(length.next_multiple_of(2)..).unwrap_or_default();
                }
                (count, value) => {
                    for index in 0..count {
                        let value = if self.bits == 8 {
                            value
                        } else {
                            nibble(value, index)
                        };
                        put(x + index, y, value);
                    }
                    x += count;
                }
            }
        }
        Ok(self.painted(&indices))
    }

    fn painted(&self, indices: &[u8]) -> Vec<u8> {
        indices
            .iter()
            .flat_map(|index| self.colour(*index))
            .collect()
    }

    /// The mask of what is not seen that stands behind the rows in an icon, if all of it is there.
    pub(crate) fn mask(&self) -> Option<&'a [u8]> {
        let height = self.height as usize;
        let mask = self.behind.get(self.stride(self.bits) * height..)?;
        mask.get(..self.stride(1) * height)
            .filter(|_| self.compression == PLAIN)
    }

    /// Bytes of an icon's bitmap with its mask, but for the palette.
    pub(crate) fn length_with_mask(&self) -> usize {
        40 + (self.stride(self.bits) + self.stride(1)) * self.height as usize
    }

    /// The image, without what the mask hides.
    pub(crate) fn hidden(&self, mask: &[u8], image: DynamicImage) -> DynamicImage {
        let stride = self.stride(1);
        let mut image = image.into_rgba8();
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            let at = self.place(y as usize) * stride + x as usize / 8;
            let byte = mask.get(at).copied().unwrap_or_default();
            if byte >> (7 - x % 8) & 1 == 1 {
                pixel.0[3] = 0;
            }
        }
        image.into()
    }

    /// Whether any pixel says how much of it is seen.
    pub(crate) fn has_alpha(&self) -> bool {
        let alphas = self.behind.iter().skip(3).step_by(4).take(self.pixels());
        self.bits == 32 && self.masks[3] != 0 && alphas.clone().any(|&alpha| alpha != 0)
    }
}

/// The bits of a mask as a level of 0 to 255.
fn level(value: u32, mask: u32) -> u8 {
    if mask == 0 {
        return 0;
    }
    let (value, most) = (
        (value & mask) >> mask.trailing_zeros(),
        mask >> mask.trailing_zeros(),
    );
    ((u64::from(value) * 255 + u64::from(most) / 2) / u64::from(most)) as u8
}
