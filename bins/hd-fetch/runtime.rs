//! `hd-fetch runtime`: ONNX Runtime's library, out of its Python package; for accelerators with the libraries of CUDA
//! beside it, and for browsers out of its package for JavaScript.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use hd::Error;
use hd::cache::{RuntimeKind, WEB_FILES, writable};
use hd_cli::Bar;

use crate::catalog::{Catalog, Library, Member};
use crate::source::{SourceFlags, Sources, is_there};

#[derive(Args)]
pub(crate) struct Arguments {
    /// What it is to run on; for cuda it brings CUDA and cuDNN as well, some gigabytes, and for web what the pages of
    /// `hd-app --export` run on
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,

    #[command(flatten)]
    from: SourceFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum Device {
    Cpu,
    Cuda,
    Web,
}

impl Device {
    fn kind(self) -> RuntimeKind {
        match self {
            Self::Cpu => RuntimeKind::Cpu,
            Self::Cuda => RuntimeKind::Cuda,
            Self::Web => RuntimeKind::Web,
        }
    }
}

impl Arguments {
    /// Does what the arguments ask for.
    pub(crate) fn run(&self) -> Result<()> {
        let bar = Bar::default();
        let (path, there) = fetch_runtime(self.device.kind(), &self.from.sources(&bar))?;
        let said = if there { ": it is there already" } else { "" };
        log::info!("{}{said}", path.display());
        Ok(())
    }
}

/// Brings the library for this machine into the cache, from a mirror only where one is named. Returns where it is, and
/// whether it was there already. One that is damaged is brought again.
///
/// # Errors
/// A machine that none is catalogued for; no cache folder; no pip; no network; another digest than the catalogue's.
fn fetch_runtime(kind: RuntimeKind, sources: &Sources) -> Result<(PathBuf, bool)> {
    let path = kind.library()?;
    let catalog = Catalog::built_in()?;
    if path.is_file() {
        if is_whole(kind, &catalog, &path)? {
            return Ok((path, true));
        }
        log::warn!("{}: damaged; it is brought again", path.display());
    }
    writable("runtime")?;
    match kind {
        RuntimeKind::Cpu => {
            let Library {
                package, member, ..
            } = catalog.library()?;
            sources.member(package, &member.path, &member.sha256, &path)?;
            is_whole(kind, &catalog, &path)?;
        }
        RuntimeKind::Cuda => {
            let folder = path.parent().unwrap_or(&path);
            // It gets its name when all is there, and what is there already, such as what an interrupted run has brought,
            // is not brought again.
            let unfinished = folder.with_extension("unfinished");
            match path.is_file() {
                true => fs::rename(folder, &unfinished),
                false => fs::create_dir_all(&unfinished),
            }
            .map_err(Error::io(&unfinished, "create the folder"))?;
            for wheel in &catalog.cuda()?.wheel {
                sources.members(wheel, &unfinished)?;
            }
            fs::rename(&unfinished, folder).map_err(Error::io(folder, "create"))?;
        }
        RuntimeKind::Web => sources.web(&catalog.web, path.parent().unwrap_or(&path))?,
    }
    Ok((path, false))
}

/// Whether the library at `path`, and all that lies beside it, is what the catalogue names. It is remembered for those
/// who load it. Where nothing is catalogued there is nothing to compare with.
fn is_whole(kind: RuntimeKind, catalog: &Catalog, path: &Path) -> Result<bool> {
    let members: Vec<(&str, &str)> = match kind {
        RuntimeKind::Cpu => catalog
            .library()
            .map_or(Vec::new(), |library| vec![library.member.known()]),
        RuntimeKind::Cuda => catalog.cuda().map_or(Vec::new(), |cuda| {
            let members = cuda.wheel.iter().flat_map(|wheel| &wheel.member);
            members.map(Member::known).collect()
        }),
        RuntimeKind::Web => WEB_FILES.to_vec(),
    };
    for member in members {
        if !is_there(member, path.parent().unwrap_or(path))? {
            return Ok(false);
        }
    }
    Ok(true)
}
