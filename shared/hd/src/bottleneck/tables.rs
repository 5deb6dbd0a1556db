//! Tables for people beside a file of bottlenecks: `bottlenecks.skipped.tsv`, the files that were
//! skipped, and `bottlenecks.warnings.tsv`, the images that somebody should look at.
//!
//! Below the names of the columns there is a line each: path relative to the folder of images, and
//! reason, separated by a tab. There is no such file where it would be empty.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::layout::Skipped;
use super::noted::Noted;
use crate::error::{Error, Result};
use crate::file;
use crate::tsv;

/// Brings the table of skipped files beside the file of bottlenecks `of` up to date, and says where
/// it is.
pub fn write_skipped(of: &Path, skipped: &[Skipped]) -> Result<PathBuf> {
    let lines = skipped
        .iter()
        .map(|one| (one.path.as_path(), one.reason.clone()));
    write(of, ".skipped.tsv", lines)
}

/// Brings the table of images with notes beside the file of bottlenecks `of` up to date, and says
/// where it is.
pub fn write_noted(of: &Path, noted: &[Noted]) -> Result<PathBuf> {
    let lines = noted
        .iter()
        .map(|one| (one.path.as_path(), one.why.clone()));
    write(of, ".warnings.tsv", lines)
}

fn write<'a>(
    of: &Path,
    ending: &str,
    lines: impl ExactSizeIterator<Item = (&'a Path, String)>,
) -> Result<PathBuf> {
    // Only the usual ending is dropped, so that other names stay distinct.
    let stem = of
        .extension()
        .filter(|ending| *ending == "bin")
        .and(of.file_stem());
    let mut name = stem.or(of.file_name()).unwrap_or_default().to_owned();
    name.push(ending);
    let path = of.with_file_name(name);
    if lines.len() == 0 {
        return match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(&path, "delete")(error))
            }
            _ => Ok(path),
        };
    }
    let mut table = b"path\treason\n".to_vec();
    for (image, reason) in lines {
        table.extend(tsv::field(image).iter());
        table.push(b'\t');
        table.extend(tsv::field(Path::new(&reason)).iter());
        table.push(b'\n');
    }
    file::replace_if_changed(&path, |out| out.write_all(&table))?;
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
            "path\treason\na/b\\tc.jpg\tnot an image\n"
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
