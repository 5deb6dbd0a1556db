//! `hd-fetch runtime`: ONNX Runtime's library, out of its Python package; for accelerators with the libraries of CUDA
//! beside it.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use hd::Error;
use hd::cache::{RuntimeKind, writable};
use hd_cli::Bar;
use hd_download::Progress;

use crate::catalog::{Catalog, Member};
use crate::source::{MirrorFlag, Sources};

#[derive(Args)]
pub(crate) struct Arguments {
    /// What it is to run on; for cuda it brings CUDA and cuDNN as well, some gigabytes
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,

    #[command(flatten)]
    from: MirrorFlag,
}

#[derive(Clone, Copy, ValueEnum)]
enum Device {
    Cpu,
    Cuda,
}

impl Device {
    fn kind(self) -> RuntimeKind {
        match self {
            Self::Cpu => RuntimeKind::Cpu,
            Self::Cuda => RuntimeKind::Cuda,
        }
    }
}

impl Arguments {
    /// Does what the arguments ask for.
    pub(crate) fn run(&self) -> Result<()> {
        let mirror = self.from.mirror.as_deref();
        let (path, there) = fetch_runtime(self.device.kind(), mirror, &Bar::default())?;
        let said = if there { ": it is there already" } else { "" };
        log::info!("{}{said}", path.display());
        Ok(())
    }
}

/// Brings the library for this machine into the cache, from `mirror` only where one is given. Returns where it is, and
/// whether it was there already.
///
/// # Errors
/// A machine that none is catalogued for; no cache folder; no pip; no network; another digest than the catalogue's.
fn fetch_runtime(
    kind: RuntimeKind,
    mirror: Option<&str>,
    progress: &dyn Progress,
) -> Result<(PathBuf, bool)> {
    let path = kind.library()?;
    if path.is_file() {
        return Ok((path, true));
    }
    writable("runtime")?;
    let catalog = Catalog::built_in()?;
    let sources = Sources { mirror, progress };
    match kind {
        RuntimeKind::Cpu => {
            let library = catalog.library()?;
            let Member {
                path: member,
                sha256,
            } = &library.member;
            sources.member(&library.package, member, sha256, &path)?;
        }
        RuntimeKind::Cuda => {
            let folder = path.parent().unwrap_or(&path);
            // It gets its name when all is there, and what an interrupted run has brought is not brought again.
            let unfinished = folder.with_extension("unfinished");
            fs::create_dir_all(&unfinished).map_err(Error::io(&unfinished, "create the folder"))?;
            for wheel in &catalog.cuda()?.wheel {
                sources.members(wheel, &unfinished)?;
            }
            fs::rename(&unfinished, folder).map_err(Error::io(folder, "create"))?;
        }
    }
    Ok((path, false))
}
