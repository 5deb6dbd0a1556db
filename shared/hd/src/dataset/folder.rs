//! A folder of images: one subfolder per label, every file below it an image of that label.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::division::{has_images_directly, parts, sentence};
use super::fence::{Fence, Files};
use super::images::{Dataset, Entry, Unreadable, wrong};
use super::label::{label_of, normal};
use super::oddities::above_with_siblings;
use super::shard::Shard;
use super::tarred::tars_at;
use super::walk::{Trouble, files_but, ignored, subfolders};
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::split::Split;
use crate::stamp::Stamp;

impl Dataset {
    /// Lists the images at `root`: in its subfolders, or in a tar or a folder of tars.
    ///
    /// # Errors
    /// No such folder; no subfolder; two subfolders that give one label; subfolders that look like a
    /// division of the images in part; subfolders with no file at all; a tar that cannot be read.
    pub fn scan(root: &Path) -> Result<Self> {
        Self::scan_shard(root, None)
    }

    /// The same, of one shard only. The labels of folders stay, so that the shards of a data set agree on
    /// them; of tars, no more than those of the shard are opened.
    ///
    /// # Errors
    /// Those of [`Self::scan`].
    pub fn scan_shard(root: &Path, shard: Option<Shard>) -> Result<Self> {
        let tars = tars_at(root)?;
        if !tars.is_empty() {
            return Self::of_tars(root, &tars, shard);
        }
        let mut dataset = Self::of_folders(root)?;
        if let Some(shard) = shard {
            dataset.keep_shard(shard);
        }
        Ok(dataset)
    }

    fn of_folders(root: &Path) -> Result<Self> {
        let subfolders = label_folders(root)?;
        let parts = parts(root, &subfolders)?;
        let mut dataset = Self::empty(root, root.to_path_buf());
        dataset.subfolders = Some("labels");
        dataset.origin = Origin::beside(root)?;
        let mut folders = Vec::new();
        for (split, part) in &parts {
            // Without a slash at its end where there is no part.
            let within: PathBuf = root.join(part).components().collect();
            ignored(&within).for_each(|name| dataset.pass_over(&name));
            dataset.note_loose_images(&within);
            dataset.note_loose_tars(&within);
            for (label, folder) in distinct_labels(&within, &label_folders(&within)?)? {
                folders.push((label, *split, Path::new(part).join(folder)));
            }
        }
        let labels: BTreeSet<&String> = folders.iter().map(|(label, ..)| label).collect();
        dataset.labels = labels.into_iter().cloned().collect();
        let mut files = Files::default();
        for (label, split, folder) in &folders {
            let label = dataset.labels.binary_search(label).unwrap_or_default();
            dataset.walk(label as u32, *split, folder, &mut files);
        }
        dataset.leave_out_links(&files.astray());
        if dataset.entries.is_empty() && dataset.unreadable.is_empty() {
            return Err(wrong(
                root,
                "its subfolders hold no file: put the images into one subfolder per label",
            ));
        }
        dataset.leave_out_empty_labels();
        dataset.sort();
        let is_divided = parts.iter().any(|(split, _)| split.is_some());
        if is_divided {
            let splits = dataset.entries.iter().filter_map(|entry| entry.split);
            dataset.division = Some(sentence(splits));
            let is_empty = |name: &&OsString| parts.iter().all(|(_, part)| part != *name);
            let empty = subfolders.iter().filter(is_empty).map(|name| {
                format!(
                    "the folder '{}' holds no image, and is left out",
                    name.display()
                )
            });
            dataset.oddities.extend(empty);
        }
        dataset.note_oddities(if is_divided { 2 } else { 1 });
        Ok(dataset)
    }

