//! `bottlenecks.skipped.tsv`: the files that were skipped, each with its reason.
//!
//! A line each: path relative to the folder of images, and reason, separated by a tab. There is no
//! such file where nothing was skipped.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cache::Skipped;
use crate::error::{Error, Result};
use crate::file;
use crate::tsv;

/// Brings the table beside the file of bottlenecks `of` up to date, and says where it is.
pub fn write_skipped(of: &Path, skipped: &[Skipped]) -> Result<PathBuf> {
    // Only the usual ending is dropped, so that other names stay distinct.
    let stem = of
        .extension()
        .filter(|ending| *ending == "bin")
        .and(of.file_stem());
    let mut name = stem.or(of.file_name()).unwrap_or_default().to_owned();
    name.push(".skipped.tsv");
    let path = of.with_file_name(name);
    if skipped.is_empty() {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(&path, "delete")(error))
            }
            _ => Ok(path),
        };
    }
    file::replace_if_changed(&path, |out| {
        skipped.iter().try_for_each(|skipped| {
            out.write_all(&tsv::field(&skipped.path))?;
            out.write_all(b"\t")?;
            out.write_all(&tsv::field(Path::new(&skipped.reason)))?;
            out.write_all(b"\n")
        })
    })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_what_was_skipped_and_vanishes_when_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let skipped = Skipped {
            path: "a/b\tc.jpg".into(),
            digest: None,
            stamp: None,
            reason: "not an image".into(),
            pixels: 0,
        };
        let path = write_skipped(&of, &[skipped]).unwrap();
        assert_eq!(path, folder.path().join("bottlenecks.skipped.tsv"));
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "a/b\\tc.jpg\tnot an image\n"
        );
        assert!(
            write_skipped(&folder.path().join("s.1"), &[])
                .unwrap()
                .ends_with("s.1.skipped.tsv")
        );
        write_skipped(&of, &[]).unwrap();
        assert!(!path.exists());
        write_skipped(&of, &[]).unwrap();
    }
}
