//! A file that names labels, a line each, in the order in which a network or a data set numbers them.

use std::collections::HashMap;
use std::path::Path;

use super::mark::without_mark;
use crate::error::{Error, Result};
use crate::file;

/// The labels in the file `path`, a line each, in the order of their numbers. Blanks around a label and
/// the mark that editors put before a text are no part of it.
///
/// # Errors
/// A file that cannot be read or is not UTF-8; no label; an empty one, or one that is there twice.
pub fn read_labels(path: &Path) -> Result<Vec<String>> {
    let wrong = |reason: String| Error::Labels {
        path: path.to_path_buf(),
        reason,
    };
    let bytes = file::read(path)?;
    let text = without_mark(&bytes).map_err(&wrong)?;
    let text = str::from_utf8(text);
    let text = text.map_err(|_| wrong("not a list of labels: it is not UTF-8".to_owned()))?;
    let lines = text.trim_end().lines().map(str::trim);
    let labels: Vec<String> = lines.map(str::to_owned).collect();
    let mut lines = HashMap::new();
    for (label, line) in labels.iter().zip(1..) {
        if label.is_empty() || label.contains(char::is_control) {
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
    fn the_mark_of_an_editor_and_blanks_around_a_label_are_no_part_of_it() {
        let text = "\u{feff}hot dog \r\n\tcafé\r\n crane\n \n";
        assert_eq!(labels(text).unwrap(), ["hot dog", "café", "crane"]);
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
            (
                "crane\ncrane ",
                "'crane' stands in line 1 and in line 2: make the two tell apart",
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
