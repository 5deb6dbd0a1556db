//! The header of a member: one block, in any of the forms that tar has had since 1979.

/// Tars consist of blocks of this many bytes.
pub(super) const BLOCK: u64 = 512;

/// The kind of member whose holes GNU tar leaves out: a map of them is in its header and, where that
/// has no room, in blocks behind it.
pub(super) const SPARSE: u8 = b'S';

/// Where the header of such a member says that its map goes on.
const GOES_ON: usize = 482;

/// Where a block of a map says that another one follows.
const MAP_GOES_ON: usize = 504;

/// Where the checksum stands, which is computed with blanks in its place.
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// A header, as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The kind of member, as POSIX and GNU number them.
    pub(super) kind: u8,
    pub(super) name: Vec<u8>,
    /// The name that a link leads to.
    pub(super) link: Vec<u8>,
    /// The bytes of content that follow.
    pub(super) size: u64,
    /// Whether the map of the holes of a sparse member goes on in a block behind this one.
    pub(super) map_goes_on: bool,
}

impl Header {
    /// The header in a block; none where its checksum is not that of its bytes, or its size is no number.
    pub(super) fn of(block: &[u8]) -> Option<Self> {
        let field = |range: std::ops::Range<usize>| block.get(range);
        let stated = number(field(CHECKSUM)?)?;
        if sum(block, u64::from) != stated && sum(block, signed) != stated {
            return None;
        }
        let mut name = text(field(0..100)?).to_vec();
        // GNU keeps times where POSIX has the beginning of a long name.
        let prefix = text(field(345..500)?);
        if field(257..263)? == b"ustar\0" && !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
        Some(Self {
            kind: *block.get(156)?,
            map_goes_on: *block.get(156)? == SPARSE && *block.get(GOES_ON)? != 0,
            name,
            link: text(field(157..257)?).to_vec(),
            size: number(field(124..136)?)?,
        })
    }
}

/// Whether behind this block of the map of a sparse member there is another one.
pub(super) fn map_goes_on(block: &[u8]) -> bool {
    block.get(MAP_GOES_ON).is_some_and(|flag| *flag != 0)
}

/// Old programs have added up bytes with a sign.
fn signed(byte: u8) -> u64 {
    i64::from(byte as i8) as u64
}

fn sum(block: &[u8], value: impl Fn(u8) -> u64) -> u64 {
    let bytes = block.iter().enumerate();
    let values = bytes.map(|(place, byte)| match CHECKSUM.contains(&place) {
        true => u64::from(b' '),
        false => value(*byte),
    });
    values.fold(0, u64::wrapping_add)
}

/// The text in a field, which a NUL ends where there is room for one.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The number in a field: octal digits or, where the first bit says so, as GNU has it, the bytes of
/// the number itself. An empty field is 0.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first()? {
        (0x80, rest) => rest.iter().try_fold(0u64, |number, byte| {
            Some(number.checked_mul(256)? + u64::from(*byte))
        }),
        (0x81.., _) => None,
        _ => octal(text(field).trim_ascii()),
    }
}

fn octal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = (*digit as char).to_digit(8)?;
        number.checked_mul(8)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block that a program for tars wrote.
    fn block(change: impl Fn(&mut tar::Header)) -> [u8; 512] {
        let mut header = tar::Header::new_gnu();
        header.set_path("cat/1.jpg").unwrap();
        header.set_size(1000);
        header.set_entry_type(tar::EntryType::Regular);
        change(&mut header);
        header.set_cksum();
        *header.as_bytes()
    }

    #[test]
    fn name_size_and_kind_are_those_that_were_written() {
        let header = Header::of(&block(|_| {})).unwrap();
        assert_eq!(header.name, b"cat/1.jpg");
        assert_eq!((header.size, header.kind), (1000, b'0'));
    }

    #[test]
    fn sizes_beyond_the_octal_digits_are_read_too() {
        let header = Header::of(&block(|header| header.set_size(1 << 40))).unwrap();
        assert_eq!(header.size, 1 << 40);
    }

    #[test]
    fn a_long_name_of_posix_is_put_together() {
        let mut posix = tar::Header::new_ustar();
        let name = format!("{}/1.jpg", "folder".repeat(20));
        posix.set_path(&name).unwrap();
        posix.set_size(1);
        posix.set_cksum();
        assert_eq!(Header::of(posix.as_bytes()).unwrap().name, name.as_bytes());
    }

    #[test]
    fn a_block_with_another_checksum_is_no_header() {
        let mut spoiled = block(|_| {});
        spoiled[0] ^= 1;
        assert_eq!(Header::of(&spoiled), None);
        assert_eq!(Header::of(&[b'x'; 512]), None);
        assert_eq!(Header::of(b"short"), None);
    }

    #[test]
    fn a_size_that_is_no_number_or_too_large_is_no_header() {
        for size in [
            &b"12x"[..],
            &[0xff; 12],
            &[0x80, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ] {
            let spoiled = block(|header| {
                header.as_mut_bytes()[124..124 + size.len()].copy_from_slice(size);
            });
            assert_eq!(Header::of(&spoiled), None, "{size:?}");
        }
    }
}
