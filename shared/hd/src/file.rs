//! How files are written and how binary ones begin.
//!
//! Writing is atomic: a temporary file in the same folder, synced, then renamed over the old one. So a file that
//! exists is whole, and a program that is killed leaves the old one.
//!
//! A binary file begins with a frame, all integers little-endian:
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
//! and goes on with a payload, if its kind has one. This module alone speaks bincode.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use bincode::error::DecodeError;
use bincode::serde::decode_from_slice;
use memmap2::Mmap;
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
        let mut frame = Cursor {
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
struct Cursor<'a> {
    format: &'a Format,
    path: &'a Path,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
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

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io(path, "read"))
}

/// Maps a file that only programs of hd write.
///
/// # Errors
/// The operating system's.
#[allow(
    unsafe_code,
    reason = "a map is what lets a million rows, or the weights of a network, be used without being read"
)]
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: such files are only ever replaced as a whole, by a rename, or deleted, which leaves this map the old one. A
    // stranger who cuts one short under us would end the process with SIGBUS, but nothing is believed that was not checked.
    unsafe { Mmap::map(file) }
}

/// Replaces the file `path` by what `write` writes, at once and only if all of it succeeds. Makes its folder.
pub fn replace<F>(path: &Path, write: F) -> Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    if is_special(path) {
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(Error::io(path, "open"))?;
        let mut out = BufWriter::new(file);
        return write(&mut out)
            .and_then(|()| out.flush())
            .map_err(Error::io(path, "write"));
    }
    Draft::write(path, write)?.keep()
}

/// Whether something that is no file is there, such as /dev/stdout or a pipe. It is written to, never replaced.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Like [`replace`], but a file that has this very content already is not touched. Says whether it was.
pub fn replace_if_changed<F>(path: &Path, write: F) -> Result<bool>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    if is_special(path) {
        return replace(path, write).map(|()| true);
    }
    let draft = Draft::write(path, write)?;
    let changed = !draft.equals(path).unwrap_or(false);
    if changed {
        draft.keep()?;
    }
    Ok(changed)
}

/// Like [`replace`], but the file keeps the time of the one that it replaces, so that make sees no change.
pub fn replace_quietly<F>(path: &Path, write: F) -> Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    let old = fs::metadata(path).and_then(|metadata| metadata.modified());
    let old = old.map_err(Error::io(path, "read the time of"))?;
    let draft = Draft::write(path, write)?;
    draft
        .file
        .as_file()
        .set_modified(old)
        .map_err(Error::io(path, "set the time of"))?;
    draft.keep()
}

/// Copies the file `source` and its permissions to `path`, unless something is there already. Says whether it was copied.
pub fn copy_if_absent(source: &Path, path: &Path) -> Result<bool> {
    let mut from = File::open(source).map_err(Error::io(source, "open"))?;
    let metadata = from.metadata().map_err(Error::io(source, "read"))?;
    let draft = Draft::write(path, |out| io::copy(&mut from, out).map(|_| ()))?;
    draft
        .file
        .as_file()
        .set_permissions(metadata.permissions())
        .map_err(Error::io(path, "set the permissions of"))?;
    draft.keep_if_absent()
}

/// A new content for a file, complete and synced but not yet in its place. Dropped, it vanishes.
struct Draft {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Draft {
    fn write<F>(path: &Path, write: F) -> Result<Self>
    where
        F: FnOnce(&mut dyn Write) -> io::Result<()>,
    {
        // Through a link the file that it leads to is replaced, and not the link.
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = make_folder_of(path)?;
        let file = temporary_in(folder, path).map_err(Error::io(path, "write"))?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        write(&mut out).map_err(Error::io(path, "write"))?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error);
        let file = file.map_err(Error::io(path, "write"))?;
        file.as_file()
            .sync_data()
            .map_err(Error::io(path, "write"))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
        })
    }

    fn equals(&self, path: &Path) -> io::Result<bool> {
        let (mine, theirs) = (File::open(self.file.path())?, File::open(path)?);
        if mine.metadata()?.len() != theirs.metadata()?.len() {
            return Ok(false);
        }
        let mut mine = io::BufReader::with_capacity(1 << 18, mine);
        let mut theirs = io::BufReader::with_capacity(1 << 18, theirs);
        let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        loop {
            let count = mine.read(&mut a)?;
            let (Some(a), Some(b)) = (a.get(..count), b.get_mut(..count)) else {
                return Ok(false);
            };
            theirs.read_exact(b)?;
            if a != b || count == 0 {
                return Ok(a == b);
            }
        }
    }

    fn keep(self) -> Result<()> {
        let path = self.path;
        self.file
            .persist(&path)
            .map_err(|error| error.error)
            .map_err(Error::io(&path, "write"))?;
        sync_folder_of(&path)
    }

    fn keep_if_absent(self) -> Result<bool> {
        let path = self.path;
        match self.file.persist_noclobber(&path) {
            Ok(_) => sync_folder_of(&path).map(|()| true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(Error::io(&path, "write")(error.error)),
        }
    }
}

/// A new name must survive a power cut, or make would trust a file that comes back as the old one.
fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::io(folder, "sync"))
}

/// Makes the folder that holds `path`, if it is not there, and says which it is.
///
/// # Errors
/// The operating system's.
pub fn make_folder_of(path: &Path) -> Result<&Path> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(Error::io(folder, "create the folder"))?;
    Ok(folder)
}

/// The folder that holds `path`.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A hidden temporary file beside `path`, with the permissions that a plain new file has.
fn temporary_in(folder: &Path, path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("this is not the name of a file"))?;
    let prefix = format!(".{}.", name.to_string_lossy());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // tempfile's own message would name the temporary file.
    builder
        .tempfile_in(folder)
        .map_err(|error| error.kind().into())
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

    #[test]
    fn a_failed_replacement_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        replace(&path, |out| out.write_all(b"old")).unwrap();
        let failed = replace(&path, |out| {
            out.write_all(b"new")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_same_content_does_not_touch_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/on/the/way");
        assert!(replace_if_changed(&path, |out| out.write_all(b"one")).unwrap());
        assert!(!replace_if_changed(&path, |out| out.write_all(b"one")).unwrap());
        assert!(replace_if_changed(&path, |out| out.write_all(b"two")).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_link_stays_and_the_file_that_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        replace(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(replace_if_changed(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap());
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_quiet_replacement_keeps_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        replace(&path, |out| out.write_all(b"old")).unwrap();
        let then =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(then)
            .unwrap();
        replace_quietly(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), then);
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
