//! Bytes on their way from a reader to a file, and the names of the files that lie beside it meanwhile.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

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
