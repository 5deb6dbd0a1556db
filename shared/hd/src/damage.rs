//! Binary files damaged on purpose, for the tests of those who read them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::{Error, Result};

/// The places of the frame that [`crate::frame`] describes.
const LENGTH: usize = 16;
const DIGEST: usize = 24;
const HEADER: usize = 56;

/// A good file in a folder of its own, to be damaged.
pub(crate) struct Bench {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) whole: Vec<u8>,
    open: fn(&Path) -> Result<()>,
}

impl Bench {
    /// The file `name` that `write` writes and `open` reads.
    pub(crate) fn new(
        name: &str,
        write: impl FnOnce(&Path) -> Result<()>,
        open: fn(&Path) -> Result<()>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        Self {
            _folder: folder,
            path,
            whole,
            open,
        }
    }

    /// Sees that the file with these bytes instead is refused for this reason.
    pub(crate) fn refuses(&self, bytes: &[u8], reason: &str) {
        fs::write(&self.path, bytes).unwrap();
        tells(&(self.open)(&self.path).unwrap_err(), &self.path, reason);
    }

    /// Sees that the file is refused where any byte of its header, or of the header's digest, was changed.
    pub(crate) fn refuses_other_digests(&self) {
        for at in DIGEST..HEADER + length(&self.whole) as usize {
            let mut bytes = self.whole.clone();
            bytes[at] ^= 1;
            self.refuses(&bytes, "digest that it should have");
        }
    }
}

/// The length of the header.
pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[LENGTH..DIGEST].try_into().unwrap())
}

/// These bytes with another length of the header.
pub(crate) fn with_length(bytes: &[u8], length: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[LENGTH..DIGEST].copy_from_slice(&length.to_le_bytes());
    bytes
}

/// Gives a header that was changed the digest that belongs to it, so that a reader gets past that.
pub(crate) fn seal(bytes: &mut [u8]) {
    let end = HEADER + length(bytes) as usize;
    let digest = Digest::of(&bytes[HEADER..end]);
    bytes[DIGEST..HEADER].copy_from_slice(digest.as_bytes());
}

/// Writes `new` over the only place in the header where `old` stands.
pub(crate) fn patch(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let places = bytes.windows(old.len()).enumerate();
    let mut places = places.filter(|(place, window)| *place >= HEADER && *window == old);
    let (place, _) = places.next().expect("something to replace");
    assert!(places.next().is_none(), "it stands in several places");
    bytes[place..place + new.len()].copy_from_slice(new);
    seal(bytes);
}

/// Sees that `error` names the file first, and then the reason.
pub(crate) fn tells(error: &Error, path: &Path, reason: &str) {
    let message = error.to_string();
    let named = message.starts_with(&format!("{}: ", path.display()));
    assert!(named && message.contains(reason), "{message}, not {reason}");
}
