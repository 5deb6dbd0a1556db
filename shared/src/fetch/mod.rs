//! Bringing what is not there yet: ONNX Runtime, bases, and images.
//!
//! What is brought once is kept in the cache folder. Digests are verified before anything gets its name.

mod archive;
mod base;
mod catalog;
mod digest;
mod download;
mod error;
mod images;
mod progress;
mod quantise;
mod registry;
mod runtime;
mod source;
mod synthetic;

use std::env;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

pub use base::{Own, fetch_base};
pub use catalog::{Base, Catalog};
pub use error::FetchError;
pub use images::{Drawings, Images, Want, fetch_images};
pub use progress::Progress;
pub use quantise::{QUANTIZED, quantise};
pub use runtime::{Kind as RuntimeKind, cached_runtime, fetch_runtime};

use crate::error::{Error, Result};

/// The folder that this machine's copies are kept in: `$XDG_CACHE_HOME/hd`, or `~/.cache/hd`.
///
/// # Errors
/// Neither variable names an absolute path.
pub fn cache_folder() -> Result<PathBuf> {
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Ok(cache.ok_or(Error::NoCache)?.join("hd"))
}

/// The path of a helper file that lies beside `path`: its name with `suffix` added.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

/// Reads to the end and hands each piece to `sink`; returns the number of bytes. Unlike
/// `io::copy` it keeps failures to read apart from failures to write: `failed` makes the error of
/// the former, from the number of bytes read before it.
fn pour<E>(
    mut reader: impl Read,
    mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    failed: impl Fn(u64, io::Error) -> E,
) -> Result<u64, E> {
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(count) => {
                sink(buffer.get(..count).unwrap_or_default())?;
                bytes += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(bytes, error)),
        }
    }
}
