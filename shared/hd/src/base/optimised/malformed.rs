//! Files in the cache of optimised networks that are malformed, each in one way: none of them
//! reaches ONNX Runtime, which checks little of what it is given.

use std::fs;
use std::path::PathBuf;

use super::*;

const CONTENT: &[u8] = b"a network as ONNX Runtime has optimised it";

/// A cache in a folder of its own, with nothing in it.
fn bench() -> (tempfile::TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place {
        folder: folder.path().to_path_buf(),
        // No other test's, since what is mapped stays so for the life of the process.
        key: Digest::of(folder.path().as_os_str().as_encoded_bytes()),
    };
    (folder, place)
}

/// Keeps `content` under the name that belongs to [`CONTENT`].
fn kept(content: &[u8]) -> (tempfile::TempDir, Place, PathBuf) {
    let (folder, place) = bench();
    let path = place.name(&Digest::of(CONTENT));
    fs::write(&path, content).unwrap();
    (folder, place, path)
}

#[test]
fn one_that_is_whole_is_used() {
    let (_folder, place, _) = kept(CONTENT);
    assert_eq!(place.bytes(), Some(CONTENT));
}

#[test]
fn one_cut_at_any_byte_is_not_used() {
    for length in 0..CONTENT.len() {
        let (_folder, place, _) = kept(&CONTENT[..length]);
        assert_eq!(place.bytes(), None, "cut to {length}");
    }
}

#[test]
fn one_with_any_bit_flipped_is_not_used() {
    for at in 0..CONTENT.len() {
        let mut content = CONTENT.to_vec();
        content[at] ^= 1;
        let (_folder, place, _) = kept(&content);
        assert_eq!(place.bytes(), None, "byte {at}");
    }
}

#[test]
fn one_with_bytes_behind_its_end_or_with_another_content_is_not_used() {
    for content in [&[CONTENT, b"\0"].concat()[..], b"another network"] {
        let (_folder, place, _) = kept(content);
        assert_eq!(place.bytes(), None);
    }
}

#[test]
fn one_under_another_name_is_not_used() {
    let content = Digest::of(CONTENT);
    let (_folder, place) = bench();
    let key = place.key;
    for name in [
        format!("{key}-{content}"),
        format!("{key}-{content}.ort.old"),
        format!("{key}-.ort"),
        format!("{key}-{}.ort", Digest::of(b"another network")),
        format!("{key}-{}.ort", content.to_string().to_uppercase()),
        format!("{}-{content}.ort", Digest::of(b"another key")),
        format!("{content}.ort"),
    ] {
        fs::write(place.folder.join(name), CONTENT).unwrap();
    }
    assert_eq!(place.bytes(), None);
}

#[test]
fn what_is_no_file_is_not_used() {
    let (_folder, place) = bench();
    fs::create_dir(place.name(&Digest::of(CONTENT))).unwrap();
    std::os::unix::fs::symlink("nowhere", place.name(&Digest::of(b"a link"))).unwrap();
    assert_eq!(place.bytes(), None);
    fs::remove_dir_all(&place.folder).unwrap();
    assert_eq!(place.bytes(), None);
}

/// The good one of several is found, and then all of them can be cleared away.
#[test]
fn a_damaged_one_does_not_hide_one_that_is_whole() {
    let (_folder, place, whole) = kept(CONTENT);
    let damaged = place.name(&Digest::of(b"damaged"));
    fs::write(&damaged, "cut").unwrap();
    assert_eq!(place.bytes(), Some(CONTENT));
    place.clear();
    assert!(!whole.exists() && !damaged.exists());
}
