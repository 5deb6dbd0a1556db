//! The bytes of images: of files, and of members of tars, whose names go on behind that of the tar as
//! if it were a folder.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::stem::stems;
use crate::photo;
use crate::stamp::Stamp;
use crate::tar::{self, Tar};

/// The tars that images were read from, each of which is gone through once.
///
/// The place of an image may be `photos/cat/1.jpg` as well as `photos/0.tar/cat/1.jpg`.
#[derive(Debug, Default)]
pub struct Tars(Mutex<HashMap<PathBuf, Option<Arc<Tar>>>>);

impl Tars {
    /// The bytes of the image at `path`.
    ///
    /// # Errors
    /// The operating system's; something that cannot be an image; a tar that was changed meanwhile.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let Some((tar, name)) = self.around(path)? else {
            return photo::read(path);
        };
        let member = tar.member(name).ok_or(io::ErrorKind::NotFound)?;
        tar.read(member, photo::MAX_BYTES)
    }

    /// The stamp of the tar that the image at `path` is in.
    ///
    /// # Errors
    /// The operating system's; no such tar, or nothing of that name in it.
    pub(super) fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        let found = self.around(path)?;
        let found = found.filter(|(tar, name)| tar.member(name).is_some());
        let (tar, _) = found.ok_or(io::ErrorKind::NotFound)?;
        Ok(tar.stamp())
    }

    /// The tar that `path` leads into, and the name behind it; none where it leads into none.
    fn around<'p>(&self, path: &'p Path) -> io::Result<Option<(Arc<Tar>, &'p Path)>> {
        for outer in above(path) {
            if let Some(tar) = self.open(outer)? {
                return Ok(Some((tar, path.strip_prefix(outer).unwrap_or(path))));
            }
        }
        Ok(None)
    }

    /// The places of the images in the tar at `path`, and what is wrong there if something is; none
    /// where there is no tar.
    ///
    /// # Errors
    /// The operating system's.
    pub fn images(&self, path: &Path) -> io::Result<Option<TarImages>> {
        let tar = match tar::is_named_like_a_tar(path) {
            true => self.open(path)?,
            false => None,
        };
        Ok(tar.map(|tar| TarImages {
            paths: stems(tar.members())
                .into_iter()
                .flat_map(|stem| stem.images)
                .map(|member| path.join(&member.name))
                .collect(),
            broken: tar.broken().map(str::to_owned),
        }))
    }

    /// The tar at `path`; none where that is a folder, or nothing.
    fn open(&self, path: &Path) -> io::Result<Option<Arc<Tar>>> {
        let mut tars = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tars.get(path) {
            return Ok(known.clone());
        }
        let tar = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Some(Arc::new(Tar::open(path)?)),
            _ => None,
        };
        tars.insert(path.to_path_buf(), tar.clone());
        Ok(tar)
    }

    /// Keeps a tar that was gone through already.
    pub(super) fn keep(&self, path: PathBuf, tar: Arc<Tar>) {
        let mut tars = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tars.insert(path, Some(tar));
    }
}

/// The images in a tar.
#[derive(Debug)]
pub struct TarImages {
    /// Their places, sorted.
    pub paths: Vec<PathBuf>,
    /// What is wrong with the tar behind the last of them.
    pub broken: Option<String>,
}

/// What stands above `path` and is called like a tar, the innermost first.
fn above(path: &Path) -> impl Iterator<Item = &Path> {
    let above = path.ancestors().skip(1);
    above.filter(|above| tar::is_named_like_a_tar(above))
}

/// Whether `path` leads into a tar.
pub fn is_in_tar(path: &Path) -> bool {
    above(path).any(is_tar)
}

/// Whether there is a tar at `path`, and no folder that is called like one.
pub fn is_tar(path: &Path) -> bool {
    tar::is_named_like_a_tar(path) && path.is_file()
}

/// What the paths of the images at `images` are relative to: a folder, what a tar lies in, or where a
/// list was read; none where there is nothing.
pub fn root_of(images: &Path) -> Option<PathBuf> {
    match (images.is_dir(), images.is_file()) {
        (true, _) => Some(images.to_path_buf()),
        (_, true) if tar::is_named_like_a_tar(images) => {
            Some(images.parent().unwrap_or(Path::new("")).to_path_buf())
        }
        (_, true) => Some(PathBuf::new()),
        _ => None,
    }
}