    fn walk(&mut self, label: u32, split: Option<Split>, folder: &Path, known: &mut Files) {
        let mut passed_over = Vec::new();
        let whole = self.root.join(folder);
        let fence = Fence::of(&self.root, &whole);
        if fence
            .as_ref()
            .is_some_and(|fence| fence.refuses_itself(&whole))
        {
            let path = folder.to_path_buf();
            return self.add(path, label, split, Err(Trouble::is_elsewhere()));
        }
        let pass_over = |name: &OsStr| passed_over.push(name.to_owned());
        let refuses = |link: &Path| fence.as_ref().is_some_and(|fence| fence.refuses(link));
        for (path, found, is_link) in files_but(&whole, pass_over, refuses) {
            let path = self.relative(&path);
            if let Ok(metadata) = &found {
                known.note(self.entries.len(), metadata, label, is_link);
            }
            self.add(
                path,
                label,
                split,
                found.map(|metadata| Stamp::of(&metadata)),
            );
        }
        passed_over.iter().for_each(|name| self.pass_over(name));
    }

    /// Moves the entries of these numbers to what is of no use: links to files of another label.
    fn leave_out_links(&mut self, astray: &HashSet<usize>) {
        if astray.is_empty() {
            return;
        }
        for (number, entry) in std::mem::take(&mut self.entries).into_iter().enumerate() {
            match astray.contains(&number) {
                true => self.add(
                    entry.path,
                    entry.label,
                    entry.split,
                    Err(Trouble::is_elsewhere()),
                ),
                false => self.entries.push(entry),
            }
        }
    }

