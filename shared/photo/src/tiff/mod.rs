//! TIFF: the first page of whatever scanners, microscopes and maps are kept in.
//!
//! Written here because the readers at hand refuse a third of such files: [`directory`] finds the
//! tags, [`layout`] says how samples lie in strips and tiles, [`codec`] unpacks these, [`samples`]
//! makes levels of numbers of any kind, and [`colour`] makes colours of levels. The codecs
//! themselves are libraries.

mod codec;
mod colour;
mod directory;
mod fax;
mod layout;
mod samples;
mod trouble;

use image::metadata::Orientation;

use codec::Codec;
use colour::{Alpha, Colours};
pub(crate) use directory::{Directory, Tag};
use layout::{Layout, Numbers};
use samples::{Rows, Scale, wider};
use trouble::{corrupt, variety};

use crate::error::{CUT_SHORT, DecodeError};
use crate::jpeg;
use crate::note::{Note, Notes};
use crate::opaque::blend;
use crate::painted::Painted;
use crate::rgb::Rgb;
use crate::want::Want;

/// Columns and rows of the first page.
///
/// # Errors
/// A file that does not say, or says more than any other reader would believe.
pub(crate) fn size(bytes: &[u8]) -> Result<(u32, u32), DecodeError> {
    let file = Directory::first(bytes).ok_or_else(|| corrupt(CUT_SHORT))?;
    let side = |tag| file.one(tag).and_then(|side| u32::try_from(side).ok());
    let size = side(Tag::ImageWidth).zip(side(Tag::ImageLength));
    size.ok_or_else(|| corrupt("it has no size"))
}

/// Decodes the first page of a file whose size has been found to be within limits, as it lies in the
/// file, and says how it has to be turned.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Painted, Orientation), DecodeError> {
    let file = Directory::first(bytes).filter(|file| file.is_whole);
    let file = file.ok_or_else(|| corrupt(CUT_SHORT))?;
    if let Some(stream) = old_jpeg(&file) {
        let page = of_jpeg(stream, size(bytes)?)?;
        return Ok((page, Orientation::NoTransforms));
    }
    let page = Reader::of(&file)?;
    let (levels, mut notes) = page.levels()?;
    if page.is_cut() {
        notes.add(Note::FirstBands);
    }
    let orientation = file.one(Tag::Orientation).unwrap_or(1) as u8;
    let orientation = Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms);
    let rgb = page.paint(&levels);
    Ok((Painted { rgb, notes }, orientation))
}

/// The JPEG that the page is, whole, in the way that was given up for another.
fn old_jpeg<'a>(file: &Directory<'a>) -> Option<&'a [u8]> {
    let place = |tag| usize::try_from(file.one(tag)?).ok();
    let begin = place(Tag::JpegInterchangeFormat)?;
    let stream = file.bytes.get(begin..)?;
    let length = place(Tag::JpegInterchangeFormatLength).unwrap_or(stream.len());
    let stream = stream.get(..length).unwrap_or(stream);
    (file.one(Tag::Compression) == Some(6)).then_some(stream)
}

fn of_jpeg(stream: &[u8], size: (u32, u32)) -> Result<Painted, DecodeError> {
    let structure = jpeg::Structure::of(stream)?;
    if structure.size() != size {
        return Err(corrupt("it is a JPEG of another size"));
    }
    jpeg::decode(stream, &structure, &Want::default())
}

/// Reads a page.
struct Reader<'a> {
    file: &'a Directory<'a>,
    layout: Layout,
    codec: Codec,
    colours: Colours,
    alpha: Alpha,
}

impl<'a> Reader<'a> {
    fn of(file: &'a Directory<'a>) -> Result<Self, DecodeError> {
        let mut layout = Layout::of(file)?;
        let mut colours = Colours::of(file, layout.samples, layout.bits)?;
        let is_luminance = matches!(colours, Colours::YCbCr(_));
        let codec = Codec::of(file, is_luminance)?;
        if let (true, Codec::Jpeg { .. }) = (is_luminance, &codec) {
            // The codec gives colours.
            colours = Colours::Rgb;
        } else if is_luminance {
            layout.share_colours(file)?;
        }
        if matches!(codec, Codec::Jpeg { .. }) && layout.bits != 8 {
            return Err(variety(format!("it is JPEG of {} bits", layout.bits)));
        }
        let alpha = Alpha::of(file, layout.samples, &colours);
        Ok(Self {
            file,
            layout,
            codec,
            colours,
            alpha,
        })
    }

    /// How many of a pixel's samples matter.
    fn kept(&self) -> usize {
        self.colours.samples() + usize::from(self.alpha != Alpha::None)
    }

    /// Whether there are bands that nobody sees.
    fn is_cut(&self) -> bool {
        self.layout.samples > self.colours.samples() + 1
    }

