//! The pass over the headers of a tar.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::extended::Extended;
use super::header::{BLOCK, Header, SPARSE, map_goes_on};
use super::member::{Member, Place, is_within, spelled};

/// Bytes that are read at a time, so that headers near each other are one reading.
const WINDOW: u64 = 4096;

/// Zeros behind which no other tar is looked for: the largest blocks that tapes are written in.
const MOST_ZEROS: u64 = 1 << 20;

/// No name is longer, with all that may stand beside it.
const MOST_EXTENDED: u64 = 1 << 20;

/// The members of a tar, as they stand in it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) members: Vec<Member>,
    pub(super) broken: Option<String>,
    pub(super) lacks_end: bool,
}

/// A pass over a tar.
pub(super) struct Walk<'a> {
    file: &'a File,
    length: u64,
    /// Where the next header stands.
    at: u64,
    /// Bytes of the file, and where they stand in it.
    window: Vec<u8>,
    window_at: u64,
    /// What is known of the next member.
    next: Extended,
    /// Members that are other names of one, by their numbers, and its name.
    links: Vec<(usize, PathBuf)>,
    found: Found,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a File, length: u64) -> Self {
        Self {
            file,
            length,
            at: 0,
            window: Vec::new(),
            window_at: 0,
            next: Extended::default(),
            links: Vec::new(),
            found: Found::default(),
        }
    }

    /// Goes to the end of the tar, or to where it is damaged.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn finish(mut self) -> io::Result<Found> {
        if self.length == 0 {
            self.found.broken = Some("it is empty".to_owned());
        }
        while self.at < self.length && self.found.broken.is_none() {
            self.step()?;
        }
        self.resolve_links();
        Ok(self.found)
    }

    /// One header, with what belongs to it.
    fn step(&mut self) -> io::Result<()> {
        let (at, left) = (self.at, self.length - self.at);
        if left < BLOCK && at > 0 {
            self.break_off("it is cut short");
            return Ok(());
        }
        let block = self.bytes(at, BLOCK.min(left))?;
        if block.iter().all(|byte| *byte == 0) {
            return self.pass_zeros();
        }
        let Some(header) = Header::of(block) else {
            match at {
                0 => self.found.broken = Some(other_kind(block)),
                _ => self.break_off(&format!("it is damaged at byte {at}")),
            }
            return Ok(());
        };
        self.at += BLOCK;
        self.found.lacks_end = true;
        match header.kind {
            b'x' | b'X' | b'L' | b'K' => self.extend(&header),
            _ => {
                self.pass_map(&header)?;
                self.add(header);
                Ok(())
            }
        }
    }

    /// Passes over the blocks between the header and the content of a sparse member.
    fn pass_map(&mut self, header: &Header) -> io::Result<()> {
        let mut goes_on = header.map_goes_on;
        while goes_on && self.length - self.at >= BLOCK {
            goes_on = map_goes_on(self.bytes(self.at, BLOCK)?);
            self.at += BLOCK;
        }
        Ok(())
    }

    /// Says that what follows is not read, and behind which member that is.
    fn break_off(&mut self, reason: &str) {
        let last = self.found.members.last();
        let behind = last.map(|last| format!(" behind {}", last.name.display()));
        self.found.broken = Some(format!(
            "{reason}{}, and what follows there is not read",
            behind.unwrap_or_default()
        ));
    }

    /// Passes over zeros: they end the tar, and another one may follow.
    fn pass_zeros(&mut self) -> io::Result<()> {
        self.found.lacks_end = false;
        let end = self.length.min(self.at + MOST_ZEROS);
        while self.at + BLOCK <= end {
            let block = self.bytes(self.at, BLOCK)?;
            if block.iter().any(|byte| *byte != 0) {
                if Header::of(block).is_none() {
                    break;
                }
                return Ok(());
            }
            self.at += BLOCK;
        }
        self.at = self.length;
        Ok(())
    }

    /// Takes in what stands before a member because its header has no room for it.
    fn extend(&mut self, header: &Header) -> io::Result<()> {
        let at = self.at;
        if header.size > MOST_EXTENDED {
            self.break_off(&format!(
                "a name of {} bytes stands at byte {at}",
                header.size
            ));
        } else if header.size > self.length - at {
            self.break_off("it is cut short");
        } else {
            let content = self.bytes(at, header.size)?.to_vec();
            if self.next.add(header.kind, &content).is_none() {
                self.break_off(&format!("it is damaged at byte {at}"));
            }
            self.pass(header.size);
        }
        Ok(())
    }

    /// Adds a member, if it is one that counts, and goes behind it.
    fn add(&mut self, header: Header) {
        let next = std::mem::take(&mut self.next);
        let name = next.name.unwrap_or(header.name);
        let size = match header.kind {
            // Whatever size these claim, nothing follows them.
            b'1'..=b'6' => 0,
            _ => next.size.unwrap_or(header.size),
        };
        // Folders, which old tars have as files with a slash, and what is said of the whole tar.
        let is_file = !matches!(header.kind, b'5' | b'D' | b'g' | b'V') && !name.ends_with(b"/");
        let name = spelled(&name);
        if is_file && !name.as_os_str().is_empty() {
            let content = match is_within(&name) {
                true => self.content(header.kind, next.is_sparse, size),
                false => Err("there is a `..` in its name".to_owned()),
            };
            if header.kind == b'1' {
                let target = spelled(&next.link.unwrap_or(header.link));
                self.links.push((self.found.members.len(), target));
            }
            self.found.members.push(Member { name, content });
        }
        self.pass(size);
    }

    /// Where the content of a member of this kind and size lies, or why it has none.
    fn content(&mut self, kind: u8, is_sparse: bool, size: u64) -> Result<Place, String> {
        let why = match kind {
            b'1' => "a link to a file that is not in the tar",
            b'2' => "a symbolic link, which is not followed in a tar",
            b'3' | b'4' | b'6' => "a device or pipe, and no image",
            b'M' => "its beginning is in another tar",
            _ if is_sparse || kind == SPARSE => {
                "stored with its holes left out, as tar --sparse does, and not read"
            }
            _ => {
                return self.within(Place {
                    offset: self.at,
                    size,
                });
            }
        };
        Err(why.to_owned())
    }

    /// The place of content, or that it is not all there.
    fn within(&mut self, place: Place) -> Result<Place, String> {
        let left = self.length - place.offset;
        if place.size <= left {
            return Ok(place);
        }
        self.found.lacks_end = false;
        Err(format!(
            "the tar is cut short: {left} of its {} bytes are there",
            place.size
        ))
    }

    /// Goes behind content, and behind what fills its last block.
    fn pass(&mut self, size: u64) {
        let end = size.checked_next_multiple_of(BLOCK);
        let end = end.and_then(|size| self.at.checked_add(size));
        // The last block of the last member need not be full.
        self.at = end.unwrap_or(u64::MAX).min(self.length);
    }

    /// Gives members that are other names of one the content of that.
    fn resolve_links(&mut self) {
        if self.links.is_empty() {
            return;
        }
        let members = self.found.members.iter();
        let contents: std::collections::HashMap<_, _> = members
            .filter_map(|member| Some((member.name.clone(), *member.content.as_ref().ok()?)))
            .collect();
        for (number, target) in &self.links {
            if let (Some(member), Some(place)) =
                (self.found.members.get_mut(*number), contents.get(target))
            {
                member.content = Ok(*place);
            }
        }
    }

    /// So many bytes of the file, which are there.
    fn bytes(&mut self, at: u64, count: u64) -> io::Result<&[u8]> {
        let held = self.window_at..self.window_at + self.window.len() as u64;
        if !(held.contains(&at) && at + count <= held.end) {
            let count = count.max(WINDOW).min(self.length - at);
            self.window.resize(count as usize, 0);
            self.window_at = at;
            self.file.read_exact_at(&mut self.window, at)?;
        }
        let from = (at - self.window_at) as usize;
        let bytes = self.window.get(from..from + count as usize);
        Ok(bytes.unwrap_or_default())
    }
}

