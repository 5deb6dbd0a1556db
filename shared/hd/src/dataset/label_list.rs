//! A file that names labels, a line each, in the order in which a network or a data set numbers them.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, Result};
use crate::file;

/// The labels in the file `path`, a line each, in the order of their numbers.
///
/// # Errors
/// A file that cannot be read or is not UTF-8; no label; an empty one, or one that is there twice.
pub fn read_labels(path: &Path) -> Result<Vec<String>> {
    let wrong = |reason: String| Error::Labels {
        path: path.to_path_buf(),
        reason,
    };
    let text = String::from_utf8(file::read(path)?);
    let text = text.map_err(|_| wrong("not a list of labels: it is not UTF-8".to_owned()))?;
    let labels: Vec<String> = text.trim_end().lines().map(str::to_owned).collect();
    let mut lines = HashMap::new();
    for (label, line) in labels.iter().zip(1..) {
        if label.trim().is_empty() || label.contains(char::is_control) {
            let shown = label.escape_default();
            return Err(wrong(format!("line {line}: '{shown}' cannot be a label")));
        }
        if let Some(first) = lines.insert(label, line) {
            return Err(wrong(format!(
                "'{label}' stands in line {first} and in line {line}: make the two tell apart"
            )));
        }
    }
    match labels.is_empty() {
        true => Err(wrong("it has no label".to_owned())),
        false => Ok(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.txt");
        std::fs::write(&path, text).unwrap();
        read_labels(&path)
    }

    #[test]
    fn a_line_is_a_label() {
        assert_eq!(labels("hot dog\r\ncafé\n\n").unwrap(), ["hot dog", "café"]);
    }

    #[test]
    fn labels_that_cannot_be_used_are_errors_that_say_where() {
        for (text, reason) in [
            ("", "it has no label"),
            ("a\n\nb", "line 2: '' cannot be a label"),
            ("a\nb\tc", "line 2: 'b\\tc' cannot be a label"),
            (
                "crane\na\ncrane",
                "'crane' stands in line 1 and in line 3: make the two tell apart",
            ),
        ] {
            let message = labels(text).unwrap_err().to_string();
            assert!(
                message.ends_with(&format!("labels.txt: {reason}")),
                "{message}"
            );
        }
    }
}