    /// The samples that matter, pixel after pixel, as levels of 0 to 255.
    fn levels(&self) -> Result<(Vec<u8>, Notes), DecodeError> {
        let mut notes = Notes::default();
        let scale = match (&self.colours, self.layout.numbers) {
            (Colours::Palette(_), _) => Scale::Index,
            (Colours::Lab { .. }, _) => Scale::HighByte,
            (_, Numbers::Unsigned) => Scale::Bits,
            _ => {
                notes.add(Note::OwnRange);
                let (low, high) = self.range()?;
                Scale::Range(low, high)
            }
        };
        let (width, kept) = (self.layout.width, self.kept());
        let mut out = vec![0; width * self.layout.height * kept];
        let mut line = Vec::new();
        self.each_row(|row| {
            line.clear();
            row.rows
                .levels(row.index, 0..row.columns * row.stride, scale, &mut line);
            let to = out
                .get_mut((row.y * width + row.x) * kept..)
                .unwrap_or_default();
            let pixels = to.chunks_exact_mut(kept).zip(line.chunks_exact(row.stride));
            for (to, from) in pixels.take(row.columns) {
                let to = to.get_mut(row.plane..).unwrap_or_default();
                to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
        })?;
        Ok((out, notes))
    }

    /// The least and the largest number of the page.
    fn range(&self) -> Result<(f64, f64), DecodeError> {
        let mut range = None;
        self.each_row(|row| {
            let found = row.rows.range(row.index, 0..row.columns * row.stride);
            range = match (range, found) {
                (Some(range), Some(found)) => Some(wider(range, found)),
                (range, found) => range.or(found),
            };
        })?;
        Ok(range.unwrap_or((0.0, 1.0)))
    }

    /// Gives `take` the rows of all chunks that matter.
    fn each_row(&self, mut take: impl FnMut(Row)) -> Result<(), DecodeError> {
        let (layout, (across, down)) = (&self.layout, self.layout.grid());
        let planes = if layout.planar { self.kept() } else { 1 };
        let chunks = (0..planes).flat_map(|plane| {
            (0..down).flat_map(move |down| (0..across).map(move |across| (plane, down, across)))
        });
        for ((plane, down, across), place) in chunks.zip(&layout.places) {
            let rows = layout.rows(down);
            let bytes = self.chunk(*place, rows)?;
            let found = Rows::new(layout, self.file.little, bytes);
            let (x, y) = (across * layout.chunk.0, down * layout.chunk.1);
            for index in 0..rows.min(layout.height.saturating_sub(y)) {
                take(Row {
                    rows: &found,
                    index,
                    plane,
                    stride: layout.interleaved(),
                    columns: layout.chunk.0.min(layout.width.saturating_sub(x)),
                    x,
                    y: y + index,
                });
            }
        }
        Ok(())
    }

    /// The rows of a chunk that lies there in the file.
    fn chunk(&self, (start, length): (u64, u64), rows: usize) -> Result<Vec<u8>, DecodeError> {
        let rest = usize::try_from(start)
            .ok()
            .and_then(|start| self.file.bytes.get(start..));
        let rest = rest.ok_or_else(|| corrupt(CUT_SHORT))?;
        let length = usize::try_from(length)
            .unwrap_or(usize::MAX)
            .min(rest.len());
        let chunk = rest.get(..length).unwrap_or_default();
        // Bits may lie the other way round in each byte.
        let is_reversed = self.file.one(Tag::FillOrder) == Some(2);
        let turned: Vec<u8>;
        let chunk = match is_reversed && !matches!(self.codec, Codec::Jpeg { .. }) {
            true => {
                turned = chunk.iter().map(|byte| byte.reverse_bits()).collect();
                &turned
            }
            false => chunk,
        };
        self.layout.unpack(&self.codec, chunk, rows)
    }

    /// The colours of levels, with transparency laid over white.
    fn paint(&self, levels: &[u8]) -> Rgb {
        let pixels = levels.chunks_exact(self.kept());
        let share = self.colours.samples();
        // What is transparent everywhere was never meant to be.
        let is_seen = |pixel: &[u8]| pixel.get(share).is_some_and(|&alpha| alpha > 0);
        let alpha = match self.alpha {
            Alpha::None => Alpha::None,
            alpha if pixels.clone().any(is_seen) => alpha,
            _ => Alpha::None,
        };
        let paint = |pixel: &[u8]| {
            let colour = self.colours.rgb(pixel);
            let seen = pixel.get(share).copied().unwrap_or(255);
            match alpha {
                Alpha::None => colour,
                Alpha::Apart => colour.map(|level| blend(level, seen)),
                Alpha::Multiplied => colour.map(|level| level.saturating_add(255 - seen)),
            }
        };
        Rgb {
            width: self.layout.width as u32,
            height: self.layout.height as u32,
            pixels: pixels.flat_map(paint).collect(),
        }
    }
}

/// A row of a chunk.
struct Row<'a> {
    rows: &'a Rows<'a>,
    /// Among the rows of its chunk.
    index: usize,
    /// The first sample of a pixel that it has.
    plane: usize,
    /// Samples of a pixel that it has.
    stride: usize,
    /// Pixels that are within the page.
    columns: usize,
    x: usize,
    y: usize,
}
