//! What is odd about a folder of images, and would cost a training: said before any work.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::division::{holds_images, split_named};
use super::images::Dataset;
use super::tars::is_tar;
use super::walk::{loose_images, subfolders};
use crate::split::Split;

/// Fewer images of a label than this cannot be in every split.
const FEW: usize = 3;

/// Folders that are named in a sentence.
const SHOWN: usize = 3;

impl Dataset {
    /// Notes what is odd, where `depth` folders stand above the images of a label that lies in one
    /// folder.
    pub(super) fn note_oddities(&mut self, depth: usize) {
        let mut found = Vec::new();
        self.note_nesting(depth, &mut found);
        for (label, count) in self.labels.iter().zip(self.counts()) {
            match count {
                0 => {}
                count if count < FEW => found.push(format!(
                    "the label '{label}' has {count} image{}, which is too few to learn from and to test on",
                    if count == 1 { "" } else { "s" }
                )),
                _ => {}
            }
            if split_named(label.as_ref()).is_some() {
                found.push(format!(
                    "'{label}' is taken for a label, though it is called like a part of a division"
                ));
            }
        }
        self.note_bare_splits(&mut found);
        if let [label] = self.labels.as_slice() {
            let mut one = format!("there is one label only, '{label}', and training needs two");
            one.push_str(&self.better_folder().unwrap_or_default());
            found.push(one);
        }
        self.oddities.extend(found);
    }

    /// Images beside the folders of labels, which have no label.
    pub(super) fn note_loose_images(&mut self, folder: &Path) {
        let loose = loose_images(folder);
        if let Some(first) = loose.first() {
            let (count, first) = (loose.len(), folder.join(first));
            let first = first.display();
            self.oddities.push(match count {
                1 => format!(
                    "one image lies beside the folders of labels and is left out: {first}"
                ),
                _ => format!(
                    "{count} images lie beside the folders of labels and are left out, the first of them {first}"
                ),
            });
        }
    }

    /// Tars beside the folders of labels, which may be what these were unpacked from.
    pub(super) fn note_loose_tars(&mut self, folder: &Path) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        if let Some(first) = entries
            .map(|entry| entry.path())
            .filter(|path| is_tar(path))
            .min()
        {
            self.oddities.push(format!(
                "tars beside the folders of labels are left out, such as {}: give a folder that has only tars in it",
                first.display()
            ));
        }
    }

    /// Folders within the folder of a label.
    fn note_nesting(&self, depth: usize, found: &mut Vec<String>) {
        let mut folders: BTreeMap<u32, BTreeSet<&Path>> = BTreeMap::new();
        for entry in &self.entries {
            let folder = entry.path.parent();
            if let Some(folder) = folder.filter(|folder| folder.iter().count() > depth) {
                folders.entry(entry.label).or_default().insert(folder);
            }
        }
        for (number, folders) in folders {
            let label = self.labels.get(number as usize).map_or("", String::as_str);
            found.push(format!(
                "the images of {} folder{} within that of '{label}' are all taken for '{label}'",
                folders.len(),
                if folders.len() == 1 { "" } else { "s" }
            ));
        }
    }

    /// Labels without an image in a split that others have images in.
    fn note_bare_splits(&self, found: &mut Vec<String>) {
        let given: BTreeSet<(Split, u32)> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.split?, entry.label)))
            .collect();
        let splits: BTreeSet<Split> = given.iter().map(|(split, _)| *split).collect();
        for split in splits {
            for (number, label) in (0..).zip(&self.labels) {
                if !given.contains(&(split, number)) {
                    found.push(format!(
                        "no image of the label '{label}' is for {}",
                        split.name()
                    ));
                }
            }
        }
    }

    /// How many images each label has.
    pub(super) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        for entry in &self.entries {
            if let Some(count) = counts.get_mut(entry.label as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// Where the labels' folders seem to be instead, where there is one label.
    fn better_folder(&self) -> Option<String> {
        let only = subfolders(&self.root).ok()?.into_iter().next()?;
        let only = self.root.join(only);
        let inner: Vec<_> = subfolders(&only)
            .ok()?
            .into_iter()
            .filter(|name| holds_images(&only.join(name)))
            .collect();
        let (splits, labels): (Vec<_>, Vec<_>) = inner
            .into_iter()
            .partition(|name| split_named(name).is_some());
        let (look, names) = match splits.len() > 1 {
            true => ("a division of the images", splits),
            false => ("labels", labels),
        };
        if names.len() > 1 {
            let names = names.iter().take(SHOWN);
            let names = names.map(|name| name.display().to_string());
            return Some(format!(
                "; its subfolders look like {look} ({}): give {}",
                names.collect::<Vec<_>>().join(", "),
                only.display()
            ));
        }
        let above = above_with_siblings(&self.root)?;
        Some(format!(
            "; the folders beside {} look like labels: give {above}",
            self.root.display()
        ))
    }
}

/// The folder above, if it has other folders with images in them.
pub(super) fn above_with_siblings(root: &Path) -> Option<String> {
    let whole = root.canonicalize().ok()?;
    let above = whole.parent()?;
    let beside = subfolders(above)
        .ok()?
        .into_iter()
        .filter(|name| above.join(name) != whole);
    // A home or a disk has many folders, of which some hold images.
    let beside: Vec<_> = beside.take(100).collect();
    let with_images = beside
        .iter()
        .filter(|name| super::division::has_images_directly(&above.join(name)));
    (with_images.count() > 0).then(|| above.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::folder;
    use super::*;

    fn oddities(files: &[&str]) -> Vec<String> {
        let root = folder(files);
        Dataset::scan(root.path()).unwrap().oddities
    }

    #[test]
    fn a_usual_folder_has_none() {
        let files = [
            "a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg",
        ];
        assert!(oddities(&files).is_empty());
    }

    #[test]
    fn each_is_told_once_with_its_label() {
        let found = oddities(&[
            "a/1.jpg",
            "a/2.jpg",
            "a/x/3.jpg",
            "a/y/4.jpg",
            "test/1.jpg",
            "test/2.jpg",
            "test/3.jpg",
            "rare/1.jpg",
        ]);
        let expected = [
            "the images of 2 folders within that of 'a' are all taken for 'a'",
            "the label 'rare' has 1 image, which is too few to learn from and to test on",
            "'test' is taken for a label, though it is called like a part of a division",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn images_beside_the_folders_of_labels_are_told() {
        let files = [
            "a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg", "b/2.jpg", "b/3.jpg",
        ];
        let found = oddities(&[&files[..], &["z.JPG", "y.png", "notes.txt"]].concat());
        let [one] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert!(
            one.starts_with("2 images lie beside the folders of labels"),
            "{one}"
        );
        assert!(one.ends_with("/y.png"), "{one}");
    }

    #[test]
    fn labels_that_a_part_of_a_division_lacks_are_told() {
        let found = oddities(&[
            "train/a/1.jpg",
            "train/a/2.jpg",
            "train/a/3.jpg",
            "train/b/1.jpg",
            "train/b/2.jpg",
            "train/b/3.jpg",
            "test/a/4.jpg",
        ]);
        assert_eq!(found, ["no image of the label 'b' is for testing"]);
    }
}
