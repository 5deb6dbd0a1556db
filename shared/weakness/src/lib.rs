//! What the file systems at hand cannot do, and the work goes on without.
//!
//! Some shared and some user-space file systems have no locks, or cannot sync. Such an answer is noted here and is no
//! error, and the program says at its end, once, what was missing.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// ENOLCK: a server of files without one for locks.
const NO_LOCKS: i32 = 37;

/// How file systems answer that cannot sync. A failing or full disk answers otherwise.
const CANNOT_SYNC: [ErrorKind; 3] = [
    ErrorKind::Unsupported,
    ErrorKind::InvalidInput,
    ErrorKind::PermissionDenied,
];

static FOUND: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// What was found since the program began, a sentence each.
pub fn weaknesses() -> Vec<&'static str> {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    found.iter().copied().collect()
}

fn note(sentence: &'static str) {
    FOUND
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(sentence);
}

/// The outcome of syncing a file or a folder, which is none where the file system cannot do that.
///
/// # Errors
/// What went wrong otherwise, such as a disk that fails.
pub fn of_sync(result: io::Result<()>) -> io::Result<()> {
    match result {
        // Some say that it is forbidden or makes no sense, and some that they have no such thing.
        Err(error) if CANNOT_SYNC.contains(&error.kind()) => {
            note(
                "this file system cannot sync all that is written, so that a power cut may bring an older file back",
            );
            Ok(())
        }
        result => result,
    }
}

/// Locks a file for this process, if no other has. Where there are no locks it goes on without.
///
/// # Errors
/// The operating system's.
pub fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if is_without_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `path` is a name of this file, and no link to it. Who had the lock before may have given the file another name
/// or deleted it, so that nobody else would find what is locked.
pub fn is_at(file: &File, path: &Path) -> bool {
    let number = |metadata: Metadata| (metadata.dev(), metadata.ino());
    let there = fs::symlink_metadata(path).map(number);
    there.is_ok_and(|there| file.metadata().map(number).is_ok_and(|own| own == there))
}

/// Whether an error of locking says that the file system has no locks.
fn is_without_locks(error: &io::Error) -> bool {
    let none = error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS);
    if none {
        note(
            "this file system has no locks: do not run hd-fetch into the same file twice at a time, and know that \
             hd-bottleneck would do its work twice",
        );
    }
    none
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_system_cannot_do_is_told_from_what_went_wrong() {
        let error = io::Error::from_raw_os_error;
        assert!(of_sync(Err(error(22))).is_ok() && of_sync(Err(error(13))).is_ok());
        assert!(of_sync(Err(error(5))).is_err() && of_sync(Err(error(28))).is_err());
        assert!(is_without_locks(&error(37)) && is_without_locks(&error(38)));
        assert!(!is_without_locks(&error(11)) && !is_without_locks(&error(5)));
        assert_eq!(weaknesses().len(), 2);
    }
}
