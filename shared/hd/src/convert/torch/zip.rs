//! The members of a zip file as PyTorch writes it: stored as they are, with a directory behind them.
//!
//! The layout is that of PKWARE's APPNOTE.TXT, sections 4.3.7 (a member), 4.3.12 (the directory) and 4.3.16 (its end).
//! Nothing is unpacked: a member is a part of the file, so that reading one costs no memory. A compressed member is
//! refused, since PyTorch writes none, and so is what would need the larger fields of files beyond 4 GiB.

use std::collections::BTreeMap;

use super::TorchError;
use super::cursor::Cursor;
use super::error::excerpt;

/// How a zip file begins.
pub(super) const MEMBER: &[u8] = b"PK\x03\x04";
const DIRECTORY: u32 = u32::from_le_bytes(*b"PK\x01\x02");
const END: &[u8] = b"PK\x05\x06";
/// The end of the directory, and the longest comment behind it.
const MOST_END: usize = 22 + u16::MAX as usize;

/// The members of a zip file, by name.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    members: BTreeMap<&'a str, Member>,
}

struct Member {
    is_stored: bool,
    checksum: u32,
    length: usize,
    /// The place of the header before its data.
    at: usize,
}

impl<'a> Archive<'a> {
    /// Reads the directory of the zip file `bytes`.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, TorchError> {
        let after = bytes.len().saturating_sub(MOST_END);
        let tail = bytes.get(after..).unwrap_or_default();
        let end = tail.windows(END.len()).rposition(|part| part == END);
        let mut cursor = Cursor::starting(bytes, after + end.ok_or(TorchError::NoEndOfArchive)?);
        cursor.take(10)?;
        let count = number16(&mut cursor)?;
        cursor.take(4)?;
        let at = number32(&mut cursor)?;
        let comment = number16(&mut cursor)?;
        cursor.take(comment)?;
        cursor.finish()?;
        let mut directory = Cursor::starting(bytes, at);
        let mut members = BTreeMap::new();
        let mut left = bytes.len();
        for _ in 0..count {
            let at = directory.at();
            let (name, member) = Member::read(&mut directory)?;
            // Members do not overlap, or a small file could hold any number of large ones.
            left = left
                .checked_sub(member.length)
                .ok_or(TorchError::Directory { at })?;
            members.insert(name, member);
        }
        Ok(Self { bytes, members })
    }

    /// The name of the one folder that everything lies in, with the slash behind it: that of the member `data.pkl`.
    pub(super) fn folder(&self) -> Result<&'a str, TorchError> {
        let mut names = self.members.keys();
        names
            .find_map(|name| {
                name.strip_suffix("data.pkl")
                    .filter(|folder| folder.ends_with('/'))
            })
            .ok_or_else(|| TorchError::NoMember {
                name: "data.pkl".to_owned(),
            })
    }

    /// The bytes of the member `name`, if there is such a one, as a cursor that begins and ends with them.
    pub(super) fn member(&self, name: &str) -> Result<Option<Cursor<'a>>, TorchError> {
        let Some(member) = self.members.get(name) else {
            return Ok(None);
        };
        if !member.is_stored {
            return Err(TorchError::CompressedMember {
                name: excerpt(name),
            });
        }
        let mut cursor = Cursor::starting(self.bytes, member.at);
        if cursor.take(MEMBER.len())? != MEMBER {
            return Err(TorchError::Directory { at: member.at });
        }
        cursor.take(22)?;
        let (name_length, extra) = (number16(&mut cursor)?, number16(&mut cursor)?);
        cursor.take(name_length + extra)?;
        let at = cursor.at();
        let data = cursor.take(member.length)?;
        let mut checksum = flate2::Crc::new();
        checksum.update(data);
        // PyTorch can be told to compute none, and then writes 0.
        if member.checksum != 0 && member.checksum != checksum.sum() {
            return Err(TorchError::Checksum {
                name: excerpt(name),
            });
        }
        let end = at + member.length;
        Ok(Some(Cursor::starting(
            self.bytes.get(..end).unwrap_or_default(),
            at,
        )))
    }
}

impl Member {
    /// Reads an entry of the directory.
    fn read<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a str, Self), TorchError> {
        let at = cursor.at();
        let damaged = || TorchError::Directory { at };
        if cursor.array().map(u32::from_le_bytes)? != DIRECTORY {
            return Err(damaged());
        }
        cursor.take(6)?;
        let method = number16(cursor)?;
        cursor.take(4)?;
        let checksum = cursor.array().map(u32::from_le_bytes)?;
        let packed = number32(cursor)?;
        let length = number32(cursor)?;
        let lengths = [number16(cursor)?, number16(cursor)?, number16(cursor)?];
        cursor.take(8)?;
        let member = Self {
            is_stored: method == 0 && packed == length,
            checksum,
            length,
            at: number32(cursor)?,
        };
        let [name, extra, comment] = lengths;
        let name = std::str::from_utf8(cursor.take(name)?).map_err(|_| damaged())?;
        cursor.take(extra + comment)?;
        Ok((name, member))
    }
}

fn number16(cursor: &mut Cursor<'_>) -> Result<usize, TorchError> {
    cursor.array().map(|bytes| u16::from_le_bytes(bytes).into())
}

fn number32(cursor: &mut Cursor<'_>) -> Result<usize, TorchError> {
    let number = cursor.array().map(u32::from_le_bytes)?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}
