//! ONNX Runtime's library, out of its Python package; for accelerators with the libraries of CUDA beside it.

use std::fs;
use std::path::PathBuf;

use super::cache_folder;
use super::catalog::{Catalog, Member};
use super::progress::Progress;
use super::source::Sources;
use crate::error::{Error, Result};

/// What a runtime runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The processor.
    Cpu,
    /// An accelerator too, through CUDA.
    Cuda,
}

/// Where the library is, or will be once it is fetched.
///
/// # Errors
/// A machine that none is catalogued for; no cache folder.
pub fn cached_runtime(kind: Kind) -> Result<PathBuf> {
    let catalog = Catalog::built_in()?;
    let (folder, name) = match kind {
        Kind::Cpu => {
            let library = catalog.library()?;
            (library.name.clone(), library.member.name().to_owned())
        }
        Kind::Cuda => {
            let cuda = catalog.cuda()?;
            let name = format!("libonnxruntime.so.{}", cuda.version);
            (format!("{}-cuda", cuda.machine), name)
        }
    };
    Ok(cache_folder()?.join("runtime").join(folder).join(name))
}

/// Brings the library for this machine into the cache, from `mirror` only where one is given. Returns where it is, and
/// whether it was there already.
///
/// # Errors
/// As [`cached_runtime`]; no pip; no network; another digest than the catalogue's.
pub fn fetch_runtime(
    kind: Kind,
    mirror: Option<&str>,
    progress: &dyn Progress,
) -> Result<(PathBuf, bool)> {
    let path = cached_runtime(kind)?;
    if path.is_file() {
        return Ok((path, true));
    }
    let catalog = Catalog::built_in()?;
    let sources = Sources { mirror, progress };
    match kind {
        Kind::Cpu => {
            let library = catalog.library()?;
            let Member {
                path: member,
                sha256,
            } = &library.member;
            sources.member(&library.package, member, sha256, &path)?;
        }
        Kind::Cuda => {
            let folder = path.parent().unwrap_or(&path);
            // It gets its name when all is there, and what an interrupted run has brought is not brought again.
            let unfinished = super::beside(folder, ".unfinished");
            fs::create_dir_all(&unfinished).map_err(Error::io(&unfinished, "create the folder"))?;
            for wheel in &catalog.cuda()?.wheel {
                sources.members(wheel, &unfinished)?;
            }
            fs::rename(&unfinished, folder).map_err(Error::io(folder, "create"))?;
        }
    }
    Ok((path, false))
}
