//! A data set: labelled image files, and the files that cannot be used.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::tars::Tars;
use crate::error::Error;
use crate::origin::Origin;
use crate::split::Split;
use crate::stamp::Stamp;

/// Labelled images, as found.
#[derive(Debug)]
pub struct Dataset {
    /// The folder or the list, as messages about all of them name it.
    pub name: PathBuf,
    /// The folder that the paths are relative to; empty for a list, whose paths are what they are.
    pub root: PathBuf,
    /// What the subfolders of that folder are, if they belong to the data set.
    pub subfolders: Option<&'static str>,
    /// The tars that images lie in.
    pub(super) tars: Tars,
    /// The paths of all tars relative to that folder, by their numbers; none where images are files.
    pub(super) tar_paths: Vec<PathBuf>,
    /// The labels, sorted; an entry's label is an index into them.
    pub labels: Vec<String>,
    /// The files, sorted by the bytes of their paths.
    pub entries: Vec<Entry>,
    /// Files that could not even be looked at, and folders that could not be entered.
    pub unreadable: Vec<Unreadable>,
    /// Where the images came from, if the folder says.
    pub origin: Option<Origin>,
    /// How many files and folders of which names were passed over, since they are no part of any data
    /// set. All doubles of files that a Mac writes are one name.
    pub passed_over: BTreeMap<String, usize>,
    /// How the images are divided already, in a sentence.
    pub division: Option<String>,
    /// Oddities that training would suffer from, in a sentence each.
    pub oddities: Vec<String>,
    /// Whether it is a part of a data set, which may be one file or none.
    pub is_part: bool,
}

/// A file in a label's folder, or in a tar.
#[derive(Debug)]
pub struct Entry {
    /// Its path relative to the data set's folder.
    pub path: PathBuf,
    /// The index of its label.
    pub label: u32,
    /// What tells that it, or its tar, is unchanged without reading it.
    pub stamp: Stamp,
    /// The split that its folder or its list gives it.
    pub split: Option<Split>,
}

/// A file that could not be looked at, or a folder that could not be entered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// Its path relative to the data set's folder.
    pub path: PathBuf,
    /// The index of the label that it stands under.
    pub label: u32,
    /// The split that its folder or its list gives it.
    pub split: Option<Split>,
    /// Why it is of no use.
    pub reason: String,
    /// Whether it may be an image all the same, which another time can be read.
    pub may_be_image: bool,
}

impl Dataset {
    /// A data set without an image.
    pub(super) fn empty(name: &Path, root: PathBuf) -> Self {
        Self {
            name: name.to_path_buf(),
            root,
            subfolders: None,
            tars: Tars::default(),
            tar_paths: Vec::new(),
            labels: Vec::new(),
            entries: Vec::new(),
            unreadable: Vec::new(),
            origin: None,
            passed_over: BTreeMap::new(),
            division: None,
            oddities: Vec::new(),
            is_part: false,
        }
    }

    /// The bytes of an image, whose path is relative to the data set's folder.
    ///
    /// # Errors
    /// The operating system's; something that cannot be an image.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.tars.read(&self.root.join(path))
    }

    /// Counts something that is no part of any data set.
    pub(super) fn pass_over(&mut self, name: &OsStr) {
        let name = match name.as_bytes() {
            [b'.', b'_', ..] => "._*".to_owned(),
            _ => name.to_string_lossy().into_owned(),
        };
        *self.passed_over.entry(name).or_default() += 1;
    }

    /// Sorts the files by the bytes of their paths.
    pub(super) fn sort(&mut self) {
        self.entries
            .sort_by(|a, b| bytes(&a.path).cmp(bytes(&b.path)));
        self.unreadable.sort();
    }
}

/// The error of a folder or list that cannot be used.
pub(super) fn wrong(root: &Path, reason: impl Into<String>) -> Error {
    Error::Dataset {
        path: root.to_path_buf(),
        reason: reason.into(),
    }
}

/// The bytes of a path, by which paths are sorted.
pub(crate) fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}
