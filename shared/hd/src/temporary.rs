//! Files and folders on their way to their name, and what becomes of them when a program ends early.
//!
//! They are hidden, lie beside the place that they are for, and are locked while a process is at work
//! on them. They are deleted when dropped, by [`remove_all`] where a signal ends the program, and
//! where nothing could be done any more, by the next one that makes the same in that folder. On other
//! machines the locks may not be seen, and another machine may be at work on something else there,
//! which is therefore given an hour.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::mem;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hd_weakness::{is_at, try_lock};
use tempfile::{Builder, NamedTempFile, TempDir};

/// What their names end with, behind a dot, a name and six characters of chance.
const ENDING: &str = ".hd-tmp";

/// The random part of a name and the dot before it.
const CHANCE: usize = 1 + 6;

/// What is on its way to another name is abandoned when nothing was written to it for so long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// How often a folder is deleted that is being filled.
const TRIES: usize = 1000;

/// Those of this process, and the folders and names for which it looked for those of dead ones.
static LIVE: Mutex<Live> = Mutex::new(Live {
    paths: BTreeSet::new(),
    swept: BTreeSet::new(),
});

struct Live {
    paths: BTreeSet<PathBuf>,
    swept: BTreeSet<(PathBuf, String)>,
}

/// A file that has no name of its own yet.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    file: NamedTempFile,
    _entry: Entry,
}

impl TemporaryFile {
    /// An empty file in `folder`, on its way to `name`, with the permissions that a plain new file has.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let (file, entry) = make(folder, name, |builder| {
            builder.permissions(fs::Permissions::from_mode(0o666));
            let file = builder.tempfile_in(folder)?;
            Ok((file.path().to_path_buf(), file.as_file().try_clone()?, file))
        })?;
        Ok(Self {
            file,
            _entry: entry,
        })
    }

    /// The file.
    pub(crate) fn as_file(&self) -> &File {
        self.file.as_file()
    }

    /// Its name for the time being.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives it its name, in the place of what has that now.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn persist(self, to: &Path) -> io::Result<()> {
        self.file.persist(to).map_err(|error| error.error)?;
        Ok(())
    }

    /// Gives it its name, if nothing has that.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn persist_noclobber(self, to: &Path) -> io::Result<()> {
        self.file
            .persist_noclobber(to)
            .map_err(|error| error.error)?;
        Ok(())
    }
}

/// A folder that is deleted with all that is in it.
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: TempDir,
    _lock: File,
    _entry: Entry,
}

impl TemporaryFolder {
    /// An empty folder in `folder`, for what `name` is to become.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let ((folder, lock), entry) = make(folder, name, |builder| {
            let made = builder.tempdir_in(folder)?;
            let lock = File::open(made.path())?;
            Ok((made.path().to_path_buf(), lock.try_clone()?, (made, lock)))
        })?;
        Ok(Self {
            folder,
            _lock: lock,
            _entry: entry,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Deletes those of this process. None can be made afterwards: it is the end of the program.
pub fn remove_all() {
    let live = live();
    for path in &live.paths {
        // There is nobody left to tell, and what stays is deleted by the next program.
        let _ = take_away(path);
    }
    mem::forget(live);
}

/// Makes something hidden in `folder` and locks it. `make` gives its path, a handle for the lock, and
/// the thing itself.
fn make<T>(
    folder: &Path,
    name: &str,
    make: impl Fn(&mut Builder<'_, '_>) -> io::Result<(PathBuf, File, T)>,
) -> io::Result<(T, Entry)> {
    let mut live = live();
    let prefix = format!(".{name}.");
    if live.swept.insert((folder.to_path_buf(), prefix.clone())) {
        sweep(folder, &prefix);
    }
    loop {
        let mut builder = Builder::new();
        // tempfile's own message would name the temporary file.
        let made = make(builder.prefix(&prefix).suffix(ENDING));
        let (path, handle, made) = made.map_err(|error| io::Error::from(error.kind()))?;
        // Another process may take it for abandoned before it is locked.
        if try_lock(&handle)? && is_at(&handle, &path) {
            live.paths.insert(path.clone());
            return Ok((made, Entry(path)));
        }
    }
}

/// Deletes what dead processes left in a folder. What cannot be deleted does no harm.
fn sweep(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if is_temporary(&name)
            && (name.starts_with(prefix) || is_abandoned(&entry.path()))
            && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _ = remove(&entry.path());
        }
    }
}

