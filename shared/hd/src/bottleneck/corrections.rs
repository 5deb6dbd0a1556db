//! Corrections: other labels for some images, or none, without a change to anybody's folders.
//!
//! `corrections.tsv` is a table whose header names the columns `path` and `label` among any others.
//! A path is one of bottlenecks.bin, relative to the folder of images and escaped as all tables
//! escape it; a label is that of other images, and `-` leaves the image out.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::dataset::{label_of, without_mark};
use crate::error::{Error, Result};
use crate::file;
use crate::tsv;

/// What stands for no label.
const LEFT_OUT: &str = "-";

/// The content of a file of corrections.
#[derive(Clone, Debug)]
pub struct Corrections {
    path: PathBuf,
    /// By path, as a table has it.
    lines: HashMap<Vec<u8>, Line>,
}

#[derive(Clone, Debug)]
struct Line {
    number: usize,
    label: String,
}

/// What became of some corrections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrected {
    /// How many images have another label now.
    pub relabelled: usize,
    /// How many were left out.
    pub left_out: usize,
    /// How many lines name an image that is not there.
    pub strangers: usize,
}

impl Corrections {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// A file that cannot be read, that has no such columns, or that names an image twice.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = file::read(path)?;
        let wrong = |reason: String| Error::Corrections {
            path: path.to_path_buf(),
            reason,
        };
        let mut rows = (1..).zip(
            without_mark(&bytes)
                .map_err(wrong)?
                .split(|&byte| byte == b'\n'),
        );
        let fields = |row: &'_ [u8]| {
            let row = row.strip_suffix(b"\r").unwrap_or(row);
            row.split(|&byte| byte == b'\t')
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        };
        let header = rows.next().map(|(_, row)| fields(row)).unwrap_or_default();
        let column = |name: &[u8]| header.iter().position(|field| field == name);
        let (Some(image), Some(label)) = (column(b"path"), column(b"label")) else {
            let reason =
                "its first line does not name the columns path and label, with a tab between";
            return Err(wrong(reason.to_owned()));
        };
        let mut lines = HashMap::new();
        for (number, row) in rows.filter(|(_, row)| !row.trim_ascii().is_empty()) {
            let fields = fields(row);
            let label = fields
                .get(label)
                .and_then(|label| str::from_utf8(label).ok());
            let (Some(image), Some(label)) = (fields.get(image), label) else {
                return Err(wrong(format!("line {number} has no label in UTF-8")));
            };
            let label = label.trim().to_owned();
            if lines
                .insert(image.clone(), Line { number, label })
                .is_some()
            {
                let image = String::from_utf8_lossy(image);
                return Err(wrong(format!("line {number} names {image} once more")));
            }
        }
        Ok(Self {
            path: path.to_path_buf(),
            lines,
        })
    }

    /// The lines, by path: each path as tables have it, and its label.
    pub fn lines(&self) -> Vec<(&[u8], &str)> {
        let lines = self.lines.iter();
        let mut lines: Vec<(&[u8], &str)> = lines
            .map(|(path, line)| (path.as_slice(), line.label.as_str()))
            .collect();
        lines.sort_unstable();
        lines
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// What is said of the image `path`: nothing, or that it has none of `labels` or the one with
    /// this number.
    ///
    /// # Errors
    /// A label that no image has, since it may be misspelt.
    pub(super) fn of(&self, path: &Path, labels: &[String]) -> Result<Option<Option<usize>>> {
        let Some(Line { number, label }) = self.lines.get(&tsv::field(path)) else {
            return Ok(None);
        };
        if label == LEFT_OUT {
            return Ok(Some(None));
        }
        let find = |wanted: &str| labels.iter().position(|label| label == wanted);
        // People may write what they see of a label: the name of its folder.
        match find(label).or_else(|| find(&label_of(OsStr::new(label)))) {
            Some(label) => Ok(Some(Some(label))),
            None => Err(Error::Corrections {
                path: self.path.clone(),
                reason: format!(
                    "line {number} gives {} the label '{label}', which no image has: there are '{}', and - leaves it out",
                    path.display(),
                    labels.join("', '")
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Result<Corrections> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corrections.tsv");
        std::fs::write(&path, text).unwrap();
        Corrections::open(&path)
    }

    fn labels() -> [String; 2] {
        ["hot dog".to_owned(), "not hot dog".to_owned()]
    }

    #[test]
    fn a_line_gives_another_label_or_none_and_other_columns_are_passed_over() {
        let text = "\u{feff}score\tpath\tlabel\r\n0.1\ta/1.jpg\thot_dog\r\n\n0.2\ta\\tb.jpg\t-\n";
        let corrections = open(text).unwrap();
        let of = |path: &str| corrections.of(Path::new(path), &labels()).unwrap();
        assert_eq!(of("a/1.jpg"), Some(Some(0)));
        assert_eq!(of("a\tb.jpg"), Some(None));
        assert_eq!(of("a/2.jpg"), None);
    }

    #[test]
    fn what_is_wrong_is_an_error_with_its_line() {
        for (text, expected) in [
            (
                "",
                "its first line does not name the columns path and label",
            ),
            (
                "a.jpg\thot dog\n",
                "its first line does not name the columns",
            ),
            ("path\tlabel\na.jpg\n", "line 2 has no label"),
            ("path\tlabel\na\t-\na\t-\n", "line 3 names a once more"),
        ] {
            let error = open(text).unwrap_err().to_string();
            assert!(
                error.contains("corrections.tsv: ") && error.contains(expected),
                "{error}"
            );
        }
        let corrections = open("path\tlabel\na.jpg\thotdog\n").unwrap();
        let error = corrections
            .of(Path::new("a.jpg"), &labels())
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2 gives a.jpg the label 'hotdog', which no image has"));
    }
}
