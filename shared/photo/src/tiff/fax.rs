//! Fax: rows of black and white as the places where the colour changes.
//!
//! Source: ITU-T T.4 and T.6; TIFF 6.0, sections 10 and 11. The tables of codes are those of the
//! crate fax.

use std::convert::Infallible;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader};

/// The ways of coding rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Each row by itself, from the beginning of a byte on.
    Rows,
    /// With a mark after each row. Rows may be coded by the one before, and then say so.
    Group3 { two_dimensional: bool },
    /// Each row by the one before.
    Group4,
}

type Bits<'a> = ByteReader<Box<dyn Iterator<Item = Result<u8, Infallible>> + 'a>>;

/// Rows of one bit a pixel, white being 0; fewer where the codes end or make no sense.
pub(super) fn rows(scheme: Scheme, chunk: &[u8], rows: usize, columns: usize) -> Vec<u8> {
    let mut out = Vec::new();
    // The tables look at more bits than the last code may have.
    let bytes = chunk.iter().chain(&[0; 2]).map(|byte| Ok(*byte));
    let bytes: Box<dyn Iterator<Item = _>> = Box::new(bytes);
    let Ok(mut bits) = ByteReader::new(bytes);
    let mut changes = Vec::new();
    for _ in 0..rows {
        let found = match scheme {
            Scheme::Rows => by_itself(&mut bits, columns),
            Scheme::Group4 => by_the_last(&mut bits, columns, &changes),
            Scheme::Group3 { two_dimensional } => {
                skip_marks(&mut bits);
                let alone = !two_dimensional || take(&mut bits, 1) == Some(1);
                match alone {
                    true => by_itself(&mut bits, columns),
                    false => by_the_last(&mut bits, columns, &changes),
                }
            }
        };
        let Some(found) = found else { break };
        changes = found;
        paint(&changes, columns, &mut out);
        if scheme == Scheme::Rows {
            align(&mut bits);
        }
    }
    out
}

/// Takes some bits, if there are as many.
fn take(bits: &mut Bits, count: u8) -> Option<u16> {
    let value = bits.peek(count)?;
    bits.consume(count).ok()?;
    Some(value)
}

/// Passes over marks of the ends of rows, and over the zeros before them.
fn skip_marks(bits: &mut Bits) {
    while bits.peek(11) == Some(0) {
        while take(bits, 1) == Some(0) {}
    }
}

/// Passes over the rest of a byte.
fn align(bits: &mut Bits) {
    let rest = bits.bits_to_byte_boundary();
    let _ = bits.consume(rest);
}

/// The length of a run: codes for multiples of 64, then one for the rest.
fn run(bits: &mut Bits, is_black: bool) -> Option<usize> {
    let mut sum = 0usize;
    loop {
        let code = match is_black {
            true => black::decode(bits),
            false => white::decode(bits),
        };
        let length = usize::from(code?);
        sum = sum.checked_add(length)?;
        if length < 64 {
            return Some(sum);
        }
    }
}

/// Where the colour changes, beginning with white, in a row that is coded by itself.
fn by_itself(bits: &mut Bits, columns: usize) -> Option<Vec<usize>> {
    let mut changes = Vec::new();
    let (mut at, mut is_black) = (0usize, false);
    while at < columns {
        at = at.checked_add(run(bits, is_black)?)?;
        changes.push(at.min(columns));
        is_black = !is_black;
    }
    Some(changes)
}

/// The same, in a row that is coded by the changes of the one `before`.
fn by_the_last(bits: &mut Bits, columns: usize, before: &[usize]) -> Option<Vec<usize>> {
    let mut changes = Vec::new();
    let (mut at, mut is_black) = (0usize, false);
    // How many of the changes before are passed. One at the very beginning is not, at first.
    let mut passed = 0;
    while at < columns {
        // The first one that is not passed and changes to the other colour, and the one behind it.
        let first = passed + usize::from((passed % 2 == 1) != is_black);
        let place = |index: usize| before.get(index).copied().unwrap_or(columns);
        let from = at;
        match mode::decode(bits)? {
            Mode::Pass => at = place(first + 1),
            Mode::Vertical(by) => {
                at = place(first)
                    .checked_add_signed(isize::from(by))?
                    .min(columns);
                changes.push(at);
                is_black = !is_black;
            }
            Mode::Horizontal => {
                for colour in [is_black, !is_black] {
                    at = at.checked_add(run(bits, colour)?)?.min(columns);
                    changes.push(at);
                }
            }
            Mode::Extension | Mode::EOF => return None,
        }
        if at < from {
            return None;
        }
        let behind = before.iter().skip(passed);
        passed += behind.take_while(|&&change| change <= at).count();
    }
    Some(changes)
}

/// Adds a row of bits.
fn paint(changes: &[usize], columns: usize, out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + columns.div_ceil(8), 0);
    let row = out.get_mut(begin..).unwrap_or_default();
    for run in changes.chunks(2) {
        let (from, to) = match run {
            [from, to] => (*from, *to),
            [from] => (*from, columns),
            _ => continue,
        };
        for column in from..to.min(columns) {
            if let Some(byte) = row.get_mut(column / 8) {
                *byte |= 0x80 >> (column % 8);
            }
        }
    }
}
