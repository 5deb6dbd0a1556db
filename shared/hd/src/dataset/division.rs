//! A division into training, validation and testing that images come with: folders called `train`,
//! `val` and `test`, each with a subfolder per label, as ImageFolder, Keras and Ultralytics have it.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use super::images::wrong;
use super::label::label_of;
use super::walk::{files, is_named_like_an_image, subfolders};
use crate::error::Result;
use crate::split::Split;

/// The split that a folder of this name stands for, if it stands for one.
pub fn split_named(name: &OsStr) -> Option<Split> {
    match name.to_str()?.to_ascii_lowercase().as_str() {
        "train" | "training" => Some(Split::Training),
        "val" | "valid" | "validation" => Some(Split::Validation),
        "test" | "testing" => Some(Split::Testing),
        _ => None,
    }
}

/// The folders below `root`, whose subfolders are `folders`, that the labels' folders lie in, each
/// with the split that it stands for: one of no name where there is no such division.
///
/// # Errors
/// Folders of which some look like such a division and some like labels.
pub(super) fn parts(root: &Path, folders: &[OsString]) -> Result<Vec<(Option<Split>, OsString)>> {
    let undivided = || Ok(vec![(None, OsString::new())]);
    // One that is empty is as good as none.
    let holds_any = |name: &OsStr| files(&root.join(name)).next().is_some();
    let named: Vec<(Split, &OsString)> = folders
        .iter()
        .filter_map(|name| Some((split_named(name)?, name)))
        .filter(|(_, name)| holds_any(name))
        .collect();
    let splits: BTreeSet<Split> = named.iter().map(|(split, _)| *split).collect();
    let inner = |name: &OsStr| subfolders(&root.join(name)).unwrap_or_default();
    let with_labels = named.iter().filter(|(_, name)| !inner(name).is_empty());
    let others: Vec<&OsString> = folders
        .iter()
        .filter(|name| split_named(name).is_none() && holds_images(&root.join(name)))
        .collect();
    // A label may be called so too.
    if with_labels.clone().count() == 0 || splits.len() < 2 && others.is_empty() {
        return undivided();
    }
    let said = |names: &[&OsString]| {
        let names = names.iter().map(|name| format!("'{}'", name.display()));
        names.collect::<Vec<_>>().join(", ")
    };
    let all: Vec<&OsString> = named.iter().map(|(_, name)| *name).collect();
    let refuse = |seen: String| {
        let training = named.iter().find(|(split, _)| *split == Split::Training);
        let first = training.map(|(_, name)| *name).or(all.first().copied());
        let first = root.join(first.map_or("".as_ref(), |name| name.as_os_str()));
        Err(wrong(
            root,
            format!(
                "{seen}; give one folder that has the labels' folders in it, such as {}, or leave only folders \
                 called train, val and test, with the same labels in each",
                first.display()
            ),
        ))
    };
    if let Some(other) = others.first() {
        return refuse(format!(
            "its subfolders {} look like a division of the images, and '{}' beside them like a label",
            said(&all),
            other.display()
        ));
    }
    if splits.len() < named.len() {
        return refuse(format!(
            "of its subfolders {} two stand for one split",
            said(&all)
        ));
    }
    for (_, name) in &named {
        if inner(name).is_empty() || has_images_directly(&root.join(name)) {
            return refuse(format!(
                "its subfolders {} look like a division of the images, and '{}' has images beside or without \
                 labels' folders",
                said(&all),
                name.display()
            ));
        }
    }
    let labels = |name: &OsStr| {
        inner(name)
            .iter()
            .map(|n| label_of(n))
            .collect::<BTreeSet<_>>()
    };
    let Some((_, training)) = named.iter().find(|(split, _)| *split == Split::Training) else {
        return refuse(format!(
            "its subfolders are {}, and none is called train",
            said(&all)
        ));
    };
    let known = labels(training);
    for (_, name) in &named {
        if let Some(label) = labels(name).difference(&known).next() {
            return refuse(format!(
                "'{}' has the label '{label}', which '{}' has not",
                name.display(),
                training.display()
            ));
        }
    }
    let parts = named
        .into_iter()
        .map(|(split, name)| (Some(split), name.clone()));
    Ok(parts.collect())
}

