//! A folder of pictures: one subfolder per label, every file below it a picture of that label.
//!
//! A label is its subfolder's name with `_` and `-` shown as spaces. Links are followed. Hidden files and the
//! droppings of file managers are passed over in silence; everything else that is no picture is found out later,
//! by its content.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use walkdir::WalkDir;

use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::origin::Origin;

/// What file managers leave in folders.
const DROPPINGS: [&str; 5] = [
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "Icon\r",
    "__MACOSX",
];

/// A folder of labelled pictures, as found.
#[derive(Debug)]
pub struct Dataset {
    /// The folder.
    pub root: PathBuf,
    /// The labels, sorted; an entry's label is an index into them.
    pub labels: Vec<String>,
    /// The files, sorted by the bytes of their paths.
    pub entries: Vec<Entry>,
    /// What could not even be looked at: path relative to the folder, and why.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Where the pictures came from, if the folder says.
    pub origin: Option<Origin>,
}

/// A file in a label's folder.
#[derive(Debug)]
pub struct Entry {
    /// Its path relative to the data set's folder.
    pub path: PathBuf,
    /// The index of its label.
    pub label: u32,
    /// What tells that it is unchanged without reading it.
    pub stamp: Stamp,
}

/// A file's size and time of last modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds beyond them.
    pub nanoseconds: i64,
}

impl Stamp {
    /// The stamp of a file with this metadata.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        }
    }
}

impl Dataset {
    /// Lists the folder `root`.
    ///
    /// # Errors
    /// No such folder; no subfolder; two subfolders that give one label; subfolders with no file at all.
    pub fn scan(root: &Path) -> Result<Self> {
        let folders = label_folders(root)?;
        let labels = distinct_labels(root, &folders)?;
        let mut dataset = Self {
            root: root.to_path_buf(),
            labels: labels.keys().cloned().collect(),
            entries: Vec::new(),
            unreadable: Vec::new(),
            origin: Origin::beside(root)?,
        };
        for (label, folder) in (0..).zip(labels.values()) {
            dataset.walk(label, folder);
        }
        if dataset.entries.is_empty() && dataset.unreadable.is_empty() {
            return Err(wrong(
                root,
                "its subfolders hold no file: put the pictures into one subfolder per label",
            ));
        }
        dataset
            .entries
            .sort_by(|a, b| bytes(&a.path).cmp(bytes(&b.path)));
        dataset.unreadable.sort();
        Ok(dataset)
    }

    /// Keeps the files of one shard only. The labels stay, so that the shards of a data set agree on them.
    pub fn keep_shard(&mut self, shard: Shard) {
        self.entries.retain(|entry| shard.holds(&entry.path));
        self.unreadable.retain(|(path, _)| shard.holds(path));
    }

    fn walk(&mut self, label: u32, folder: &OsStr) {
        let files = WalkDir::new(self.root.join(folder))
            .follow_links(true)
            .min_depth(1);
        for found in files
            .into_iter()
            .filter_entry(|found| !is_ignored(found.file_name()))
        {
            match found.and_then(|found| Ok((found.metadata()?, found))) {
                Ok((metadata, _)) if metadata.is_dir() => {}
                Ok((metadata, found)) => {
                    let path = self.relative(found.path());
                    self.entries.push(Entry {
                        path,
                        label,
                        stamp: Stamp::of(&metadata),
                    });
                }
                Err(error) => {
                    let path = self.relative(error.path().unwrap_or(&self.root));
                    self.unreadable.push((path, reason(&error)));
                }
            }
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_path_buf()
    }
}

/// One of several parts of a data set: the files whose relative paths have this remainder by their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `count`.
    index: u64,
    count: u64,
}

impl Shard {
    fn holds(&self, path: &Path) -> bool {
        let digest = Digest::of(bytes(path));
        let first = digest.as_bytes().first_chunk().copied().unwrap_or_default();
        u64::from_le_bytes(first) % self.count == self.index - 1
    }
}

/// From `I/N`, with I from 1 to N.
impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text
            .split_once('/')
            .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("expected I/N with I from 1 to N, such as 1/4"),
        }
    }
}

/// The label of the folder `name`.
pub fn label_of(name: &OsStr) -> String {
    name.to_string_lossy().replace(['_', '-'], " ")
}

/// A file or folder that is no part of any data set.
fn is_ignored(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".") || DROPPINGS.iter().any(|dropping| name == *dropping)
}

/// The names of the subfolders of `root`.
fn label_folders(root: &Path) -> Result<Vec<std::ffi::OsString>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root).map_err(Error::io(root, "open the folder of pictures"))? {
        let entry = entry.map_err(Error::io(root, "list"))?;
        if !is_ignored(&entry.file_name()) && entry.path().is_dir() {
            folders.push(entry.file_name());
        }
    }
    if folders.is_empty() {
        return Err(wrong(
            root,
            "it has no subfolder: put the pictures into one subfolder per label",
        ));
    }
    Ok(folders)
}

/// The folders by their labels, in the labels' order.
fn distinct_labels<'a>(
    root: &Path,
    folders: &'a [std::ffi::OsString],
) -> Result<BTreeMap<String, &'a OsStr>> {
    let mut labels = BTreeMap::new();
    for folder in folders {
        let label = label_of(folder);
        if label.contains(char::is_control) {
            let reason =
                format!("the name of its subfolder {folder:?} has a control character in it");
            return Err(wrong(root, reason));
        }
        if let Some(other) = labels.insert(label.clone(), folder.as_os_str()) {
            let (a, b) = (other.to_string_lossy(), folder.to_string_lossy());
            let reason = format!("its subfolders '{a}' and '{b}' both give the label '{label}'");
            return Err(wrong(root, reason));
        }
    }
    Ok(labels)
}