    /// Adds a file, or what stands in the place of one.
    pub(super) fn add(
        &mut self,
        path: PathBuf,
        label: u32,
        split: Option<Split>,
        found: Result<Stamp, Trouble>,
    ) {
        match found {
            Ok(stamp) => self.entries.push(Entry {
                path,
                label,
                stamp,
                split,
            }),
            Err(trouble) => self.unreadable.push(Unreadable {
                path,
                label,
                split,
                reason: trouble.reason,
                may_be_image: trouble.may_pass,
            }),
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_path_buf()
    }

    /// Leaves labels out whose folders hold nothing.
    fn leave_out_empty_labels(&mut self) {
        let unreadable: BTreeSet<u32> = self.unreadable.iter().map(|one| one.label).collect();
        let counts = (0..).zip(self.counts());
        let kept: Vec<bool> = counts
            .map(|(label, count)| count > 0 || unreadable.contains(&label))
            .collect();
        let mut next = 0;
        let numbers: Vec<u32> = kept
            .iter()
            .map(|kept| {
                let number = next;
                next += u32::from(*kept);
                number
            })
            .collect();
        let entries = self.entries.iter_mut().map(|entry| &mut entry.label);
        let unreadable = self.unreadable.iter_mut().map(|one| &mut one.label);
        for label in entries.chain(unreadable) {
            *label = numbers.get(*label as usize).copied().unwrap_or_default();
        }
        let labels = std::mem::take(&mut self.labels);
        for (label, kept) in labels.into_iter().zip(kept) {
            match kept {
                true => self.labels.push(label),
                false => self.oddities.push(format!(
                    "the folder of '{label}' holds no file, and is left out"
                )),
            }
        }
    }
}

/// The names of the subfolders of `root`.
fn label_folders(root: &Path) -> Result<Vec<OsString>> {
    let folders = subfolders(root).map_err(Error::io(root, "open the folder of images"))?;
    if !folders.is_empty() {
        return Ok(folders);
    }
    let reason = match above_with_siblings(root).filter(|_| has_images_directly(root)) {
        Some(above) => {
            format!("it looks like the folder of one label: give the one above it, {above}")
        }
        None => "it has no subfolder: put the images into one subfolder per label".to_owned(),
    };
    Err(wrong(root, reason))
}

/// The folders with their labels, or all that is wrong with them. Two folders whose names look the same, and are spelled with other
/// characters, give one label.
fn distinct_labels(root: &Path, folders: &[OsString]) -> Result<Vec<(String, OsString)>> {
    let mut seen: BTreeMap<String, &OsString> = BTreeMap::new();
    let (mut labels, mut wrongs) = (Vec::new(), Vec::new());
    for folder in folders {
        let label = label_of(folder);
        if label.contains(char::is_control) {
            wrongs.push(format!(
                "the name of its subfolder {folder:?} has a control character in it"
            ));
            continue;
        }
        let same = |other: &OsString| {
            normal(&other.to_string_lossy()) == normal(&folder.to_string_lossy())
        };
        if let Some(other) = seen
            .insert(label.to_lowercase(), folder)
            .filter(|other| !same(other))
        {
            let (a, b) = (other.to_string_lossy(), folder.to_string_lossy());
            let told = match label_of(other) == label {
                true => format!("both give the label '{label}'"),
                false => "give labels that differ in capitals only".to_owned(),
            };
            wrongs.push(format!(
                "its subfolders '{a}' and '{b}' {told}: rename one, or move the images of '{b}' into '{a}'"
            ));
            continue;
        }
        labels.push((label, folder.clone()));
    }
    match wrongs.is_empty() {
        true => Ok(labels),
        false => Err(wrong(root, wrongs.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::folder;
    use std::fs;

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
        let Unreadable {
            path,
            reason,
            may_be_image,
            ..
        } = &dataset.unreadable[0];
        assert_eq!(path, Path::new("a/y.jpg"));
        assert!(*may_be_image && reason.contains("no such file"), "{reason}");
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
        let [one] = dataset.unreadable.as_slice() else {
            panic!("{:?}", dataset.unreadable);
        };
        assert_eq!(one.path, Path::new("a/y.JPG"));
        assert!(one.reason == "a folder, not an image" && !one.may_be_image);
    }

    #[test]
    fn links_to_the_images_of_other_labels_are_listed_and_not_followed() {
        use std::os::unix::fs::symlink;
        let root = folder(&["cat/x.jpg", "dog/y.jpg", "dog/more/z.jpg", ".kept/k.jpg"]);
        let elsewhere = folder(&["e.jpg"]);
        let at = |path: &str| root.path().join(path);
        symlink("..", at("cat/up")).unwrap();
        symlink("../dog/more", at("cat/more")).unwrap();
        symlink("../dog/y.jpg", at("cat/y.jpg")).unwrap();
        symlink(at("dog"), at("wolf")).unwrap();
        // These are nobody else's.
        symlink("../.kept/k.jpg", at("cat/k.jpg")).unwrap();
        symlink("x.jpg", at("cat/again.jpg")).unwrap();
        symlink(elsewhere.path(), at("cat/elsewhere")).unwrap();
        symlink(elsewhere.path(), at("bird")).unwrap();
        let dataset = Dataset::scan(root.path()).unwrap();
        let found: Vec<_> = dataset
            .entries
            .iter()
            .map(|entry| entry.path.to_str().unwrap())
            .collect();
        assert_eq!(
            found,
            [
                "bird/e.jpg",
                "cat/again.jpg",
                "cat/elsewhere/e.jpg",
                "cat/k.jpg",
                "cat/x.jpg",
                "dog/more/z.jpg",
                "dog/y.jpg"
            ]
        );
        let refused: Vec<_> = dataset
            .unreadable
            .iter()
            .map(|one| one.path.to_str().unwrap())
            .collect();
        assert_eq!(refused, ["cat/more", "cat/up", "cat/y.jpg", "wolf"]);
        assert!(
            dataset
                .unreadable
                .iter()
                .all(|one| one.reason.contains("images of another label"))
        );
    }

    #[test]
    fn a_looping_link_is_listed_and_not_followed() {
        let root = folder(&["a/x.jpg"]);
        std::os::unix::fs::symlink(root.path().join("a"), root.path().join("a/again")).unwrap();
        let dataset = Dataset::scan(root.path()).unwrap();
        assert_eq!(dataset.entries.len(), 1);
        assert!(dataset.unreadable[0].reason.contains("leads back"));
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

    #[test]
    fn names_all_bad_labels_at_once() {
        let root = folder(&[
            "hot_dog/a.jpg",
            "hot-dog/b.jpg",
            "Cat/c.jpg",
            "cat/d.jpg",
            "new\nline/e.jpg",
        ]);
        let message = Dataset::scan(root.path()).unwrap_err().to_string();
        for part in ["'hot-dog' and 'hot_dog'", "'Cat' and 'cat'", "new\\nline"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
