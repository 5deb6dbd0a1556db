//! A walk through a folder of images.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::words;
use crate::origin;

/// Files and folders that systems and file managers leave in folders.
const DROPPINGS: [&str; 11] = [
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "Icon\r",
    "__MACOSX",
    "lost+found",
    "@eaDir",
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "System Volume Information",
];

/// How the names of images end, as far as it matters: by its content alone a file is known for one,
/// but a folder has none.
const ENDINGS: [&str; 19] = [
    "avif", "bmp", "gif", "heic", "heif", "ico", "jpe", "jpeg", "jpg", "pam", "pbm", "pgm", "png",
    "pnm", "ppm", "qoi", "tif", "tiff", "webp",
];

/// Why something in the place of an image is of no use.
#[derive(Debug)]
pub struct Trouble {
    /// In words.
    pub reason: String,
    /// Whether it may be an image all the same, which another time can be read.
    pub(super) may_pass: bool,
}

impl Trouble {
    /// Something that is no image at any time.
    fn lasting(reason: &str) -> Self {
        Self {
            reason: reason.to_owned(),
            may_pass: false,
        }
    }

    /// A folder in the place of an image.
    pub(super) fn is_a_folder() -> Self {
        Self::lasting("a folder, not an image")
    }

    /// A link to the images of another label.
    pub(super) fn is_elsewhere() -> Self {
        Self::lasting("a link to the images of another label, or of all")
    }

    /// The operating system's trouble.
    pub(super) fn of(error: &io::Error) -> Self {
        Self {
            reason: words(error),
            may_pass: true,
        }
    }

    /// walkdir's, without the path, which stands beside it already.
    fn of_walk(error: &walkdir::Error) -> Self {
        match (error.loop_ancestor(), error.io_error()) {
            (Some(_), _) => Self::lasting("a link that leads back to a folder above it"),
            (None, Some(error)) => Self::of(error),
            (None, None) => Self::lasting(&error.to_string()),
        }
    }
}

/// The files below `folder`, sorted by their names folder by folder, each with its metadata or the
/// reason why it is of no use. Files that are no part of any data set are passed over.
pub fn files(folder: &Path) -> impl Iterator<Item = (PathBuf, Result<Metadata, Trouble>)> + use<> {
    files_but(folder, |_| (), |_| false).map(|(path, found, _)| (path, found))
}

/// The same, each with whether it is a link. `passed_over` is told the name of each file and folder
/// that is no part of any data set, and folders behind links that `refuses` does not want are of no
/// use.
pub(super) fn files_but<F: FnMut(&OsStr), G: FnMut(&Path) -> bool>(
    folder: &Path,
    mut passed_over: F,
    mut refuses: G,
) -> impl Iterator<Item = (PathBuf, Result<Metadata, Trouble>, bool)> + use<F, G> {
    let root = folder.to_path_buf();
    let files = WalkDir::new(folder)
        .follow_links(true)
        .min_depth(1)
        .sort_by_file_name();
    let mut files = files.into_iter().filter_entry(move |found| {
        let is_ignored = is_ignored(found.file_name());
        if is_ignored {
            passed_over(found.file_name());
        }
        !is_ignored
    });
    std::iter::from_fn(move || {
        loop {
            let found = files.next()?;
            let path = match &found {
                Ok(found) => found.path(),
                Err(error) => error.path().unwrap_or(&root),
            };
            let path = path.to_path_buf();
            let is_link = found.as_ref().is_ok_and(walkdir::DirEntry::path_is_symlink);
            match found.and_then(|found| found.metadata()) {
                Ok(metadata) if metadata.is_dir() => {
                    let trouble = match is_named_like_an_image(&path) {
                        true => Trouble::is_a_folder(),
                        false if is_link && refuses(&path) => Trouble::is_elsewhere(),
                        false => continue,
                    };
                    files.skip_current_dir();
                    return Some((path, Err(trouble), is_link));
                }
                Ok(metadata) => return Some((path, Ok(metadata), is_link)),
                Err(error) => return Some((path, Err(Trouble::of_walk(&error)), is_link)),
            }
        }
    })
}

/// The names of what lies in a folder and is no part of any data set.
pub(super) fn ignored(folder: &Path) -> impl Iterator<Item = OsString> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    names.filter(|name| is_ignored(name))
}

/// The names of the folders in a folder, but for those that are no part of any data set, sorted.
pub(super) fn subfolders(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !is_ignored(&entry.file_name()) && entry.path().is_dir() {
            folders.push(entry.file_name());
        }
    }
    folders.sort();
    Ok(folders)
}

/// The names of the files that lie in a folder itself and are named like images, sorted.
pub(super) fn loose_images(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| {
        let name = entry.file_name();
        is_named_like_an_image(Path::new(&name)) && !is_ignored(&name) && entry.path().is_file()
    });
    let mut names: Vec<String> = files
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A file or folder that is no part of any data set: hidden, dropped by a file manager, or
/// hd-fetch's record of where the images came from.
pub(super) fn is_ignored(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
        || name == origin::FILE_NAME
        || DROPPINGS
            .iter()
            .any(|dropping| name.eq_ignore_ascii_case(dropping))
}

pub(super) fn is_named_like_an_image(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    ENDINGS.iter().any(|known| ending == *known)
}
