//! The cache folder, and where in it ONNX Runtime lies. hd-fetch puts the library there; everything that runs a network
//! takes it from there.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// The folder that this machine's copies are kept in: `$XDG_CACHE_HOME/hd`, or `~/.cache/hd`.
///
/// # Errors
/// Neither variable names an absolute path, and the user has no home.
pub fn cache_folder() -> Result<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    // Without HOME, as in a service or in cron, this is the folder that the password file names.
    let home = env::home_dir().filter(|home| home.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(home?.join(".cache")));
    Ok(cache.ok_or(Error::NoCache)?.join("hd"))
}

/// The folder `name` in the cache, made if it is not there, for something to be written in.
///
/// # Errors
/// No cache folder, or one in which nothing can be written.
pub fn writable(name: &str) -> Result<PathBuf> {
    let path = cache_folder()?.join(name);
    // A folder that is there may still be on a file system that is read-only.
    let tried = fs::create_dir_all(&path).and_then(|()| tempfile::tempfile_in(&path));
    match tried {
        Ok(_) => Ok(path),
        // tempfile's own message would name the temporary file.
        Err(error) => Err(Error::Cache {
            path,
            source: io::Error::from(error.kind()),
        }),
    }
}

/// A build of ONNX Runtime, by the hardware that it can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuntimeKind {
    /// The processor.
    Cpu,
    /// An accelerator too, through CUDA.
    Cuda,
    /// A browser's processor, in WebAssembly.
    Web,
}

/// The files of [`RuntimeKind::Web`], which lie in one folder: the script that pages call, the one that loads the library,
/// and the library. Each with its SHA-256.
pub const WEB_FILES: [(&str, &str); 3] = [
    (
        "ort.wasm.min.mjs",
        "6ef726f355b791129f7ddf3f62e7877a16b9b777abe87004b8ab306e6b9cf265",
    ),
    (
        "ort-wasm-simd-threaded.mjs",
        "30dd851d9c00622940500f71ddd2ff8820c5cb65270816080175b958705385a8",
    ),
    (
        "ort-wasm-simd-threaded.wasm",
        "71aef04959c5c1b6de461b6538e2058e306610034a85aad2742d0c7fd4533fe4",
    ),
];

impl RuntimeKind {
    /// The version of ONNX Runtime that hd-fetch brings.
    pub fn version(self) -> &'static str {
        match self {
            Self::Cpu => "1.32.0",
            Self::Cuda => "1.31.1",
            Self::Web => "1.22.0",
        }
    }

    /// SHA-256 of the library for this kind of machine, named as [`machine`] does; None where there is none to bring.
    pub fn sha256(self, machine: &str) -> Option<&'static str> {
        match (self, machine) {
            (Self::Cpu, "x86_64-linux") => {
                Some("6c1585d1bbf45b0712ea4a21b705c5fcb4ba04ff2e30f1fbf81a49faf658638f")
            }
            (Self::Cpu, "aarch64-linux") => {
                Some("49852228a93995158b2a813d4df487d47a1b76b0eaa894507ef49e91b6d7954a")
            }
            (Self::Cuda, "x86_64-linux") => {
                Some("5104254339ecadae808da771bd0b63b240f0dbd466514234905e54372435c303")
            }
            (Self::Web, _) => Some(WEB_FILES[2].1),
            _ => None,
        }
    }

    /// The command that brings it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Cpu => "hd-fetch runtime",
            Self::Cuda => "hd-fetch runtime --device cuda",
            Self::Web => "hd-fetch runtime --device web",
        }
    }

    /// Where the library is, or will be once it is fetched.
    ///
    /// # Errors
    /// No cache folder.
    pub fn library(self) -> Result<PathBuf> {
        let folder = match self {
            Self::Cpu => machine(),
            Self::Cuda => format!("{}-cuda", machine()),
            Self::Web => format!("web-{}", self.version()),
        };
        let name = match self {
            Self::Cpu | Self::Cuda => format!("libonnxruntime.so.{}", self.version()),
            Self::Web => WEB_FILES[2].0.to_owned(),
        };
        Ok(cache_folder()?.join("runtime").join(folder).join(name))
    }
}

/// This machine's architecture and operating system, as Rust names them, such as `x86_64-linux`.
pub fn machine() -> String {
    format!("{}-{}", env::consts::ARCH, env::consts::OS)
}
