//! The chunks of a PNG.
//!
//! Source: the PNG specification, third edition, section 5.

/// The chunk that is the end.
pub(crate) const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// The chunks of a PNG, each with its kind, and the bytes behind the last whole one.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, after) = self.0.split_first_chunk()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let body = after.get(..u32::from_be_bytes(*length) as usize)?;
        // The checksum comes last.
        self.0 = after.get(body.len().checked_add(4)?..)?;
        Some((*kind, body))
    }
}

fn chunks(bytes: &[u8]) -> Chunks<'_> {
    Chunks(bytes.get(8..).unwrap_or_default())
}

/// The first chunk of this kind, wherever it stands: the decoder sees only those before the pixels.
pub(crate) fn chunk(bytes: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    chunks(bytes)
        .find(|(found, _)| *found == kind)
        .map(|(_, body)| body)
}

/// Whether a PNG with pixels stops behind a whole chunk, and only the one that is the end is
/// missing.
pub(crate) fn lacks_only_its_end(bytes: &[u8]) -> bool {
    let mut all = chunks(bytes);
    let kinds: Vec<_> = all.by_ref().map(|(kind, _)| kind).collect();
    kinds.contains(b"IDAT") && !kinds.contains(b"IEND") && all.0.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_found_behind_others_and_never_beyond_the_end() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x02IDATab....\0\0\0\x03eXIfxyz....";
        assert_eq!(chunk(png, *b"eXIf"), Some(b"xyz".as_slice()));
        assert_eq!(chunk(png, *b"iTXt"), None);
        for length in 0..png.len() - 4 {
            assert_eq!(chunk(&png[..length], *b"eXIf"), None, "{length}");
        }
        let long = b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT";
        assert_eq!(chunk(long, *b"eXIf"), None);
    }

    #[test]
    fn an_end_is_missing_only_behind_whole_pixels() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x02IDATab....";
        assert!(lacks_only_its_end(png));
        assert!(!lacks_only_its_end(&png[..png.len() - 1]));
        assert!(!lacks_only_its_end(&[png, END].concat()));
        assert!(!lacks_only_its_end(&png[..8]));
    }
}
