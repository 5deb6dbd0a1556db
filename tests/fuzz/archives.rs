//! Archives on bytes that may be anything.

#![allow(dead_code, reason = "each target calls one of them")]

use std::fs;
use std::path::Path;

use hd_download::{Limits, extract_member, unpack};

use crate::scratch::Scratch;

const LIMITS: Limits = Limits {
    entries: 20,
    bytes: 1 << 16,
    ratio: 200,
};

/// Unpacks a zip, a tar or a tar.gz; and takes one file out of it, as out of a wheel.
pub(crate) fn archive(bytes: &[u8]) {
    let scratch = Scratch::with("archive", bytes);
    let (archive, into) = (scratch.path("archive"), scratch.path("into"));
    let keep = |path: &Path| Some(path.to_path_buf());
    let _ = unpack(&archive, &into, &keep, &LIMITS, &());
    let digest = "0".repeat(64);
    let _ = extract_member(&archive, "a/b.txt", &scratch.path("member"), &digest, &());
    // Whatever it held, nothing lies beside the folder, and in it there are files and folders, of
    // no great size.
    let mut names = scratch.names();
    names.retain(|name| name != "archive" && name != "into");
    assert!(names.is_empty(), "{names:?}");
    if into.exists() {
        assert!(size(&into) <= LIMITS.bytes);
    }
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let size = |entry: fs::DirEntry| {
        let metadata = entry.metadata().expect("what was unpacked");
        assert!(metadata.is_file() || metadata.is_dir());
        match metadata.is_dir() {
            true => self::size(&entry.path()),
            false => metadata.len(),
        }
    };
    entries.map(size).sum()
}