/// What is wrong with a file that begins like this and is called a tar.
fn other_kind(block: &[u8]) -> String {
    let known: [(&[u8], &str, &str); 4] = [
        (b"\x1f\x8b", "gzip", "gunzip"),
        (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
        (b"\xfd7zXZ", "xz", "unxz"),
        (b"BZh", "bzip2", "bunzip2"),
    ];
    match known.iter().find(|(magic, ..)| block.starts_with(magic)) {
        Some((_, by, command)) => {
            format!("it is compressed by {by}: unpack it first, with {command}")
        }
        None => "it is no tar, whatever its name says".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Tar;

    /// The tar of these bytes, in a folder that vanishes.
    fn opened(bytes: &[u8]) -> (tempfile::TempDir, Tar) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tar");
        std::fs::write(&path, bytes).unwrap();
        let tar = Tar::open(&path).unwrap();
        (folder, tar)
    }

    fn header(kind: tar::EntryType, size: u64) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header
    }

    fn content(tar: &Tar, name: &str) -> Vec<u8> {
        tar.read(tar.member(Path::new(name)).unwrap(), 1 << 20)
            .unwrap()
    }

    #[test]
    fn members_are_read_from_where_they_lie_under_names_of_any_length() {
        let mut tar = tar::Builder::new(Vec::new());
        let long = format!("{}/1.jpg", "folder".repeat(50));
        for (name, body) in [
            ("./a/1.jpg", "one"),
            (&long, "two"),
            ("/b//./2.jpg", "three"),
        ] {
            let mut header = header(tar::EntryType::Regular, body.len() as u64);
            // append_data refuses a name with a slash at its beginning, which others write.
            match name.len() < 100 {
                true => {
                    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
                    header.set_cksum();
                    tar.append(&header, body.as_bytes()).unwrap();
                }
                false => tar.append_data(&mut header, name, body.as_bytes()).unwrap(),
            }
        }
        let (_folder, tar) = opened(&tar.into_inner().unwrap());
        assert_eq!(content(&tar, "a/1.jpg"), b"one");
        assert_eq!(content(&tar, &long), b"two");
        assert_eq!(content(&tar, "b/2.jpg"), b"three");
        assert!(!tar.lacks_end() && tar.broken().is_none());
    }

    #[test]
    fn a_size_in_an_extended_header_counts_and_a_sparse_member_is_refused() {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_pax_extensions([("size", &b"5"[..]), ("path", b"real.jpg")])
            .unwrap();
        let mut five = header(tar::EntryType::Regular, 5);
        five.set_path("short").unwrap();
        five.set_size(0);
        five.set_cksum();
        tar.append(&five, &[][..]).unwrap();
        let mut bytes = tar.into_inner().unwrap();
        let end = bytes.len() - 1024;
        bytes.splice(end..end, [&b"bytes"[..], &[0; 507]].concat());
        let (_folder, tar) = opened(&bytes);
        assert_eq!(content(&tar, "real.jpg"), b"bytes");
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_pax_extensions([("GNU.sparse.major", &b"1"[..])])
            .unwrap();
        tar.append_data(&mut header(tar::EntryType::Regular, 1), "a.jpg", &b"x"[..])
            .unwrap();
        tar.append_data(
            &mut header(tar::EntryType::GNUSparse, 1),
            "b.jpg",
            &b"x"[..],
        )
        .unwrap();
        tar.append_data(&mut header(tar::EntryType::Regular, 1), "c.jpg", &b"x"[..])
            .unwrap();
        let (_folder, tar) = opened(&tar.into_inner().unwrap());
        let refused: Vec<bool> = tar
            .members()
            .iter()
            .map(|one| one.trouble().is_some())
            .collect();
        assert_eq!(refused, [true, true, false]);
    }

    #[test]
    fn folders_and_links_of_unknown_size_hold_nothing() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut folder = header(tar::EntryType::Directory, 700);
        folder.set_path("a/").unwrap();
        folder.set_cksum();
        tar.append(&folder, &[][..]).unwrap();
        tar.append_data(
            &mut header(tar::EntryType::Regular, 1),
            "a/1.jpg",
            &b"x"[..],
        )
        .unwrap();
        let (_folder, tar) = opened(&tar.into_inner().unwrap());
        assert_eq!(tar.members().len(), 1);
        assert_eq!(content(&tar, "a/1.jpg"), b"x");
    }

    #[test]
    fn lengths_that_cannot_be_are_no_reason_to_take_memory() {
        let mut huge = header(tar::EntryType::Regular, u64::MAX >> 1);
        huge.set_path("a.jpg").unwrap();
        huge.set_cksum();
        let (_folder, tar) = opened(huge.as_bytes());
        assert!(
            tar.members()[0]
                .trouble()
                .unwrap()
                .starts_with("the tar is cut short: 0 of its")
        );
        let mut name = header(tar::EntryType::GNULongName, 1 << 40);
        name.set_cksum();
        let (_folder, tar) = opened(name.as_bytes());
        assert!(
            tar.broken()
                .unwrap()
                .starts_with("a name of 1099511627776 bytes")
        );
    }

    #[test]
    fn a_tar_that_is_changed_after_it_was_gone_through_is_not_read() {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_data(&mut header(tar::EntryType::Regular, 1), "a.jpg", &b"x"[..])
            .unwrap();
        let bytes = tar.into_inner().unwrap();
        let (folder, tar) = opened(&bytes);
        std::fs::write(
            folder.path().join("x.tar"),
            [&bytes[..], &bytes[..]].concat(),
        )
        .unwrap();
        let error = tar.read(&tar.members()[0], 1 << 20).unwrap_err();
        assert_eq!(error.to_string(), "its tar was changed while it was read");
    }
}
