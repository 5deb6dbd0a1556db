//! The one writer of files that last.
//!
//! Writing is atomic: a temporary file in the same folder, synced, then renamed over the old one. So a file that
//! exists is whole, and a program that is killed leaves the old one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use hd_weakness::of_sync;
use memmap2::Mmap;

use crate::error::{Error, Result};
use crate::temporary::TemporaryFile;

/// Reads a whole file, or all that comes through a pipe.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io(path, "read"))
}

/// Refuses a pipe in place of a file that is read in any order, or more than once: it can only be read from its
/// beginning to its end, and to open one would wait for somebody who writes into it.
///
/// # Errors
/// The operating system's; something that is no file where `expected` was expected.
pub fn check_is_file(path: &Path, expected: &'static str) -> Result<()> {
    let metadata = fs::metadata(path).map_err(Error::io(path, "open"))?;
    let found = match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => return Ok(()),
        (_, true) => "is a folder",
        _ => "is a pipe or a device, and has to be a file, since it is read in any order",
    };
    Err(Error::Foreign {
        path: path.to_path_buf(),
        expected,
        found: found.to_owned(),
    })
}

/// Maps a file that only programs of hd write.
///
/// # Errors
/// The operating system's.
#[allow(
    unsafe_code,
    reason = "a map is what lets a million rows, or the weights of a network, be used without being read"
)]
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: such files are only ever replaced as a whole, by a rename, or deleted, which leaves this map the old one. A
    // stranger who cuts one short under us would end the process with SIGBUS, but nothing is believed that was not checked.
    unsafe { Mmap::map(file) }
}

/// Replaces the file `path` by what `write` writes, at once and only if all of it succeeds. Makes its folder.
pub fn replace<F>(path: &Path, write: F) -> Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    if is_special(path) {
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(Error::io(path, "open"))?;
        let mut out = BufWriter::new(file);
        return write(&mut out)
            .and_then(|()| out.flush())
            .map_err(Error::io(path, "write"));
    }
    Draft::write(path, write)?.keep()
}

/// Whether something that is no file is there, such as /dev/stdout or a pipe. It is written to, never replaced.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Like [`replace`], but a file that has this very content already is not touched. Says whether it was.
pub fn replace_if_changed<F>(path: &Path, write: F) -> Result<bool>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    if is_special(path) {
        return replace(path, write).map(|()| true);
    }
    let draft = Draft::write(path, write)?;
    let changed = !draft.equals(path).unwrap_or(false);
    if changed {
        draft.keep()?;
    }
    Ok(changed)
}

/// Like [`replace`], but the file keeps the time of the one that it replaces, so that make sees no change.
pub fn replace_quietly<F>(path: &Path, write: F) -> Result<()>
where
    F: FnOnce(&mut dyn Write) -> io::Result<()>,
{
    let old = fs::metadata(path).and_then(|metadata| metadata.modified());
    let old = old.map_err(Error::io(path, "read the time of"))?;
    let draft = Draft::write(path, write)?;
    draft
        .file
        .as_file()
        .set_modified(old)
        .map_err(Error::io(path, "set the time of"))?;
    draft.keep()
}

/// Copies the file `source` and its permissions to `path`, unless something is there already. Says whether it was copied.
pub fn copy_if_absent(source: &Path, path: &Path) -> Result<bool> {
    let mut from = File::open(source).map_err(Error::io(source, "open"))?;
    let metadata = from.metadata().map_err(Error::io(source, "read"))?;
    let draft = Draft::write(path, |out| io::copy(&mut from, out).map(|_| ()))?;
    draft
        .file
        .as_file()
        .set_permissions(metadata.permissions())
        .map_err(Error::io(path, "set the permissions of"))?;
    draft.keep_if_absent()
}

/// A new content for a file, complete and synced but not yet in its place. Dropped, it vanishes.
struct Draft {
    file: TemporaryFile,
    path: PathBuf,
}

impl Draft {
    fn write<F>(path: &Path, write: F) -> Result<Self>
    where
        F: FnOnce(&mut dyn Write) -> io::Result<()>,
    {
        // Through a link the file that it leads to is replaced, and not the link.
        let path = &match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if path.is_symlink() => {
                return Err(Error::io(path, "follow the link")(error));
            }
            Err(_) => path.to_path_buf(),
        };
        let folder = make_folder_of(path)?;
        let file = temporary_in(folder, path).map_err(Error::io(path, "write"))?;
        let mut out = BufWriter::with_capacity(1 << 18, file.as_file());
        let written = write(&mut out).and_then(|()| out.flush());
        written.map_err(Error::io(path, "write"))?;
        drop(out);
        of_sync(file.as_file().sync_data()).map_err(Error::io(path, "write"))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
        })
    }

    fn equals(&self, path: &Path) -> io::Result<bool> {
        let (mine, theirs) = (File::open(self.file.path())?, File::open(path)?);
        if mine.metadata()?.len() != theirs.metadata()?.len() {
            return Ok(false);
        }
        let mut mine = io::BufReader::with_capacity(1 << 18, mine);
        let mut theirs = io::BufReader::with_capacity(1 << 18, theirs);
        let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        loop {
            let count = mine.read(&mut a)?;
            let (Some(a), Some(b)) = (a.get(..count), b.get_mut(..count)) else {
                return Ok(false);
            };
            theirs.read_exact(b)?;
            if a != b || count == 0 {
                return Ok(a == b);
            }
        }
    }

    fn keep(self) -> Result<()> {
        let path = self.path;
        self.file
            .persist(&path)
            .map_err(Error::io(&path, "write"))?;
        sync_folder_of(&path)
    }

    fn keep_if_absent(self) -> Result<bool> {
        let path = self.path;
        match self.file.persist_noclobber(&path) {
            Ok(()) => sync_folder_of(&path).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(Error::io(&path, "write")(error)),
        }
    }
}

/// A new name must survive a power cut, or make would trust a file that comes back as the old one.
fn sync_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    of_sync(File::open(folder).and_then(|folder| folder.sync_all()))
        .map_err(Error::io(folder, "sync"))
}

/// Makes the folder that holds `path`, if it is not there, and says which it is.
///
/// # Errors
/// The operating system's.
pub fn make_folder_of(path: &Path) -> Result<&Path> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(Error::io(folder, "create the folder"))?;
    Ok(folder)
}

/// The folder that holds `path`.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A hidden temporary file in `folder`, named after `path`.
fn temporary_in(folder: &Path, path: &Path) -> io::Result<TemporaryFile> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("this is not the name of a file"))?;
    TemporaryFile::new(folder, &name.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_replacement_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        replace(&path, |out| out.write_all(b"old")).unwrap();
        let failed = replace(&path, |out| {
            out.write_all(b"new")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_same_content_does_not_touch_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/on/the/way");
        assert!(replace_if_changed(&path, |out| out.write_all(b"one")).unwrap());
        assert!(!replace_if_changed(&path, |out| out.write_all(b"one")).unwrap());
        assert!(replace_if_changed(&path, |out| out.write_all(b"two")).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_link_stays_and_the_file_that_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("nowhere/file"), &link).unwrap();
        let message = replace(&link, |out| out.write_all(b"new"))
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with("link: cannot follow the link"),
            "{message}"
        );
        assert!(link.is_symlink() && !link.exists());
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        replace(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(replace_if_changed(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap());
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_quiet_replacement_keeps_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        replace(&path, |out| out.write_all(b"old")).unwrap();
        let then =
            std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(then)
            .unwrap();
        replace_quietly(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), then);
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
