//! A record of a list.

use std::path::{Path, PathBuf};

use super::label::{label_of, normal};
use crate::split::Split;

/// An image in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) label: String,
    pub(super) path: PathBuf,
    /// The split that the list names.
    pub(super) split: Option<Split>,
    /// From 1 on, among the records or the lines.
    pub(super) number: u64,
}

/// Label and path of an image that is listed with this label, or with none, when its folder names
/// it.
pub(super) fn labelled(label: Option<&str>, path: &Path) -> Result<(String, PathBuf), String> {
    // As a walk through the folder would spell it.
    let path = path.strip_prefix(".").unwrap_or(path);
    let shown = path.display();
    if path.as_os_str().is_empty() {
        return Err("it has no path".to_owned());
    }
    let label = match label {
        Some(label) => normal(label),
        None => path
            .parent()
            .and_then(Path::file_name)
            .map(label_of)
            .ok_or_else(|| {
                format!("{shown}: neither a label before it nor a folder that names one")
            })?,
    };
    match label.is_empty() || label.contains(char::is_control) {
        true => Err(format!(
            "{shown}: '{}' cannot be a label",
            label.escape_default()
        )),
        false => Ok((label, path.to_path_buf())),
    }
}
