//! Files of the cache that are known to be whole.
//!
//! To read a library of many megabytes before each use would take longer than much of the work. So beside a file `NAME`
//! that was verified lies `NAME.seen`, JSON with its stamp and its SHA-256. While size, times and number are those, and
//! that digest is the one that is wanted, the file is what it was. Otherwise it is read once more.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::sha256_of_file;
use crate::error::{Error, Result};
use crate::stamp::Stamp;
use crate::temporary::TemporaryFile;

/// What lies beside a file that was verified.
#[derive(PartialEq, Serialize, Deserialize)]
struct Seen {
    stamp: Stamp,
    sha256: String,
}

/// Whether the file `path` has this SHA-256, in lower-case hexadecimal.
///
/// # Errors
/// A file that cannot be read.
pub fn is_whole(path: &Path, sha256: &str) -> Result<bool> {
    let metadata = fs::metadata(path).map_err(Error::io(path, "read"))?;
    let now = Seen {
        stamp: Stamp::of(&metadata),
        sha256: sha256.to_owned(),
    };
    if before(path).is_some_and(|before| before == now) {
        return Ok(true);
    }
    let whole = sha256_of_file(path).map_err(Error::io(path, "read"))? == sha256;
    if whole {
        // Where nothing can be written the file is read each time.
        let _ = note(path, &now);
    }
    Ok(whole)
}

/// Whether the file `path` is what it was when it was verified, as far as it ever was.
///
/// # Errors
/// A file that cannot be read.
pub fn is_as_seen(path: &Path) -> Result<bool> {
    match before(path) {
        Some(before) => is_whole(path, &before.sha256),
        None => Ok(true),
    }
}

fn record(path: &Path) -> PathBuf {
    path.with_added_extension("seen")
}

fn before(path: &Path) -> Option<Seen> {
    serde_json::from_slice(&fs::read(record(path)).ok()?).ok()
}

/// It is not synced: where a power cut damages it, the file is read again.
fn note(path: &Path, now: &Seen) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let new = TemporaryFile::new(folder, "seen")?;
    new.as_file().write_all(&serde_json::to_vec(now)?)?;
    new.persist(&record(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /// A folder with a file that was verified.
    fn seen() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.so.1.2");
        fs::write(&path, "abc").unwrap();
        assert!(is_whole(&path, ABC).unwrap());
        assert!(folder.path().join("library.so.1.2.seen").is_file());
        (folder, path)
    }

    #[test]
    fn a_file_that_was_seen_is_not_read_again() {
        let (_folder, path) = seen();
        let mut now = before(&path).unwrap();
        now.sha256 = "0".repeat(64);
        note(&path, &now).unwrap();
        // It is believed, since nothing about the file has changed.
        assert!(is_whole(&path, &"0".repeat(64)).unwrap());
        // Another digest is wanted, so that it is read.
        assert!(is_whole(&path, ABC).unwrap());
        assert!(!is_whole(&path, &"0".repeat(64)).unwrap());
    }

    #[test]
    fn a_file_that_was_changed_or_cut_is_read_again() {
        let (_folder, path) = seen();
        fs::write(&path, "abd").unwrap();
        assert!(!is_whole(&path, ABC).unwrap());
        fs::write(&path, "ab").unwrap();
        assert!(!is_whole(&path, ABC).unwrap());
        fs::write(&path, "abc").unwrap();
        assert!(is_whole(&path, ABC).unwrap());
        fs::write(record(&path), "{").unwrap();
        assert!(is_whole(&path, ABC).unwrap());
    }

    #[test]
    fn a_copy_is_read_once_and_then_known() {
        let (folder, path) = seen();
        let copy = folder.path().join("copy");
        fs::copy(&path, &copy).unwrap();
        fs::copy(record(&path), record(&copy)).unwrap();
        assert!(before(&copy).unwrap().stamp != Stamp::of(&fs::metadata(&copy).unwrap()));
        assert!(is_whole(&copy, ABC).unwrap());
        assert!(before(&copy).unwrap().stamp == Stamp::of(&fs::metadata(&copy).unwrap()));
    }
}
