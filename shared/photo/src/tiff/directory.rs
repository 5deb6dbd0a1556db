//! The directory of a TIFF's first page: its tags and their values.
//!
//! Source: TIFF 6.0, section 2; for files beyond 4 GiB, the design of BigTIFF.

/// A tag that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Tag {
    ImageWidth = 256,
    ImageLength = 257,
    BitsPerSample = 258,
    Compression = 259,
    PhotometricInterpretation = 262,
    FillOrder = 266,
    StripOffsets = 273,
    Orientation = 274,
    SamplesPerPixel = 277,
    RowsPerStrip = 278,
    StripByteCounts = 279,
    PlanarConfiguration = 284,
    T4Options = 292,
    Predictor = 317,
    ColorMap = 320,
    TileWidth = 322,
    TileLength = 323,
    TileOffsets = 324,
    TileByteCounts = 325,
    ExtraSamples = 338,
    SampleFormat = 339,
    JpegTables = 347,
    JpegInterchangeFormat = 513,
    JpegInterchangeFormatLength = 514,
    YCbCrCoefficients = 529,
    YCbCrSubSampling = 530,
    ReferenceBlackWhite = 532,
}

/// The directory of the first page, and the file that its values lie in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) little: bool,
    big: bool,
    /// Whether all of its entries are there.
    pub(crate) is_whole: bool,
    /// The entries, one behind the other.
    entries: &'a [u8],
}

impl<'a> Directory<'a> {
    /// None where the bytes end before it does, or do not begin like a TIFF.
    pub(crate) fn first(bytes: &'a [u8]) -> Option<Self> {
        let little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let mut file = Self {
            bytes,
            little,
            big: false,
            is_whole: true,
            entries: &[],
        };
        file.big = match file.number(bytes.get(2..4)?) {
            42 => false,
            43 => true,
            _ => return None,
        };
        let (at, counter, size) = match file.big {
            true => (bytes.get(8..16)?, 8, 20),
            false => (bytes.get(4..8)?, 2, 12),
        };
        let rest = bytes.get(usize::try_from(file.number(at)).ok()?..)?;
        let (count, entries) = rest.split_at_checked(counter)?;
        let length = usize::try_from(file.number(count))
            .ok()?
            .checked_mul(size)?;
        file.is_whole = length <= entries.len();
        file.entries = entries.get(..length).unwrap_or(entries);
        Some(file)
    }

    /// A whole number, of as many bytes as these.
    pub(crate) fn number(&self, bytes: &[u8]) -> u64 {
        let push = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self.little {
            true => bytes.iter().rev().fold(0, push),
            false => bytes.iter().fold(0, push),
        }
    }

    /// The kind of a tag's values, and their bytes.
    fn value(&self, tag: Tag) -> Option<(u64, &'a [u8])> {
        let (size, field) = if self.big { (20, 8) } else { (12, 4) };
        let mut entries = self.entries.chunks_exact(size);
        let entry =
            entries.find(|entry| entry.get(..2).map(|tag| self.number(tag)) == Some(tag as u64))?;
        let kind = self.number(entry.get(2..4)?);
        let count = usize::try_from(self.number(entry.get(4..4 + field)?)).ok()?;
        let length = count.checked_mul(width(kind)?)?;
        let inline = entry.get(4 + field..)?;
        let bytes = match length <= field {
            true => inline.get(..length),
            false => {
                let at = usize::try_from(self.number(inline)).ok()?;
                self.bytes.get(at..)?.get(..length)
            }
        };
        Some((kind, bytes?))
    }

    /// The values of a tag as whole numbers.
    pub(crate) fn numbers(&self, tag: Tag) -> Option<Vec<u64>> {
        let (kind, bytes) = self.value(tag)?;
        let numbers = bytes.chunks_exact(width(kind)?);
        Some(numbers.map(|bytes| self.number(bytes)).collect())
    }

    /// The first value of a tag.
    pub(crate) fn one(&self, tag: Tag) -> Option<u64> {
        self.numbers(tag)?.first().copied()
    }

    /// The values of a tag as they lie in the file.
    pub(crate) fn raw(&self, tag: Tag) -> Option<&'a [u8]> {
        Some(self.value(tag)?.1)
    }

    /// The values of a tag as fractions.
    pub(crate) fn fractions(&self, tag: Tag) -> Option<Vec<f64>> {
        let (kind, bytes) = self.value(tag)?;
        let fraction = |bytes: &[u8]| match bytes.split_at_checked(4) {
            Some((above, below)) if kind == RATIONAL => {
                self.number(above) as f64 / self.number(below).max(1) as f64
            }
            _ => self.number(bytes) as f64,
        };
        Some(bytes.chunks_exact(width(kind)?).map(fraction).collect())
    }
}

const RATIONAL: u64 = 5;

/// How many bytes a value of this kind takes.
fn width(kind: u64) -> Option<usize> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        RATIONAL | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}
