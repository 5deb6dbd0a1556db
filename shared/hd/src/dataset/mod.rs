//! A folder of images: one subfolder per label, every file below it an image of that label. Or a list of images.
//!
//! A label is its subfolder's name with `_` and `-` shown as spaces. Links are followed. Hidden files and the
//! droppings of file managers are passed over in silence; everything else that is no image is found out later,
//! by its content.

mod list;
mod shard;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{Error, Result};
use crate::origin::{self, Origin};

pub use list::without_end;
pub use shard::Shard;

/// What file managers leave in folders.
const DROPPINGS: [&str; 5] = [
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "Icon\r",
    "__MACOSX",
];

/// How the names of images end, as far as it matters: by its content alone a file is known for one, but a folder has
/// none.
const ENDINGS: [&str; 19] = [
    "avif", "bmp", "gif", "heic", "heif", "ico", "jpe", "jpeg", "jpg", "pam", "pbm", "pgm", "png",
    "pnm", "ppm", "qoi", "tif", "tiff", "webp",
];

/// Why a folder in the place of an image is of no use.
const A_FOLDER: &str = "a folder, not an image";

/// Labelled images, as found.
#[derive(Debug)]
pub struct Dataset {
    /// What messages about all of them name: the folder, or the list.
    pub name: PathBuf,
    /// The folder that the paths are relative to; empty for a list, whose paths are what they are.
    pub root: PathBuf,
    /// The labels, sorted; an entry's label is an index into them.
    pub labels: Vec<String>,
    /// The files, sorted by the bytes of their paths.
    pub entries: Vec<Entry>,
    /// What could not even be looked at: path relative to the folder, and why.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Where the images came from, if the folder says.
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
            name: root.to_path_buf(),
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
                "its subfolders hold no file: put the images into one subfolder per label",
            ));
        }
        dataset.sort();
        Ok(dataset)
    }

    fn sort(&mut self) {
        self.entries
            .sort_by(|a, b| bytes(&a.path).cmp(bytes(&b.path)));
        self.unreadable.sort();
    }

    fn walk(&mut self, label: u32, folder: &OsStr) {
        for (path, found) in files(&self.root.join(folder)) {
            let path = self.relative(&path);
            match found {
                Ok(metadata) => self.entries.push(Entry {
                    path,
                    label,
                    stamp: Stamp::of(&metadata),
                }),
                Err(reason) => self.unreadable.push((path, reason)),
            }
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_path_buf()
    }
}

/// The files below `folder`, sorted by their names folder by folder, or why something there is of no use. What is no part of
/// any data set is passed over.
pub fn files(folder: &Path) -> impl Iterator<Item = (PathBuf, Result<Metadata, String>)> + use<> {
    let root = folder.to_path_buf();
    let files = WalkDir::new(folder)
        .follow_links(true)
        .min_depth(1)
        .sort_by_file_name();
    let mut files = files
        .into_iter()
        .filter_entry(|found| !is_ignored(found.file_name()));
    std::iter::from_fn(move || {
        loop {
            let found = files.next()?;
            let path = match &found {
                Ok(found) => found.path(),
                Err(error) => error.path().unwrap_or(&root),
            };
            let path = path.to_path_buf();
            match found.and_then(|found| found.metadata()) {
                Ok(metadata) if metadata.is_dir() => {
                    if is_named_like_a_image(&path) {
                        files.skip_current_dir();
                        return Some((path, Err(A_FOLDER.to_owned())));
                    }
                }
                Ok(metadata) => return Some((path, Ok(metadata))),
                Err(error) => return Some((path, Err(reason(&error)))),
            }
        }
    })
}

/// The label of the folder `name`.
pub fn label_of(name: &OsStr) -> String {
    name.to_string_lossy().replace(['_', '-'], " ")
}

/// A file or folder that is no part of any data set: hidden, dropped by a file manager, or hd-fetch's own record.
fn is_ignored(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
        || name == origin::FILE_NAME
        || DROPPINGS.iter().any(|dropping| name == *dropping)
}

fn is_named_like_a_image(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    ENDINGS.iter().any(|known| ending == *known)
}

/// The names of the subfolders of `root`.
fn label_folders(root: &Path) -> Result<Vec<std::ffi::OsString>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root).map_err(Error::io(root, "open the folder of images"))? {
        let entry = entry.map_err(Error::io(root, "list"))?;
        if !is_ignored(&entry.file_name()) && entry.path().is_dir() {
            folders.push(entry.file_name());
        }
    }
    if folders.is_empty() {
        return Err(wrong(
            root,
            "it has no subfolder: put the images into one subfolder per label",
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
            "a/source.json",
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
    fn a_folder_with_the_name_of_a_image_is_listed_and_not_entered() {
        let root = folder(&["a/x.jpg", "a/y.JPG/z.jpg", "a/2019/z.jpg"]);
        let dataset = Dataset::scan(root.path()).unwrap();
        let found: Vec<_> = dataset
            .entries
            .iter()
            .map(|entry| entry.path.as_path())
            .collect();
        assert_eq!(found, [Path::new("a/2019/z.jpg"), Path::new("a/x.jpg")]);
        assert_eq!(
            dataset.unreadable,
            [("a/y.JPG".into(), A_FOLDER.to_owned())]
        );
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
    fn names_the_folder_that_is_not_there() {
        let message = Dataset::scan(Path::new("/no/such/folder"))
            .unwrap_err()
            .to_string();
        assert_eq!(message, "/no/such/folder: cannot open the folder of images");
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
