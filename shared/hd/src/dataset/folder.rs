//! A folder of images: one subfolder per label, every file below it an image of that label.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::images::{Dataset, Entry, Stamp, wrong};
use super::label::label_of;
use super::walk::{files, is_ignored};
use crate::error::{Error, Result};
use crate::origin::Origin;

impl Dataset {
    /// Lists the folder `root`.
    ///
    /// # Errors
    /// No such folder; no subfolder; two subfolders that give one label; subfolders with no file at
    /// all.
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

/// The names of the subfolders of `root`.
fn label_folders(root: &Path) -> Result<Vec<OsString>> {
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
    folders: &'a [OsString],
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

#[cfg(test)]
mod tests {
    use super::super::tests::folder;
    use super::super::walk::A_FOLDER;
    use super::*;

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
    fn a_folder_with_the_name_of_an_image_is_listed_and_not_entered() {
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
