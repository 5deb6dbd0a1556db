//! How binary files begin. All integers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic |
//! | 4 | version |
//! | 4 | zero |
//! | 8 | length of the header in bytes |
//! | 32 | BLAKE3 of the header |
//! | length | header, in bincode's legacy layout: fixed-width integers, 64-bit lengths |
//! | to a multiple of 64 | zeros |
//!
//! A payload follows, if the kind of file has one. This module alone speaks bincode.

use std::io::{self, Write};
use std::path::Path;

use bincode::error::DecodeError;
use bincode::serde::decode_from_slice;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::digest::Digest;
use crate::error::{Error, Result};

/// The alignment of a payload, in bytes: that of a cache line, and of any SIMD load.
pub const ALIGNMENT: usize = 64;
const FRAME: usize = 8 + 4 + 4 + 8 + 32;

/// A header larger than this is taken for damage. It is room for ten million images.
const HEADER_LIMIT: usize = 1 << 32;

/// A kind of binary file.
#[derive(Debug)]
pub struct Format {
    /// The first eight bytes.
    pub magic: [u8; 8],
    /// Raised with every change of the layout.
    pub version: u32,
    /// The kind of file in words, with its article.
    pub what: &'static str,
    /// The program that makes it.
    pub maker: &'static str,
}

impl Format {
    /// Writes the frame around `header`; the payload comes next.
    pub fn write_header<T: Serialize>(&self, out: &mut dyn Write, header: &T) -> io::Result<()> {
        let header = bincode::serde::encode_to_vec(header, bincode::config::legacy())
            .map_err(io::Error::other)?;
        out.write_all(&self.magic)?;
        out.write_all(&self.version.to_le_bytes())?;
        out.write_all(&[0; 4])?;
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(Digest::of(&header).as_bytes())?;
        out.write_all(&header)?;
        let end = FRAME + header.len();
        out.write_all(&vec![0; end.next_multiple_of(ALIGNMENT) - end])
    }

    /// Reads the header of the file `path` whose content is `bytes`, and says where the payload begins.
    ///
    /// # Errors
    /// A wrong magic, another version, a header that is cut short, too long, or not what was written.
    pub fn read_header<T: DeserializeOwned>(
        &self,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(T, usize)> {
        let mut frame = FrameReader {
            format: self,
            path,
            rest: bytes,
        };
        self.check_magic(path, bytes)?;
        frame.take(8)?;
        let version = u32::from_le_bytes(frame.array()?);
        if version != self.version {
            return Err(self.other_version(path, version));
        }
        frame.take(4)?;
        let length = u64::from_le_bytes(frame.array()?);
        let length = usize::try_from(length)
            .ok()
            .filter(|&length| length <= HEADER_LIMIT);
        let length =
            length.ok_or_else(|| self.damaged(path, "its header claims an impossible length"))?;
        let digest = Digest::from_bytes(frame.array()?);
        let header = frame.take(length)?;
        if Digest::of(header) != digest {
            return Err(self.damaged(
                path,
                "its header does not have the digest that it should have",
            ));
        }
        let (value, used) = decode(header).map_err(|error| {
            self.damaged(path, format!("its header cannot be decoded: {error}"))
        })?;
        if used != length {
            return Err(self.damaged(path, "its header has bytes left over"));
        }
        let end = FRAME + length;
        frame.take(end.next_multiple_of(ALIGNMENT) - end)?;
        Ok((value, end.next_multiple_of(ALIGNMENT)))
    }

    /// An error saying that the file at `path` is not whole.
    pub fn damaged(&self, path: &Path, reason: impl Into<String>) -> Error {
        Error::Damaged {
            path: path.to_path_buf(),
            what: self.what,
            reason: reason.into(),
            maker: self.maker,
        }
    }

    fn check_magic(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let begins = bytes.get(..8).unwrap_or(bytes);
        if begins == self.magic {
            return Ok(());
        }
        let found = match bytes {
            [] => "is empty".to_owned(),
            _ => format!("begins with \"{}\"", begins.escape_ascii()),
        };
        Err(Error::Foreign {
            path: path.to_path_buf(),
            expected: self.what,
            found,
        })
    }

    fn other_version(&self, path: &Path, found: u32) -> Error {
        Error::Version {
            path: path.to_path_buf(),
            what: self.what,
            found,
            expected: self.version,
            maker: self.maker,
        }
    }
}

/// Decodes the header's value, and says how many bytes that took.
///
/// bincode takes the memory for a text before it looks whether the text is there. Its limit is on
/// what is read and has to be a constant, so the smallest that the header fits is chosen.
fn decode<T: DeserializeOwned>(header: &[u8]) -> Result<(T, usize), DecodeError> {
    const SMALL: usize = 1 << 16;
    const MIDDLE: usize = 1 << 24;
    let config = bincode::config::legacy();
    if header.len() <= SMALL {
        decode_from_slice(header, config.with_limit::<SMALL>())
    } else if header.len() <= MIDDLE {
        decode_from_slice(header, config.with_limit::<MIDDLE>())
    } else {
        decode_from_slice(header, config.with_limit::<HEADER_LIMIT>())
    }
}

/// The rest of a frame that is being read.
struct FrameReader<'a> {
    format: &'a Format,
    path: &'a Path,
    rest: &'a [u8],
}

