//! A cache that the suite keeps below `target/`, so that no test reads or writes the user's own.
//!
//! It outlives the run, since what it holds took a download: ONNX Runtime and weights, and the
//! networks that ONNX Runtime has optimised. The folder `hd` of each test's own cache leads to
//! these three; what else a test keeps is gone with it. A test that is about the cache itself takes
//! another.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The home of what runs outside a test's folder.
pub(crate) fn home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
        for kept in KEPT {
            fs::create_dir_all(in_cache(&home).join(kept)).unwrap();
        }
        borrow(&in_cache(&home));
        home
    })
}

/// The folders that the tests share.
const KEPT: [&str; 3] = ["runtime", "weights", "optimised"];

fn in_cache(home: &Path) -> PathBuf {
    home.join(".cache/hd")
}

/// The file of this name in the suite's cache.
pub(crate) fn cached(name: &str) -> PathBuf {
    in_cache(home()).join(name)
}

/// Where the suite has ONNX Runtime.
pub(crate) fn runtime() -> PathBuf {
    let (cache, library) = of_the_user().unwrap();
    in_cache(home()).join(library.strip_prefix(cache).unwrap())
}

/// The user's cache, and where ONNX Runtime would be in it.
fn of_the_user() -> Option<(PathBuf, PathBuf)> {
    let library = hd::cache::RuntimeKind::Cpu.library().ok()?;
    Some((hd::cache::cache_folder().ok()?, library))
}

/// Takes what the user has brought already, so that it is not brought again: as links to the same
/// files, which nobody changes, or as copies. This is all that is done to the user's cache.
fn borrow(cache: &Path) {
    let Some((theirs, library)) = of_the_user() else {
        return;
    };
    let weights = fs::read_dir(theirs.join("weights")).into_iter().flatten();
    let weights = weights.map(|entry| entry.unwrap().path());
    let web = hd::cache::RuntimeKind::Web.library().ok();
    let web = web
        .iter()
        .flat_map(|library| hd::cache::WEB_FILES.map(|(name, _)| library.with_file_name(name)));
    for file in weights
        .chain([library])
        .chain(web)
        .filter(|path| path.is_file())
    {
        let ours = cache.join(file.strip_prefix(&theirs).unwrap());
        if !ours.exists() {
            fs::create_dir_all(ours.parent().unwrap()).unwrap();
            take(&file, &ours);
        }
    }
}

/// Links a file to `to`, or copies it where it lies on another file system or belongs to another
/// user.
pub(crate) fn take(file: &Path, to: &Path) {
    // What lies there may be the same file by another name, which a copy would empty.
    let _ = fs::remove_file(to);
    if fs::hard_link(file, to).is_err() {
        fs::copy(file, to).unwrap();
    }
}

/// Makes the folder of a test's home, with a cache that leads to the suite's.
pub(super) fn furnish(own: &Path) {
    fs::create_dir_all(in_cache(own)).unwrap();
    for kept in KEPT {
        symlink(cached(kept), in_cache(own).join(kept)).unwrap();
    }
}

/// Tells a command where its home and its cache are.
pub(crate) fn at_home<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join(".cache"))
}
