//! Reading a file that may be anything.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No image that can be decoded is larger.
pub const MAX_BYTES: u64 = 1 << 30;

/// The content of the file `path`.
///
/// # Errors
/// The operating system's; a pipe or device, which may never end; a file larger than any image.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before it is opened, since opening a pipe waits for a writer.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other("too large for an image"));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    File::open(path)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_may_never_end_or_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let huge = folder.path().join("huge");
        File::create(&huge).unwrap().set_len(6 << 30).unwrap();
        assert_eq!(
            read(&huge).unwrap_err().to_string(),
            "too large for an image"
        );
        assert_eq!(
            read(Path::new("/dev/zero")).unwrap_err().to_string(),
            "not a regular file"
        );
        assert_eq!(
            read(folder.path()).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
    }
}