/// The splits of the paths of a list, by the folders that the labels' folders lie in; none where
/// not all of them say one, or all the same.
pub(super) fn of_paths<'a>(paths: impl Iterator<Item = &'a Path> + Clone) -> Option<Vec<Split>> {
    let split = |path: &Path| split_named(path.parent()?.parent()?.file_name()?);
    let splits: Vec<Split> = paths.map(split).collect::<Option<_>>()?;
    let distinct: BTreeSet<Split> = splits.iter().copied().collect();
    (distinct.len() > 1 && distinct.contains(&Split::Training)).then_some(splits)
}

/// What is said of a division with images in these splits.
pub(super) fn sentence(splits: impl Iterator<Item = Split>) -> String {
    let counts = splits.fold([0usize; 3], |mut counts, split| {
        if let Some(count) = counts.get_mut(split as usize) {
            *count += 1;
        }
        counts
    });
    let [training, validation, testing] = counts;
    format!(
        "the images come divided: {training} for training, {validation} for validation, {testing} for testing"
    )
}

/// Whether a folder holds a file that is named like an image, at any depth.
pub(super) fn holds_images(folder: &Path) -> bool {
    files(folder).any(|(path, found)| found.is_ok() && is_named_like_an_image(&path))
}

/// Whether a folder itself holds a file that is named like an image.
pub(super) fn has_images_directly(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.any(|path| is_named_like_an_image(&path) && !path.is_dir())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::tests::folder;
    use super::*;

    /// The parts of a folder with these files, or why there are none.
    fn parts_of(files: &[&str]) -> Result<Vec<(Option<Split>, OsString)>, String> {
        let root = folder(files);
        let parts = parts(root.path(), &subfolders(root.path()).unwrap());
        parts.map_err(|error| error.to_string())
    }

    fn part(split: Split, name: &str) -> (Option<Split>, OsString) {
        (Some(split), name.into())
    }

    #[test]
    fn folders_that_are_called_like_splits_and_hold_the_same_labels_are_a_division() {
        let found = parts_of(&[
            "train/a/1.jpg",
            "train/b/2.jpg",
            "Valid/b/3.jpg",
            "test/a/4.jpg",
        ]);
        let expected = [
            part(Split::Validation, "Valid"),
            part(Split::Testing, "test"),
            part(Split::Training, "train"),
        ];
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn labels_are_no_division_whatever_they_are_called() {
        for files in [
            &["train/1.jpg", "test/2.jpg"][..],
            &["train/a/1.jpg", "train/b/2.jpg"],
            &["cat/1.jpg", "dog/2.jpg"],
        ] {
            assert_eq!(
                parts_of(files).unwrap(),
                [(None, OsString::new())],
                "{files:?}"
            );
        }
    }

    #[test]
    fn what_is_half_a_division_is_refused() {
        for (files, reason) in [
            (
                &["train/a/1.jpg", "test/a/2.jpg", "cat/3.jpg"][..],
                "'cat' beside them like a label",
            ),
            (&["val/a/1.jpg", "test/a/2.jpg"], "none is called train"),
            (
                &["train/a/1.jpg", "val/b/2.jpg"],
                "'val' has the label 'b', which 'train' has not",
            ),
            (
                &["train/a/1.jpg", "test/2.jpg"],
                "'test' has images beside or without",
            ),
            (
                &["train/a/1.jpg", "val/a/2.jpg", "valid/a/3.jpg"],
                "two stand for one split",
            ),
        ] {
            let message = parts_of(files).unwrap_err();
            assert!(message.contains(reason), "{files:?}: {message}");
            assert!(message.contains("give one folder that has the labels' folders in it"));
        }
    }

    #[test]
    fn what_is_no_image_is_no_label_beside_a_division() {
        let found = parts_of(&["train/a/1.jpg", "test/a/2.jpg", "notes/readme.txt"]);
        assert_eq!(found.unwrap().len(), 2);
    }

    #[test]
    fn paths_are_divided_where_all_of_them_say_how() {
        let splits = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            of_paths(paths.iter().map(PathBuf::as_path))
        };
        let expected = Some(vec![Split::Training, Split::Testing]);
        assert_eq!(splits(&["x/train/a/1.jpg", "x/test/a/2.jpg"]), expected);
        assert_eq!(splits(&["x/train/a/1.jpg", "x/train/b/2.jpg"]), None);
        assert_eq!(splits(&["x/train/a/1.jpg", "x/a/2.jpg"]), None);
        assert_eq!(splits(&["1.jpg"]), None);
    }
}
