//! From the bytes of a chunk in the file to its samples, packed in rows.

use std::io::Read;

use flate2::read::ZlibDecoder;
use jpeg_decoder::ColorTransform;
use weezl::BitOrder;
use weezl::decode::Decoder as Lzw;

use super::directory::{Directory, Tag};
use super::fax::{self, Scheme};
use super::trouble::{corrupt, variety};
use crate::error::{CUT_SHORT, DecodeError};

/// How chunks are compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    PackBits,
    Lzw,
    Deflate,
    Fax(Scheme),
    /// With the tables that all chunks share.
    Jpeg {
        tables: Vec<u8>,
        /// Whether its colours are luminance and chrominance, and come out as red, green and blue.
        luminance: bool,
    },
}

impl Codec {
    /// The codec of a file whose colours are `luminance` and chrominance, or not.
    pub(super) fn of(file: &Directory, luminance: bool) -> Result<Self, DecodeError> {
        let unknown = |name: &str| Err(variety(format!("it is compressed with {name}")));
        Ok(match file.one(Tag::Compression).unwrap_or(1) {
            1 => Self::None,
            2 => Self::Fax(Scheme::Rows),
            3 => Self::Fax(Scheme::Group3 {
                two_dimensional: file.one(Tag::T4Options).unwrap_or(0) & 1 == 1,
            }),
            4 => Self::Fax(Scheme::Group4),
            5 => Self::Lzw,
            // Two ways to say JPEG: the older one names a whole stream beside the chunks.
            6 if file.one(Tag::JpegInterchangeFormat).is_none() => return unknown("old JPEG"),
            6 | 7 => Self::Jpeg {
                tables: file.raw(Tag::JpegTables).unwrap_or_default().to_vec(),
                luminance,
            },
            8 | 32946 => Self::Deflate,
            32773 => Self::PackBits,
            32771 => return unknown("runs in words"),
            32809 => return unknown("ThunderScan"),
            34676 | 34677 => return unknown("SGI Log"),
            34712 | 33003 | 33005 => return unknown("JPEG 2000"),
            34887 => return unknown("LERC"),
            34925 => return unknown("LZMA"),
            50000 => return unknown("Zstandard"),
            50001 => return unknown("WebP"),
            50002 => return unknown("JPEG XL"),
            other => return unknown(&format!("the unknown method {other}")),
        })
    }

    /// The rows of a chunk, of so many bytes and pixels each.
    pub(super) fn rows(
        &self,
        chunk: &[u8],
        rows: usize,
        bytes: usize,
        columns: usize,
    ) -> Result<Vec<u8>, DecodeError> {
        let length = rows
            .checked_mul(bytes)
            .ok_or_else(|| corrupt("its chunks are too large"))?;
        let mut out = match self {
            Self::None => chunk.get(..length).unwrap_or(chunk).to_vec(),
            Self::PackBits => pack_bits(chunk, length),
            Self::Lzw => lzw(chunk, length),
            Self::Deflate => {
                let mut out = Vec::new();
                // What came before an error is kept, and its length tells.
                let _ = ZlibDecoder::new(chunk)
                    .take(length as u64)
                    .read_to_end(&mut out);
                out
            }
            Self::Fax(scheme) => fax::rows(*scheme, chunk, rows, columns),
            Self::Jpeg { tables, luminance } => jpeg(chunk, tables, *luminance, (columns, rows))?,
        };
        if out.len() < length {
            return Err(corrupt(CUT_SHORT));
        }
        out.truncate(length);
        Ok(out)
    }
}

/// Source: TIFF 6.0, section 9.
fn pack_bits(chunk: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = chunk;
    while let ([count, tail @ ..], true) = (rest, out.len() < length) {
        let count = usize::from(*count);
        rest = match count {
            0..128 => {
                let (literal, rest) = tail.split_at(tail.len().min(count + 1));
                out.extend_from_slice(literal);
                rest
            }
            128 => tail,
            _ => {
                let Some((byte, rest)) = tail.split_first() else {
                    break;
                };
                out.extend(std::iter::repeat_n(*byte, 257 - count));
                rest
            }
        };
    }
    out
}

/// Codes of LZW, which have twelve bits at most.
const CODES: usize = 4096;

/// The first writers put the bits of a code in the other order, and such a chunk begins with the
/// code 256 in that order.
fn lzw(chunk: &[u8], length: usize) -> Vec<u8> {
    let mut decoder = match chunk {
        [0, second, ..] if second & 1 == 1 => Lzw::new(BitOrder::Lsb, 8),
        _ => Lzw::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    // A code stands for no more bytes than there are codes, and takes more than a byte.
    let mut out = vec![0; length.min(chunk.len().saturating_mul(CODES))];
    let (mut read, mut written) = (0, 0);
    while let (Some(rest), Some(space)) = (chunk.get(read..), out.get_mut(written..)) {
        let result = decoder.decode_bytes(rest, space);
        read += result.consumed_in;
        written += result.consumed_out;
        let is_stuck = result.consumed_in == 0 && result.consumed_out == 0;
        if is_stuck || result.status.is_err() || written == out.len() {
            break;
        }
    }
    out.truncate(written);
    out
}

/// A JPEG of this size, which may have a few more rows.
fn jpeg(
    chunk: &[u8],
    tables: &[u8],
    luminance: bool,
    (columns, rows): (usize, usize),
) -> Result<Vec<u8>, DecodeError> {
    // Tables are a JPEG of their own, without pixels: its end and the other's beginning go.
    let tables = tables.strip_suffix(&[0xff, 0xd9]).unwrap_or(tables);
    let pixels = match tables.is_empty() {
        true => chunk,
        false => chunk.strip_prefix(&[0xff, 0xd8]).unwrap_or(chunk),
    };
    let stream = [tables, pixels].concat();
    let mut decoder = jpeg_decoder::Decoder::new(stream.as_slice());
    decoder
        .read_info()
        .map_err(|error| corrupt(error.to_string()))?;
    let info = decoder.info().ok_or_else(|| corrupt(CUT_SHORT))?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    if width != columns || !(rows..rows + 16).contains(&height) {
        return Err(corrupt(format!(
            "a part of {columns} x {rows} pixels is a JPEG of {width} x {height}"
        )));
    }
    let components = info.pixel_format.pixel_bytes();
    decoder.set_color_transform(match (components, luminance) {
        (1, _) => ColorTransform::Grayscale,
        (3, true) => ColorTransform::YCbCr,
        (3, false) => ColorTransform::RGB,
        _ => ColorTransform::CMYK,
    });
    decoder.decode().map_err(|error| corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals_are_unpacked_up_to_the_length() {
        // The example of the specification.
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7,
            0xaa,
        ];
        let out = pack_bits(&packed, 24);
        assert_eq!(out[..6], [0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a]);
        assert_eq!(out.len(), 24);
        assert_eq!(pack_bits(&packed[..1], 24), [0u8; 0]);
    }

    #[test]
    fn a_chunk_that_is_too_short_is_refused() {
        for codec in [Codec::None, Codec::PackBits, Codec::Lzw, Codec::Deflate] {
            let error = codec.rows(&[1, 2, 3], 4, 4, 4).unwrap_err();
            assert_eq!(error, corrupt(CUT_SHORT), "{codec:?}");
        }
    }
}
