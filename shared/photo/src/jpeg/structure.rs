//! The segments of a JPEG, as far as they say how to decode it.
//!
//! Source: ITU-T T.81, annex B.

use super::trouble::{cut_short, variety};
use crate::error::DecodeError;

/// Scans that a JPEG can have. Encoders make a dozen; thousands, of a few bytes each, would keep a
/// decoder busy for hours.
const SCANS: usize = 100;

/// More zeros than this in a row stand in the codes of no photo, but where a part was lost.
const HOLE: [u8; 64] = [0; 64];

/// What the segments of a JPEG say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Structure<'a> {
    /// The frame's marker: how its blocks are coded.
    pub(super) frame: u8,
    /// Bits of a sample.
    precision: u8,
    /// Rows and columns. Rows may be told only behind the first scan.
    pub(super) height: u16,
    pub(super) width: u16,
    /// Where the rows stand in the file.
    pub(super) height_at: usize,
    /// Rows that are told behind the first scan.
    pub(super) late_height: Option<u16>,
    /// Name and sampling, across and down, of each component.
    components: Vec<(u8, u8, u8)>,
    /// How many components each scan has.
    pub(super) scans: Vec<u8>,
    /// The coefficients of each component that scans give in full, a bit each.
    given: Vec<(u8, u64)>,
    /// What Adobe's segment says of the colours.
    adobe: Option<u8>,
    /// Whether bytes lie between segments.
    has_junk: bool,
    /// The blocks of EXIF, in their order.
    pub(crate) exif: Vec<&'a [u8]>,
    /// Whether the mark of the end is there.
    pub(crate) is_ended: bool,
    /// Where it is.
    pub(super) end: usize,
    /// Where the codes of the first scan begin.
    codes: usize,
}

