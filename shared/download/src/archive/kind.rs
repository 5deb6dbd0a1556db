//! The formats, told apart by their first bytes.

use std::io::{self, Read};

use tar::Header;

/// Tar files consist of blocks of this many bytes.
const BLOCK: usize = 512;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Zip,
    Gzip,
    Tar,
}

impl Kind {
    /// The format of a file that begins with `head`. A zip begins with its first entry or, having
    /// none, with the end of its directory; a tar with a header or, having no entry, with zeros.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Some(Kind::Zip)
        } else if head.starts_with(b"\x1f\x8b") {
            Some(Kind::Gzip)
        } else if is_tar_header(head) || head == [0; BLOCK] {
            Some(Kind::Tar)
        } else {
            None
        }
    }
}

/// The first block of a file, or all of a shorter one.
pub(super) fn head(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(BLOCK as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// By the checksum, for the oldest tar format has no mark: it is the sum of the header's bytes,
/// with blanks in place of the checksum itself.
fn is_tar_header(head: &[u8]) -> bool {
    if head.len() != BLOCK {
        return false;
    }
    let bytes = head.iter().enumerate();
    let sum = bytes.map(|(place, &byte)| match place {
        148..156 => u32::from(b' '),
        _ => u32::from(byte),
    });
    let stated = Header::from_byte_slice(head).cksum();
    stated.is_ok_and(|stated| stated == sum.sum::<u32>())
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, gzip, tar_of};
    use super::*;

    #[test]
    fn knows_every_form_of_tar_header() {
        for mut header in [Header::new_gnu(), Header::new_ustar(), Header::new_old()] {
            header.set_path("a").unwrap();
            header.set_cksum();
            assert_eq!(Kind::of(header.as_bytes()), Some(Kind::Tar));
            header.set_path("b").unwrap();
            assert_eq!(Kind::of(header.as_bytes()), None);
        }
        assert_eq!(Kind::of(&tar_of(&[])[..BLOCK]), Some(Kind::Tar));
    }

    #[test]
    fn refuses_what_is_no_archive() {
        let page = b"<html>404</html>".repeat(100);
        for bytes in [b"".to_vec(), b"PK".to_vec(), gzip(&page), page] {
            let bench = Bench::new();
            let message = bench.unpack(&bytes).unwrap_err().to_string();
            assert!(
                message.ends_with("neither a zip nor a tar archive"),
                "{message}"
            );
        }
    }
}
