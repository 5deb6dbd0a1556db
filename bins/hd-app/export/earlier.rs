//! What a page may replace: an earlier one, and nothing that is somebody else's.

use std::fs;
use std::path::Path;

use anyhow::Result;
use hd_cli::Advice;

use super::folder::{File, INDEX};
use super::html::ABOUT;

/// Whether a page that hd-app exported is there.
fn is_page(path: &Path) -> bool {
    path.is_file() && fs::read_to_string(path).is_ok_and(|page| page.contains(ABOUT))
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether `out` may become a page in one file.
///
/// # Errors
/// A file that is there already and no such page.
pub(super) fn check_file(out: &Path) -> Result<()> {
    // Nothing is lost in a pipe.
    match !out.is_file() || is_page(out) {
        true => Ok(()),
        false => Err(strange(out, "page", "name another file, or remove this one").into()),
    }
}

/// Whether these files may be written into the folder `out`.
///
/// # Errors
/// One that is there already, where no page of ours is.
pub(super) fn check_folder(out: &Path, files: &[File]) -> Result<()> {
    let index = out.join(INDEX);
    let own_folder = "name a folder of its own";
    if is_page(&index) {
        return Ok(());
    }
    if is_there(&index) {
        return Err(strange(&index, "page", own_folder).into());
    }
    let mut paths = files.iter().map(|(name, _)| out.join(name));
    match paths.find(|path| is_there(path)) {
        Some(path) => Err(strange(&path, "file", own_folder).into()),
        None => Ok(()),
    }
}

fn strange(path: &Path, kind: &str, remedy: &str) -> Advice {
    let path = path.display();
    Advice::new(
        format!("{path}: this {kind} is not one that hd-app exported"),
        remedy,
    )
}
