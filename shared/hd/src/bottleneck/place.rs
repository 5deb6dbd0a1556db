//! The place of the file of bottlenecks.

use std::path::Path;
use std::{env, fs};

use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// Refuses a file of bottlenecks in a subfolder of the images: the subfolder is a label, and the
/// next time the file would be taken for one of its images. Beside it there will be images, too, so
/// that a folder of tars would be taken for one of labels.
///
/// # Errors
/// [`Error::Dataset`], naming both.
pub(super) fn check(dataset: &Dataset, out: &Path) -> Result<()> {
    let Some(subfolders) = dataset.subfolders else {
        return Ok(());
    };
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = env::current_dir()
        .unwrap_or_default()
        .join(out.parent().unwrap_or(Path::new("")));
    let existing = folder
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(Path::new("/"));
    let inside = real(existing).join(folder.strip_prefix(existing).unwrap_or(Path::new("")));
    match inside.strip_prefix(real(&dataset.root)) {
        Ok(below) if below.components().next().is_some() => Err(Error::Dataset {
            path: dataset.root.clone(),
            reason: format!(
                "{} lies in one of its subfolders, which are {subfolders}",
                out.display()
            ),
        }),
        _ => Ok(()),
    }
}