fn wrong(root: &Path, reason: impl Into<String>) -> Error {
    Error::Dataset {
        path: root.to_path_buf(),
        reason: reason.into(),
    }
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

/// walkdir's reason without the path, which stands beside it already.
fn reason(error: &walkdir::Error) -> String {
    match (error.loop_ancestor(), error.io_error()) {
        (Some(_), _) => "a link that leads back to a folder above it".to_owned(),
        (None, Some(error)) => error.to_string(),
        (None, None) => error.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A folder that vanishes with the test, with these files, each of which holds its own name.
    pub(crate) fn folder(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        root
    }

    #[test]
    fn subfolders_are_labels_with_spaces() {
        let root = folder(&[
            "not-hot_dog/b.jpg",
            "hot_dog/z.jpg",
            "hot_dog/a/c.jpg",
            "README",
        ]);
        let dataset = Dataset::scan(root.path()).unwrap();
        assert_eq!(dataset.labels, ["hot dog", "not hot dog"]);
        let found: Vec<_> = dataset
            .entries
            .iter()
            .map(|e| (e.path.to_str().unwrap(), e.label))
            .collect();
        assert_eq!(
            found,
            [
                ("hot_dog/a/c.jpg", 0),
                ("hot_dog/z.jpg", 0),
                ("not-hot_dog/b.jpg", 1)
            ]
        );
    }

    #[test]
    fn hidden_files_and_droppings_are_not_mentioned() {
        let root = folder(&[
            "a/x.jpg",
            "a/.DS_Store",
            "a/Thumbs.db",
            ".git/config",
            "a/.cache/y.jpg",
        ]);
        let dataset = Dataset::scan(root.path()).unwrap();
        assert_eq!(dataset.entries.len(), 1);
        assert!(dataset.unreadable.is_empty());
        assert_eq!(dataset.labels, ["a"]);
    }

    #[test]
    fn a_dangling_link_is_listed_with_its_reason() {
        let root = folder(&["a/x.jpg"]);
        std::os::unix::fs::symlink("/nowhere/at/all", root.path().join("a/y.jpg")).unwrap();
        let dataset = Dataset::scan(root.path()).unwrap();
        assert_eq!(dataset.entries.len(), 1);
        let (path, reason) = &dataset.unreadable[0];
        assert_eq!(path, Path::new("a/y.jpg"));
        assert!(reason.contains("No such file"), "{reason}");
    }

    #[test]
    fn a_looping_link_is_listed_and_not_followed() {
        let root = folder(&["a/x.jpg"]);
        std::os::unix::fs::symlink(root.path().join("a"), root.path().join("a/again")).unwrap();
        let dataset = Dataset::scan(root.path()).unwrap();
        assert_eq!(dataset.entries.len(), 1);
        assert!(dataset.unreadable[0].1.contains("leads back"));
    }

    #[test]
    fn every_file_is_in_exactly_one_shard() {
        let names: Vec<String> = (0..50).map(|i| format!("a/{i}.jpg")).collect();
        let root = folder(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut found = Vec::new();
        for shard in ["1/3", "2/3", "3/3"] {
            let mut dataset = Dataset::scan(root.path()).unwrap();
            dataset.keep_shard(shard.parse().unwrap());
            assert!(
                (8..30).contains(&dataset.entries.len()),
                "{shard}: {}",
                dataset.entries.len()
            );
            found.extend(dataset.entries.into_iter().map(|entry| entry.path));
        }
        found.sort();
        let all = Dataset::scan(root.path())
            .unwrap()
            .entries
            .into_iter()
            .map(|entry| entry.path);
        assert!(found.into_iter().eq(all));
    }

    #[test]
    fn a_shard_that_cannot_be_is_refused() {
        for text in ["0/4", "5/4", "1/0", "1", "a/b", "-1/4", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_the_folder_that_is_not_there() {
        let message = Dataset::scan(Path::new("/no/such/folder"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "/no/such/folder: cannot open the folder of pictures"
        );
    }

    #[test]
    fn refuses_folders_without_labels_or_files() {
        let empty = folder(&[]);
        assert!(
            Dataset::scan(empty.path())
                .unwrap_err()
                .to_string()
                .contains("no subfolder")
        );
        fs::create_dir(empty.path().join("cats")).unwrap();
        assert!(
            Dataset::scan(empty.path())
                .unwrap_err()
                .to_string()
                .contains("no file")
        );
    }

    #[test]
    fn refuses_a_label_that_would_break_a_table() {
        let root = folder(&["new\nline/a.jpg", "b/b.jpg"]);
        let message = Dataset::scan(root.path()).unwrap_err().to_string();
        assert!(
            message.contains("\"new\\nline\" has a control character"),
            "{message}"
        );
    }

    #[test]
    fn refuses_two_folders_of_one_label() {
        let root = folder(&["hot_dog/a.jpg", "hot-dog/b.jpg"]);
        let message = Dataset::scan(root.path()).unwrap_err().to_string();
        assert!(
            message.contains("'hot dog'") && message.contains("hot-dog"),
            "{message}"
        );
    }
}
