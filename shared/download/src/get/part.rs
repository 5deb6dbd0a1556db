//! The unfinished file `<to>.part` and its companion `<to>.part.etag`, which keeps the server's
//! validator so that a later attempt can ask for the rest of the same version. Everything written
//! is hashed on its way.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::sha256;
use crate::transfer::{beside, finish};

/// A file that is still being downloaded.
pub(super) struct Part {
    path: PathBuf,
    etag: PathBuf,
    file: File,
    hasher: Sha256,
    len: u64,
    pieced: bool,
}

impl Part {
    /// Opens the part of the file `to`, and hashes what an earlier run left in it.
    pub(super) fn open(to: &Path) -> Result<Self, Error> {
        let path = beside(to, ".part");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(Error::file(&path, "create"))?;
        let mut hasher = Sha256::new();
        let len = io::copy(&mut file, &mut HashWriter(&mut hasher))
            .map_err(Error::file(&path, "read"))?;
        Ok(Part {
            etag: beside(to, ".part.etag"),
            path,
            file,
            hasher,
            len,
            pieced: len > 0,
        })
    }

    /// Number of bytes that are there.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Whether the bytes come from more than one answer, so that they may not fit together.
    pub(super) fn is_pieced(&self) -> bool {
        self.pieced
    }

    /// Tells the part that what is appended from here on belongs to another answer.
    pub(super) fn resume(&mut self) {
        self.pieced = true;
    }

    /// The validator that was kept with these bytes, if it is fit to be sent.
    pub(super) fn validator(&self) -> Option<String> {
        let text = fs::read_to_string(&self.etag).ok()?;
        let sendable = !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        sendable.then_some(text)
    }

    /// Empties the part, and keeps the validator of the version whose bytes come next.
    pub(super) fn restart(&mut self, validator: Option<&str>) -> Result<(), Error> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(Error::file(&self.path, "empty"))?;
        self.hasher = Sha256::new();
        self.len = 0;
        self.pieced = false;
        match validator {
            Some(text) => fs::write(&self.etag, text).map_err(Error::file(&self.etag, "write to")),
            None => remove(&self.etag),
        }
    }

    /// Adds bytes at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(Error::file(&self.path, "write to"))?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// SHA-256 of the bytes that are there.
    pub(super) fn digest(&self) -> String {
        sha256::hex(self.hasher.clone())
    }

    /// Makes the part the file `to`: its bytes are on the disk before the name appears.
    pub(super) fn finish(self, to: &Path) -> Result<(), Error> {
        finish(&self.file, &self.path, to)?;
        remove(&self.etag)
    }

    /// Removes the part and its companion.
    pub(super) fn delete(self) -> Result<(), Error> {
        drop(self.file);
        remove(&self.path)?;
        remove(&self.etag)
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file(path, "remove")(error))
        }
        _ => Ok(()),
    }
}

/// Lets `io::copy` feed a hasher.
struct HashWriter<'a>(&'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn goes_on_with_what_an_earlier_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("x");
        fs::write(beside(&to, ".part"), "ab").unwrap();
        let mut part = Part::open(&to).unwrap();
        assert_eq!((part.len(), part.is_pieced()), (2, true));
        part.append(b"c").unwrap();
        assert_eq!(part.digest(), ABC);
        part.finish(&to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"abc");
        assert!(!beside(&to, ".part").exists());
    }

    #[test]
    fn forgets_everything_on_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("x");
        fs::write(beside(&to, ".part"), "wrong ").unwrap();
        let mut part = Part::open(&to).unwrap();
        part.append(b"bytes").unwrap();
        part.restart(Some("\"v2\"")).unwrap();
        assert_eq!((part.len(), part.is_pieced()), (0, false));
        part.append(b"abc").unwrap();
        assert_eq!(part.digest(), ABC);
        assert_eq!(part.validator().as_deref(), Some("\"v2\""));
        part.finish(&to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"abc");
        assert!(!beside(&to, ".part.etag").exists());
    }

    #[test]
    fn does_not_send_a_validator_with_a_line_break() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("x");
        fs::write(beside(&to, ".part.etag"), "\"v1\"\r\nEvil: 1").unwrap();
        assert_eq!(Part::open(&to).unwrap().validator(), None);
    }
}
