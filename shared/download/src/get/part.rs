//! The unfinished file `<to>.part` and its companion `<to>.part.etag`, which keeps the server's
//! validator so that a later attempt can ask for the rest of the same version.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::progress::Progress;
use crate::transfer::beside;
use crate::unfinished::Unfinished;

/// A file that is still being downloaded.
pub(super) struct Part {
    unfinished: Unfinished,
    etag: PathBuf,
    len: u64,
    pieced: bool,
}

impl Part {
    /// Opens the part of the file `to`, with what an earlier run left in it. None if another process, which was at work on
    /// it, has brought the file.
    pub(super) fn open(to: &Path, progress: &dyn Progress) -> Result<Option<Self>, Error> {
        let path = beside(to, ".part");
        let Some(mut unfinished) = Unfinished::open(path, to, progress)? else {
            return Ok(None);
        };
        let len = unfinished.file.seek(SeekFrom::End(0));
        let len = len.map_err(Error::file(&unfinished.path, "read"))?;
        Ok(Some(Part {
            unfinished,
            etag: beside(to, ".part.etag"),
            len,
            pieced: len > 0,
        }))
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
        let Unfinished { file, path } = &mut self.unfinished;
        file.set_len(0)
            .and_then(|()| file.rewind())
            .map_err(Error::file(path, "empty"))?;
        self.len = 0;
        self.pieced = false;
        match validator {
            Some(text) => fs::write(&self.etag, text).map_err(Error::file(&self.etag, "write to")),
            None => remove(&self.etag),
        }
    }

    /// Adds bytes at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let Unfinished { file, path } = &mut self.unfinished;
        file.write_all(bytes)
            .map_err(Error::file(path, "write to"))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// SHA-256 of the bytes that are there, as they lie on the disk.
    pub(super) fn digest(&self) -> Result<String, Error> {
        self.unfinished.digest()
    }

    /// Makes the part the file `to`: its bytes are on the disk before the name appears.
    pub(super) fn finish(self, to: &Path) -> Result<(), Error> {
        // The next part that has this name is another process's.
        remove(&self.etag)?;
        self.unfinished.finish(to)
    }

    /// Removes the part and its companion.
    pub(super) fn delete(self) -> Result<(), Error> {
        remove(&self.etag)?;
        remove(&self.unfinished.path)
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

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn goes_on_with_what_an_earlier_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("x");
        fs::write(beside(&to, ".part"), "ab").unwrap();
        let mut part = Part::open(&to, &()).unwrap().unwrap();
        assert_eq!((part.len(), part.is_pieced()), (2, true));
        part.append(b"c").unwrap();
        assert_eq!(part.digest().unwrap(), ABC);
        part.finish(&to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"abc");
        assert!(!beside(&to, ".part").exists());
    }

    #[test]
    fn forgets_everything_on_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("x");
        fs::write(beside(&to, ".part"), "wrong ").unwrap();
        let mut part = Part::open(&to, &()).unwrap().unwrap();
        part.append(b"bytes").unwrap();
        part.restart(Some("\"v2\"")).unwrap();
        assert_eq!((part.len(), part.is_pieced()), (0, false));
        part.append(b"abc").unwrap();
        assert_eq!(part.digest().unwrap(), ABC);
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
        assert_eq!(Part::open(&to, &()).unwrap().unwrap().validator(), None);
    }
}
