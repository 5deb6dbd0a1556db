//! Bytes on their way from a reader to a file, and the files that lie beside it meanwhile.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use hd_weakness::of_sync;

use crate::error::Error;

/// The path of a helper file that lies beside `path`: its name with `suffix` added.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

/// Reads to the end and hands each piece to `sink`; returns the number of bytes.
///
/// Unlike `io::copy` it keeps failures to read apart from failures to write: `failed` makes the
/// error of the former, from the number of bytes read before it.
pub(crate) fn pour<E>(
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

/// Gives the file at `unfinished` the name `to`. Its bytes are on the disk before the name appears, and the name is there
/// after a power cut, or whoever made the file would be asked to make it again.
///
/// # Errors
/// The operating system's.
pub(crate) fn finish(file: &File, unfinished: &Path, to: &Path) -> Result<(), Error> {
    of_sync(file.sync_data()).map_err(Error::file(unfinished, "write to"))?;
    fs::rename(unfinished, to).map_err(Error::file(to, "create"))?;
    let folder = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    of_sync(File::open(folder).and_then(|folder| folder.sync_all()))
        .map_err(Error::file(folder, "sync"))
}
