//! Bytes as a file in a folder of its own, for readers that want a path.

#![allow(dead_code, reason = "each target uses some of it")]

use std::fs;
use std::path::{Path, PathBuf};

use hd::digest::Digest;

/// A folder that vanishes.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    /// A folder with the file `name`.
    pub(crate) fn with(name: &str, bytes: &[u8]) -> Self {
        // Thousands of small files that are synced would wait for a disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a folder for a file");
        fs::write(folder.path().join(name), bytes).expect("room for a file");
        Self(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The names of everything in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).expect("the folder");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }
}

/// A binary file of hd whose header has the digest that belongs to it, so that a reader gets past
/// that.
pub(crate) fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let Some((frame, rest)) = bytes.split_at_mut_checked(56) else {
        return bytes;
    };
    let length: [u8; 8] = frame
        .get(16..24)
        .map_or([0; 8], |length| length.try_into().unwrap_or_default());
    let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
    let header = rest.get(..length).unwrap_or(rest);
    let digest = Digest::of(header);
    if let Some(place) = frame.get_mut(24..56) {
        place.copy_from_slice(digest.as_bytes());
    }
    bytes
}