impl<'a> FrameReader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let cut = || {
            self.format
                .damaged(self.path, "it is cut short in its header")
        };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(cut)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        magic: *b"HDTESTS\0",
        version: 3,
        what: "a test file",
        maker: "hd-test",
    };

    fn sample() -> Vec<u8> {
        let mut bytes = Vec::new();
        FORMAT
            .write_header(&mut bytes, &("label".to_owned(), 7u32))
            .unwrap();
        bytes.extend([1, 2, 3]);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<((String, u32), usize)> {
        FORMAT.read_header(Path::new("x.bin"), bytes)
    }

    #[test]
    fn a_header_has_the_bytes_that_the_module_documents() {
        let bytes = sample();
        assert_eq!(
            &bytes[..24],
            b"HDTESTS\0\x03\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0"
        );
        assert_eq!(&bytes[56..73], b"\x05\0\0\0\0\0\0\0label\x07\0\0\0");
        assert_eq!(&bytes[24..56], Digest::of(&bytes[56..73]).as_bytes());
        assert_eq!(bytes.len(), 128 + 3);
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let (header, payload) = read(&sample()).unwrap();
        assert_eq!(header, ("label".to_owned(), 7));
        assert_eq!(sample()[payload..], [1, 2, 3]);
    }

    #[test]
    fn a_header_cut_anywhere_is_an_error() {
        for length in 0..128 {
            assert!(read(&sample()[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn every_flipped_bit_of_frame_and_header_is_an_error_but_in_the_padding() {
        for byte in (0..73).filter(|byte| !(12..16).contains(byte)) {
            let mut bytes = sample();
            bytes[byte] ^= 0x10;
            assert!(read(&bytes).is_err(), "byte {byte}");
        }
    }

    #[test]
    fn errors_name_the_kind_and_the_program() {
        let message = read(b"PK\x03\x04 a zip").unwrap_err().to_string();
        assert_eq!(
            message,
            "x.bin: not a test file (it begins with \"PK\\x03\\x04 a z\")"
        );
        let mut newer = sample();
        newer[8] = 9;
        let error = read(&newer).unwrap_err();
        assert_eq!(
            error.to_string(),
            "x.bin: a test file of format version 9, where version 3 was expected"
        );
        assert_eq!(
            error.hint().unwrap(),
            "remove x.bin and make it again with hd-test"
        );
    }

    #[test]
    fn an_impossible_length_takes_no_memory() {
        let mut bytes = sample();
        bytes[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(
            read(&bytes)
                .unwrap_err()
                .to_string()
                .contains("impossible length")
        );
    }
}
