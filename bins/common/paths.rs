//! Checks of the paths that a program is given, before it writes anything.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::misuse;

/// Errors if an output is an input too, or is named twice: writing it would destroy the other.
///
/// # Errors
/// [`misuse`], naming the path.
pub fn check_outputs<'a>(
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    outputs: impl IntoIterator<Item = &'a PathBuf>,
) -> anyhow::Result<()> {
    let real = |path: &PathBuf| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let mut taken = inputs
        .into_iter()
        .map(real)
        .collect::<io::Result<Vec<_>>>()?;
    for output in outputs {
        let place = real(output)?;
        if place.is_dir() {
            return misuse(format!("{}: it is a folder, and no file", output.display()));
        }
        if taken.contains(&place) && (place.is_file() || !place.exists()) {
            return misuse(format!(
                "{}: it is named twice, and would be overwritten",
                output.display()
            ));
        }
        taken.push(place);
    }
    Ok(())
}

/// Whether `inner`, which need not exist, is the folder `outer` or lies in it.
pub fn is_within(inner: &Path, outer: &Path) -> bool {
    let absolute = std::path::absolute(inner).unwrap_or_default();
    let there = absolute
        .ancestors()
        .find_map(|above| fs::canonicalize(above).ok());
    match (there, fs::canonicalize(outer)) {
        (Some(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    }
}
