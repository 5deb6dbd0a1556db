//! Files on their way to their name, which one process at a time writes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use hd_digest::sha256_of_file;
use hd_weakness::{is_at, of_sync, try_lock};

use crate::error::Error;
use crate::progress::Progress;

/// A file that has a helper's name as yet, and that no other process writes.
pub(crate) struct Unfinished {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Unfinished {
    /// Opens the file `path`, as it was left, on its way to the name `to`. While another process is at work on it this one
    /// waits, and says so once. None if that one has given it its name.
    pub(crate) fn open(
        path: PathBuf,
        to: &Path,
        progress: &dyn Progress,
    ) -> Result<Option<Self>, Error> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        loop {
            let file = options.open(&path).map_err(Error::file(&path, "create"))?;
            lock(&file, to, progress)?;
            // It may have got its name meanwhile, or been given up and deleted.
            match (is_at(&file, &path), is_at(&file, to)) {
                (true, _) => return Ok(Some(Self { file, path })),
                (false, true) => return Ok(None),
                (false, false) => {}
            }
        }
    }

    /// SHA-256 of what lies on the disk.
    pub(crate) fn digest(&self) -> Result<String, Error> {
        sha256_of_file(&self.path).map_err(Error::file(&self.path, "read"))
    }

    /// Gives it the name `to`. Its bytes are on the disk before the name appears, and the name is there after a power cut,
    /// or whoever made the file would be asked to make it again.
    pub(crate) fn finish(self, to: &Path) -> Result<(), Error> {
        of_sync(self.file.sync_data()).map_err(Error::file(&self.path, "write to"))?;
        fs::rename(&self.path, to).map_err(Error::file(to, "create"))?;
        let folder = match to.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        of_sync(File::open(folder).and_then(|folder| folder.sync_all()))
            .map_err(Error::file(folder, "sync"))
    }
}

/// Waits until no other process has locked the file `path`, and locks it until it is dropped. It is made if it is not
/// there, and stays.
///
/// # Errors
/// The operating system's.
pub fn claim(path: &Path, progress: &dyn Progress) -> Result<File, Error> {
    let file = File::create(path).map_err(Error::file(path, "create"))?;
    lock(&file, path, progress)?;
    Ok(file)
}

/// Locks a file that is to be called `to`. Where there are no locks it goes on without.
fn lock(file: &File, to: &Path, progress: &dyn Progress) -> Result<(), Error> {
    if try_lock(file).map_err(Error::file(to, "lock"))? {
        return Ok(());
    }
    progress.note(&format!(
        "{}: another process is bringing it; waiting for that one",
        to.display()
    ));
    file.lock().map_err(Error::file(to, "lock"))
}
