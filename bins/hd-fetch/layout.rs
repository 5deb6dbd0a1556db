//! Where in an unpacked archive the folders of labels are.

use std::fs;
use std::path::{Path, PathBuf};

use hd::dataset::split_named;
use hd::split::Split;
use hd::{Error, Result};

/// Where in an archive the folders of labels lie.
pub(crate) enum Layout<'a> {
    /// Wherever they are found.
    Any,
    /// These folders, each a label's. They may lie deeper, below folders that are of no interest.
    Folders(&'a [String]),
}

impl Layout<'_> {
    /// Where a file of the archive goes, if it is wanted.
    pub(crate) fn keep(&self, path: &Path) -> Option<PathBuf> {
        match self {
            Self::Any => Some(path.to_path_buf()),
            Self::Folders(folders) => folders
                .iter()
                .find_map(|label| below(path, Path::new(label))),
        }
    }

    /// The folder of labels in `folder`, which `archive` was unpacked into.
    ///
    /// # Errors
    /// None that looks like one, or several between which it cannot be chosen.
    pub(crate) fn root(&self, folder: &Path, archive: &Path) -> Result<PathBuf> {
        match self {
            Self::Any => label_root(folder, archive),
            Self::Folders(_) if is_label_root(folder) => Ok(folder.to_path_buf()),
            Self::Folders(folders) => Err(Error::Dataset {
                path: archive.to_path_buf(),
                reason: format!("it does not hold images in {}", folders.join(" and ")),
            }),
        }
    }
}

/// If `path` runs through `folder`, what remains of it from the last part of `folder` on.
fn below(path: &Path, folder: &Path) -> Option<PathBuf> {
    let label = folder.file_name()?;
    let inside = path
        .ancestors()
        .find(|ancestor| ancestor.ends_with(folder))?;
    Some(Path::new(label).join(path.strip_prefix(inside).ok()?))
}

/// The one folder in `root` whose subfolders hold files, or in which a division of the images lies.
fn label_root(root: &Path, archive: &Path) -> Result<PathBuf> {
    let wrong = |reason: String| Error::Dataset {
        path: archive.to_path_buf(),
        reason,
    };
    let mut level = vec![root.to_path_buf()];
    while !level.is_empty() {
        if let Some(whole) = level.iter().find(|folder| is_divided(folder)) {
            return Ok(whole.clone());
        }
        let candidates: Vec<&PathBuf> = level
            .iter()
            .filter(|folder| is_label_root(folder))
            .collect();
        match candidates.as_slice() {
            [] => level = level.iter().flat_map(|folder| subfolders(folder)).collect(),
            [one] => return Ok((*one).clone()),
            [one, another, ..] => {
                let name = |path: &Path| {
                    path.strip_prefix(root)
                        .unwrap_or(path)
                        .display()
                        .to_string()
                };
                let (one, another) = (name(one), name(another));
                return Err(wrong(format!(
                    "both {one} and {another} in it look like folders of labels"
                )));
            }
        }
    }
    Err(wrong(
        "it does not hold one folder of files per label".to_owned(),
    ))
}

/// Whether a folder holds the parts of a division: one for training and another, each with folders
/// that hold files at any depth.
fn is_divided(folder: &Path) -> bool {
    let parts = subfolders(folder);
    let has = |is_wanted: &dyn Fn(Split) -> bool| {
        let mut wanted = parts.iter().filter(|part| {
            let split = part.file_name().and_then(split_named);
            split.is_some_and(is_wanted)
        });
        wanted.any(|part| subfolders(part).iter().any(|label| holds_files(label)))
    };
    has(&|split| split == Split::Training) && has(&|split| split != Split::Training)
}

fn holds_files(folder: &Path) -> bool {
    hd::dataset::files(folder).any(|(_, found)| found.is_ok())
}

fn is_label_root(folder: &Path) -> bool {
    let holds_files = |folder: &PathBuf| {
        fs::read_dir(folder)
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.path().is_file()))
    };
    subfolders(folder)
        .iter()
        .filter(|folder| holds_files(folder))
        .count()
        >= 2
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let visible = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    let mut folders: Vec<PathBuf> = visible
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.retain(|path| !path.ends_with("__MACOSX"));
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that holds empty files.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    #[test]
    fn takes_a_catalogued_folder_from_wherever_it_lies() {
        let folder = Path::new("train/hot_dog");
        let taken = |path| below(Path::new(path), folder);
        assert_eq!(
            taken("repository-3535/train/hot_dog/a.jpg"),
            Some("hot_dog/a.jpg".into())
        );
        assert_eq!(
            taken("train/hot_dog/deep/a.jpg"),
            Some("hot_dog/deep/a.jpg".into())
        );
        assert_eq!(taken("repository-3535/test/hot_dog/a.jpg"), None);
        assert_eq!(taken("repository-3535/train/not_hot_dog/a.jpg"), None);
    }

    #[test]
    fn finds_the_folder_of_labels_below_wrapping_folders() {
        let root = folder(&[
            "flowers-1.0/LICENSE",
            "flowers-1.0/photos/rose/a.jpg",
            "flowers-1.0/photos/tulip/b.jpg",
        ]);
        let found = label_root(root.path(), Path::new("x.zip")).unwrap();
        assert_eq!(found, root.path().join("flowers-1.0/photos"));
    }

    #[test]
    fn names_two_folders_between_which_it_cannot_choose() {
        let root = folder(&["cats/a/1", "cats/b/1", "dogs/a/1", "dogs/b/1"]);
        let message = label_root(root.path(), Path::new("x.zip"))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("cats") && message.contains("dogs"),
            "{message}"
        );
    }

    #[test]
    fn a_division_stays_one() {
        for files in [
            &["train/a/1", "train/b/1", "valid/a/1", "valid/b/1", "README"][..],
            &["train/a/x/1", "train/b/x/1", "test/a/3", "test/b/3"],
            &["train/a/1", "train/b/1", "test/a/2"],
            &[
                "Training/a/1",
                "Training/b/1",
                "testing/a/x/y/2",
                "extra/notes/1",
            ],
        ] {
            let within: Vec<String> = files.iter().map(|file| format!("pets/{file}")).collect();
            let root = folder(&within.iter().map(String::as_str).collect::<Vec<_>>());
            let found = label_root(root.path(), Path::new("x.zip")).unwrap();
            assert_eq!(found, root.path().join("pets"), "{files:?}");
        }
    }

    #[test]
    fn an_archive_without_labels_is_an_error() {
        let root = folder(&["photos/a.jpg", "photos/b.jpg"]);
        assert!(label_root(root.path(), Path::new("x.zip")).is_err());
    }
}
