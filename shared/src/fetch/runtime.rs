//! ONNX Runtime's library, out of its Python package.

use std::path::PathBuf;

use super::cache_folder;
use super::catalog::Catalog;
use super::progress::Progress;
use super::source::Sources;
use crate::error::Result;

/// Where the library is, or will be once it is fetched.
///
/// # Errors
/// A machine that none is catalogued for; no cache folder.
pub fn cached_runtime() -> Result<PathBuf> {
    let catalog = Catalog::built_in()?;
    let library = catalog.library()?;
    let name = library.member.rsplit('/').next().unwrap_or(&library.member);
    Ok(cache_folder()?
        .join("runtime")
        .join(&library.name)
        .join(name))
}

/// Brings the library for this machine into the cache, from `mirror` only where one is given. Returns where it is, and
/// whether it was there already.
///
/// # Errors
/// As [`cached_runtime`]; no pip; no network; another digest than the catalogue's.
pub fn fetch_runtime(mirror: Option<&str>, progress: &dyn Progress) -> Result<(PathBuf, bool)> {
    let path = cached_runtime()?;
    if path.is_file() {
        return Ok((path, true));
    }
    let catalog = Catalog::built_in()?;
    let library = catalog.library()?;
    Sources { mirror, progress }.member(
        &library.package,
        &library.member,
        &library.sha256,
        &path,
    )?;
    Ok((path, false))
}
