//! How the samples of a TIFF's first page lie in the file.

use super::codec::Codec;
use super::directory::{Directory, Tag};
use super::trouble::{corrupt, variety};
use crate::error::{CUT_SHORT, DecodeError};

/// The longest side of a tile that is larger than the page.
const LARGEST_TILE: usize = 1 << 14;

/// How numbers are kept in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    Unsigned,
    Signed,
    Float,
}

/// What was taken from each number, so that what is left is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// The number to the left.
    Left,
    /// The byte to the left, with the bytes of the numbers of a row sorted by their weight.
    FloatBytes,
}

/// How the samples of a page lie in the file.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Bits of each sample.
    pub(super) bits: usize,
    /// Samples of each pixel.
    pub(super) samples: usize,
    pub(super) numbers: Numbers,
    pub(super) predictor: Predictor,
    /// Whether each sample has chunks of its own.
    pub(super) planar: bool,
    /// Columns and rows of a chunk, which is a strip or a tile.
    pub(super) chunk: (usize, usize),
    pub(super) tiled: bool,
    /// Where the chunks begin, and their lengths in the file.
    pub(super) places: Vec<(u64, u64)>,
    /// Columns and rows of pixels that share their colour, in YCbCr.
    pub(super) shared: (usize, usize),
}

impl Layout {
    pub(super) fn of(file: &Directory) -> Result<Self, DecodeError> {
        let side = |tag| {
            let side = file.one(tag).and_then(|side| usize::try_from(side).ok());
            side.filter(|&side| side > 0)
        };
        let (Some(width), Some(height)) = (side(Tag::ImageWidth), side(Tag::ImageLength)) else {
            return Err(corrupt("it has no size"));
        };
        let samples = side(Tag::SamplesPerPixel).unwrap_or(1);
        let all = file.numbers(Tag::BitsPerSample).unwrap_or(vec![1]);
        let bits = all.first().copied().unwrap_or(1);
        if all.iter().any(|&other| other != bits) || !(1..=64).contains(&bits) {
            return Err(variety(format!("its samples have {all:?} bits")));
        }
        let tile = side(Tag::TileWidth).zip(side(Tag::TileLength));
        let rows = side(Tag::RowsPerStrip).unwrap_or(height).min(height);
        let mut layout = Self {
            width,
            height,
            bits: bits as usize,
            samples,
            numbers: numbers(file)?,
            predictor: predictor(file)?,
            planar: file.one(Tag::PlanarConfiguration) == Some(2) && samples > 1,
            chunk: tile.unwrap_or((width, rows)),
            tiled: tile.is_some(),
            places: Vec::new(),
            shared: (1, 1),
        };
        // Tiles may be larger than a small page, and not by any amount.
        let (columns, rows) = layout.chunk;
        if columns > width + LARGEST_TILE || rows > height + LARGEST_TILE {
            return Err(corrupt(format!(
                "it has tiles of {columns} x {rows} pixels"
            )));
        }
        layout.places = layout.places(file)?;
        Ok(layout)
    }

    /// How many chunks there are across and down.
    pub(super) fn grid(&self) -> (usize, usize) {
        let (columns, rows) = self.chunk;
        (self.width.div_ceil(columns), self.height.div_ceil(rows))
    }