fn is_abandoned(path: &Path) -> bool {
    let written = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    let age = written.map(|written| SystemTime::now().duration_since(written));
    age.is_ok_and(|age| age.is_ok_and(|age| age > ABANDONED))
}

/// Whether a name is one that [`make`] gives.
fn is_temporary(name: &str) -> bool {
    let before = name
        .strip_suffix(ENDING)
        .and_then(|rest| rest.strip_prefix('.'));
    before
        .is_some_and(|rest| rest.len() > CHANCE && rest.bytes().rev().nth(CHANCE - 1) == Some(b'.'))
}

/// Deletes it under another name, since threads may still be filling a folder by the name that it had.
fn take_away(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let away = path.with_file_name(format!(".{name}"));
    fs::rename(path, &away)?;
    // What a thread was just then making by the old name still comes, a file a thread at most.
    let is_filled = |done: &io::Result<()>| {
        let error = done.as_ref().err().map(io::Error::kind);
        error == Some(io::ErrorKind::DirectoryNotEmpty)
    };
    let mut tries = (0..TRIES).map(|_| remove(&away));
    tries.find(|done| !is_filled(done)).unwrap_or(Ok(()))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path)?.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entry of one of them in the list, which goes with it.
#[derive(Debug)]
struct Entry(PathBuf);

impl Drop for Entry {
    fn drop(&mut self) {
        live().paths.remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn is_hidden_while_it_is_made_and_gone_when_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let file = TemporaryFile::new(folder.path(), "head.bin").unwrap();
        let made = TemporaryFolder::new(folder.path(), "photos").unwrap();
        let found = names(folder.path());
        assert!(
            found.len() == 2 && found.iter().all(|name| is_temporary(name)),
            "{found:?}"
        );
        drop((file, made));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_a_dead_process_left_is_deleted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let abandoned = ".head.bin.a1B2c3.hd-tmp";
        let foreign = [
            ".hd-tmp",
            ".abcdef.hd-tmp",
            "head.bin.a1B2c3.hd-tmp",
            ".x.a1B2c3.tmp",
        ];
        for name in foreign.iter().chain([&abandoned]) {
            fs::write(folder.path().join(name), "left").unwrap();
        }
        fs::create_dir_all(folder.path().join(".photos.a1B2c3.hd-tmp/images")).unwrap();
        // Another machine, whose locks are not seen, may be at work on what is new and on its way to another name.
        let elsewhere = folder.path().join(".graph.onnx.a1B2c3.hd-tmp");
        fs::write(elsewhere, "half").unwrap();
        let old = File::open(folder.path().join(".photos.a1B2c3.hd-tmp")).unwrap();
        old.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
        let busy = File::create(folder.path().join(".busy.a1B2c3.hd-tmp")).unwrap();
        busy.lock().unwrap();
        drop(TemporaryFile::new(folder.path(), "head.bin").unwrap());
        let mut found = names(folder.path());
        found.sort();
        let there = [".busy.a1B2c3.hd-tmp", ".graph.onnx.a1B2c3.hd-tmp"];
        let mut left = [&foreign[..], &there].concat();
        left.sort_unstable();
        assert_eq!(found, left);
    }

    #[test]
    fn a_folder_goes_while_threads_are_still_filling_it() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(".photos.a1B2c3.hd-tmp");
            fs::create_dir(&path).unwrap();
            let fill = |thread: usize| {
                let mut files = (0..).map(|file| path.join(format!("{thread}.{file}")));
                files.find(|file| fs::write(file, "pixels").is_err());
            };
            std::thread::scope(|scope| {
                (0..2).for_each(|thread| drop(scope.spawn(move || fill(thread))));
                while fs::read_dir(&path).unwrap().count() < 50 {}
                take_away(&path).unwrap();
            });
            assert!(names(folder.path()).is_empty());
        }
    }
}