impl<'a> Structure<'a> {
    /// # Errors
    /// A JPEG that ends before its first scan, or has too many.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut found = Self::default();
        let mut at = 0;
        loop {
            // Within a scan no mark can occur, since every byte 0xff is followed by a zero there.
            let next = memchr::memchr(0xff, bytes.get(at..).unwrap_or_default());
            let Some(next) = next.map(|offset| at + offset) else {
                break;
            };
            found.has_junk |= next > at && found.scans.is_empty();
            let Some(&marker) = bytes.get(next + 1) else {
                break;
            };
            at = next + 2;
            match marker {
                // Filling.
                0xff => at = next + 1,
                // Restarts, the beginning, and bytes of a scan.
                0x00 | 0x01 | 0xd0..=0xd8 => {
                    found.has_junk |= marker == 0 && found.scans.is_empty()
                }
                0xd9 if !found.scans.is_empty() => {
                    found.is_ended = true;
                    found.end = next;
                    break;
                }
                0xd9 => {}
                _ => {
                    let length = bytes.get(at..).and_then(|rest| rest.first_chunk());
                    let length = length.copied().map_or(0, u16::from_be_bytes);
                    let end = at + usize::from(length).max(2);
                    let body = bytes.get(at + 2..end).unwrap_or_default();
                    found.segment(marker, body, at + 2);
                    if found.scans.len() > SCANS {
                        return Err(variety(format!("it has more than {SCANS} scans")));
                    }
                    if marker == 0xda && found.scans.len() == 1 {
                        found.codes = end;
                    }
                    at = end;
                }
            }
        }
        match found.scans.is_empty() || found.frame == 0 {
            true => Err(cut_short()),
            false => Ok(found),
        }
    }

    fn segment(&mut self, marker: u8, body: &'a [u8], at: usize) {
        match (marker, body) {
            (0xda, [count, rest @ ..]) => {
                self.scans.push(*count);
                self.scan(rest.split_at(rest.len().min(2 * usize::from(*count))));
            }
            // The first frame counts: behind it there may be a second image.
            (0xc0..=0xcf, [precision, h0, h1, w0, w1, _, components @ ..])
                if ![0xc4, 0xc8, 0xcc].contains(&marker) && self.frame == 0 =>
            {
                self.frame = marker;
                self.precision = *precision;
                self.height = u16::from_be_bytes([*h0, *h1]);
                self.width = u16::from_be_bytes([*w0, *w1]);
                self.height_at = at + 1;
                let all = components.as_chunks::<3>().0.iter();
                self.components = all.map(|[id, hv, _]| (*id, hv >> 4, hv & 15)).collect();
            }
            (0xdc, [h0, h1]) => self.late_height = Some(u16::from_be_bytes([*h0, *h1])),
            (0xe1, [b'E', b'x', b'i', b'f', 0, _, block @ ..]) => self.exif.push(block),
            (0xee, [b'A', b'd', b'o', b'b', b'e', rest @ ..]) => {
                // A short one says nothing that can be relied on.
                self.adobe = rest.get(6).copied().or(Some(u8::MAX));
            }
            _ => {}
        }
    }

    /// A scan of some components, with the coefficients that it gives of each.
    fn scan(&mut self, (components, rest): (&[u8], &[u8])) {
        let [first, last, precision, ..] = *rest else {
            return;
        };
        let is_full = self.frame != 0xc2 && self.frame != 0xca || precision & 15 == 0;
        let range = match is_full && first <= last && last < 64 {
            true => u64::MAX >> (63 - last) & u64::MAX << first,
            false => 0,
        };
        let components = components.as_chunks::<2>().0.iter();
        self.given.extend(components.map(|[id, _]| (*id, range)));
    }

    /// Whether a part of the codes seems to be missing. Only decoding them tells whether it is.
    pub(super) fn has_hole(&self, bytes: &[u8]) -> bool {
        let codes = bytes.get(self.codes..self.end).unwrap_or_default();
        memchr::memmem::find(codes, &HOLE).is_some()
    }

    /// Whether there is a scan for every coefficient of every component.
    pub(super) fn has_all_scans(&self) -> bool {
        self.components.iter().all(|(id, ..)| {
            let own = self.given.iter().filter(|(given, _)| given == id);
            own.fold(0, |all, (_, range)| all | range) == u64::MAX
        })
    }

    /// Why no decoder here can decode it.
    pub(super) fn refusal(&self) -> Option<String> {
        match self.frame {
            _ if self.precision != 8 && self.frame != 0xc3 => {
                Some(format!("it has {} bits a sample", self.precision))
            }
            0xc3 if self.precision > 8 => Some(format!(
                "it is lossless with {} bits a sample",
                self.precision
            )),
            0xc5..=0xc7 | 0xcd..=0xcf => Some("it is hierarchical".to_owned()),
            0xcb => Some("it is lossless with arithmetic coding".to_owned()),
            _ => None,
        }
    }

    /// Whether it is of the kind that cameras and programs write, which all decoders agree on.
    pub(super) fn is_plain(&self) -> bool {
        let sampling: Vec<(u8, u8)> = self.components.iter().map(|c| (c.1, c.2)).collect();
        let usual = matches!(sampling.as_slice(), [_] | [(1 | 2, 1 | 2), (1, 1), (1, 1)]);
        let is_luminance = match self.components.as_slice() {
            [(b'R', ..), (b'G', ..), (b'B', ..)] => false,
            _ => matches!(self.adobe, None | Some(1)),
        };
        let count = self.components.len();
        let first = self.scans.first().copied().map(usize::from);
        let interleaved =
            first == Some(count) && (self.frame == 0xc2 || self.scans.len() == 1 || !self.is_ended);
        usual
            && is_luminance
            && interleaved
            && matches!(self.frame, 0xc0 | 0xc2)
            && !self.has_junk
            && self.height > 0
    }

    /// Whether it is coded without loss.
    pub(super) fn is_lossless(&self) -> bool {
        self.frame == 0xc3
    }

    /// Whether it has arithmetic codes.
    pub(super) fn is_arithmetic(&self) -> bool {
        matches!(self.frame, 0xc9 | 0xca)
    }

    /// Whether its colours are inks.
    pub(super) fn has_inks(&self) -> bool {
        self.components.len() == 4
    }
}