    /// Samples of each pixel that lie side by side.
    pub(super) fn interleaved(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of a row of a chunk.
    pub(super) fn row(&self) -> usize {
        (self.chunk.0 * self.interleaved() * self.bits).div_ceil(8)
    }

    /// Rows of the chunk at this place down; the last strip may be shorter, tiles are filled up.
    pub(super) fn rows(&self, down: usize) -> usize {
        match self.tiled {
            true => self.chunk.1,
            false => self
                .chunk
                .1
                .min(self.height - (down * self.chunk.1).min(self.height)),
        }
    }

    /// Takes in how many pixels share a colour.
    pub(super) fn share_colours(&mut self, file: &Directory) -> Result<(), DecodeError> {
        let sides = file.numbers(Tag::YCbCrSubSampling).unwrap_or(vec![2, 2]);
        self.shared = match *sides.as_slice() {
            [across @ 1..=4, down @ 1..=4] => (across as usize, down as usize),
            _ => return Err(corrupt("it does not say which pixels share a colour")),
        };
        let is_plain = self.bits == 8 && !self.planar && self.predictor == Predictor::None;
        match self.shared == (1, 1) || is_plain && self.samples == 3 {
            true => Ok(()),
            false => Err(variety("pixels share colours in an unusual way")),
        }
    }

    /// The rows of a chunk from its bytes in the file.
    pub(super) fn unpack(
        &self,
        codec: &Codec,
        chunk: &[u8],
        rows: usize,
    ) -> Result<Vec<u8>, DecodeError> {
        let (across, down) = self.shared;
        if self.shared == (1, 1) {
            return codec.rows(chunk, rows, self.row(), self.chunk.0);
        }
        // The luminances of a few pixels, and behind them their colour.
        let (blocks, lines) = (self.chunk.0.div_ceil(across), rows.div_ceil(down));
        let block = across * down + 2;
        let packed = codec.rows(chunk, lines, blocks * block, self.chunk.0)?;
        let sample = |x: usize, y: usize, sample: usize| {
            let begin = (y / down * blocks + x / across) * block;
            let at = match sample {
                0 => y % down * across + x % across,
                _ => block - 3 + sample,
            };
            packed.get(begin + at).copied().unwrap_or_default()
        };
        let pixels = (0..rows).flat_map(|y| (0..self.chunk.0).map(move |x| (x, y)));
        Ok(pixels
            .flat_map(|(x, y)| [0, 1, 2].map(|index| sample(x, y, index)))
            .collect())
    }

    fn places(&self, file: &Directory) -> Result<Vec<(u64, u64)>, DecodeError> {
        let (starts, lengths) = match self.tiled {
            true => (Tag::TileOffsets, Tag::TileByteCounts),
            false => (Tag::StripOffsets, Tag::StripByteCounts),
        };
        // Some writers give tiles the tags of strips.
        let starts = file.numbers(starts).or(file.numbers(Tag::StripOffsets));
        let starts = starts.unwrap_or_default();
        let lengths = file.numbers(lengths).or(file.numbers(Tag::StripByteCounts));
        let (across, down) = self.grid();
        let planes = if self.planar { self.samples } else { 1 };
        let count = across.saturating_mul(down).saturating_mul(planes);
        if starts.len() < count || count == 0 {
            return Err(corrupt("it does not say where all of its pixels are"));
        }
        // Without lengths, or with none of any use, a chunk may reach to the end.
        let end = file.bytes.len() as u64;
        let lengths = lengths.filter(|lengths| lengths.len() >= count);
        let lengths = lengths.filter(|lengths| lengths.iter().any(|&length| length > 0));
        let lengths = lengths.unwrap_or_else(|| {
            starts
                .iter()
                .map(|start| end.saturating_sub(*start))
                .collect()
        });
        let places: Vec<_> = starts.into_iter().zip(lengths).take(count).collect();
        // Also where the pixels that are missing would not be seen.
        let is_within = |&(start, length): &(u64, u64)| start.saturating_add(length) <= end;
        match places.iter().all(is_within) {
            true => Ok(places),
            false => Err(corrupt(CUT_SHORT)),
        }
    }
}

fn numbers(file: &Directory) -> Result<Numbers, DecodeError> {
    let all = file.numbers(Tag::SampleFormat).unwrap_or(vec![1]);
    let first = all.first().copied().unwrap_or(1);
    match first {
        _ if all.iter().any(|&other| other != first) => {
            Err(variety("its samples are of several kinds of numbers"))
        }
        2 => Ok(Numbers::Signed),
        3 => Ok(Numbers::Float),
        5 | 6 => Err(variety("its samples are complex numbers")),
        // What is called undefined is whole numbers wherever it is met.
        _ => Ok(Numbers::Unsigned),
    }
}

fn predictor(file: &Directory) -> Result<Predictor, DecodeError> {
    match file.one(Tag::Predictor).unwrap_or(1) {
        1 => Ok(Predictor::None),
        2 => Ok(Predictor::Left),
        3 => Ok(Predictor::FloatBytes),
        other => Err(variety(format!("it has the unknown predictor {other}"))),
    }
}
