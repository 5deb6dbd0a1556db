//! Tars of images in the place of a folder: one tar, or those at any depth in a folder.
//!
//! The path of an image is that of its tar with its name in the tar behind it. Beside folders of
//! labels, tars are left out: they may well be what the folders were unpacked from.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::division::sentence;
use super::images::{Dataset, Entry, Unreadable, bytes, wrong};
use super::label::{label_of, looks};
use super::label_list::read_labels;
use super::shard::Shard;
use super::stem::is_litter;
use super::tar_contents::{Contents, contents, labels_of};
use super::tar_division;
use super::tar_label::NAMES;
use super::walk::{is_ignored, is_named_like_an_image};
use crate::counted;
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::split::Split;
use crate::tar::{self, Tar};

impl Dataset {
    /// The images in `tars`, which are relative to the folder of `root`: of all of them, or of those that
    /// belong to one shard.
    pub(super) fn of_tars(root: &Path, tars: &[PathBuf], shard: Option<Shard>) -> Result<Self> {
        let folder = match root.is_dir() {
            true => Some(root),
            false => root.parent(),
        };
        let mut dataset = Self::empty(root, folder.map(Path::to_path_buf).unwrap_or_default());
        if root.is_dir() {
            dataset.subfolders = Some("looked through for tars");
            dataset.origin = Origin::beside(root)?;
        }
        dataset.tar_paths = tars.to_vec();
        dataset.is_part = shard.is_some();
        check_unpacked(&dataset.root, tars)?;
        let names = names_beside(&dataset.root)?;
        let splits = tar_division::splits(tars).map_err(|reason| wrong(root, reason))?;
        let numbered = tars.iter().zip(splits).zip(0..);
        let own =
            numbered.filter(|(_, number)| shard.is_none_or(|shard| shard.holds_number(*number)));
        let own: Vec<(&PathBuf, Option<Split>)> = own.map(|(tar, _)| tar).collect();
        let found = own
            .par_iter()
            .map(|(path, _)| contents(&dataset.root, path, &names));
        let found: Vec<Contents> = found.collect::<Result<_>>()?;
        dataset.take(&own, found)?;
        match shard {
            Some(shard) => dataset.note_idle(tars.len(), shard),
            None => {
                dataset.check_labelled()?;
                dataset.note_oddities(usize::MAX);
            }
        }
        Ok(dataset)
    }

    /// Takes in what was found in the tars, each of which is for a split or not.
    fn take(&mut self, tars: &[(&PathBuf, Option<Split>)], found: Vec<Contents>) -> Result<()> {
        self.labels = labels_of(&found);
        check_alike(&self.labels).map_err(|reason| wrong(&self.name, reason))?;
        self.note_bare_numbers(&found);
        for ((path, split), contents) in tars.iter().zip(found) {
            self.note_trouble(path, &contents.tar);
            self.add_images(path, *split, contents);
        }
        let splits: Vec<Split> = (self.entries.iter())
            .filter_map(|entry| entry.split)
            .collect();
        if !splits.is_empty() {
            self.division = Some(sentence(splits.into_iter()));
        }
        self.sort();
        self.note_inner_folders();
        Ok(())
    }

    /// Notes a folder that gives a label and lies within the folder of another one, which would be the
    /// label if these were no tars.
    fn note_inner_folders(&mut self) {
        let mut last = None;
        let folders = self.entries.iter().filter_map(|entry| entry.path.parent());
        let mut folders = folders.filter(|folder| last.replace(*folder) != Some(*folder));
        let is_label = |name: &OsStr| self.labels.binary_search(&label_of(name)).is_ok();
        let inner = folders.find(|folder| {
            let mut names = folder.iter().rev();
            names.next().is_some_and(is_label) && names.any(is_label)
        });
        let told = inner.map(|inner| {
            format!(
                "{} is taken for the folder of a label, and lies within that of another: in a tar the folder right \
                 above an image counts",
                inner.display()
            )
        });
        self.oddities.extend(told);
    }

    fn add_images(&mut self, path: &Path, split: Option<Split>, contents: Contents) {
        let stamp = contents.tar.stamp();
        self.tars.keep(self.root.join(path), contents.tar);
        let within = contents.splits.into_iter().flatten().map(Some);
        let splits = within.chain(std::iter::repeat(split));
        for ((path, label), split) in contents.images.into_iter().zip(splits) {
            let number = label.map(|label| self.labels.binary_search(&label).unwrap_or_default());
            match number {
                Ok(number) => self.entries.push(Entry {
                    path,
                    label: number as u32,
                    stamp,
                    split,
                }),
                Err(reason) => self.refuse(path, reason),
            }
        }
    }

    /// Errors where no image has a label, with one that has none.
    fn check_labelled(&self) -> Result<()> {
        if !self.entries.is_empty() {
            return Ok(());
        }
        let first = self.unreadable.first();
        let first = first.map(|one| format!("; {}: {}", one.path.display(), one.reason));
        let first = first.unwrap_or_default();
        Err(wrong(
            &self.name,
            format!("no image with a label is in its tars{first}"),
        ))
    }

    fn note_bare_numbers(&mut self, found: &[Contents]) {
        let bare = found
            .iter()
            .find_map(|contents| contents.bare_number.as_ref());
        if let Some(label) = bare {
            self.oddities.push(format!(
                "labels are numbers there, such as '{label}': put their names, a line each, into {NAMES} beside the tars"
            ));
        }
    }

    /// Says what is wrong with a tar itself, and what was passed over in it.
    fn note_trouble(&mut self, path: &Path, tar: &Tar) {
        let members = tar.members().iter();
        for litter in members.filter(|member| is_litter(&member.name)) {
            self.pass_over(litter.name.file_name().unwrap_or_default());
        }
        if let Some(reason) = tar.broken() {
            self.refuse(path.to_path_buf(), reason.to_owned());
        } else if tar.lacks_end() {
            let path = path.display();
            self.oddities
                .push(format!("{path} has no end, and may be cut short"));
        }
        if let Some(first) = tar.replaced().first() {
            self.oddities.push(format!(
                "in {}, {} replaced by a later one of the same name, as unpacking would do: {}",
                path.display(),
                match tar.replaced().len() {
                    1 => "a member is".to_owned(),
                    count => format!("{count} members are"),
                },
                first.display()
            ));
        }
    }

    /// Lists something that is of no use at any time.
    fn refuse(&mut self, path: PathBuf, reason: String) {
        self.unreadable.push(Unreadable {
            path,
            label: 0,
            split: None,
            reason,
            may_be_image: false,
        });
    }

    /// Notes where there are fewer tars than shards.
    fn note_idle(&mut self, tars: usize, shard: Shard) {
        if (tars as u64) < shard.count() {
            self.oddities.push(format!(
                "{} for {} shards: a shard is a set of tars, so that some have nothing to do",
                counted(tars, "tar"),
                shard.count()
            ));
        }
    }
}

/// Refuses a tar that is compressed, since nothing in it lies where it could be read.
fn check_unpacked(folder: &Path, tars: &[PathBuf]) -> Result<()> {
    let compressed = tars
        .iter()
        .find_map(|path| Some((path, tar::unpacking(path)?)));
    let Some((path, command)) = compressed else {
        return Ok(());
    };
    let path = folder.join(path);
    let reason = format!(
        "it is compressed: unpack it with `{command} {}`",
        path.display()
    );
    Err(wrong(&path, reason))
}

/// The labels that numbers in the tars of a folder stand for, if that is written down.
fn names_beside(folder: &Path) -> Result<Vec<String>> {
    let names = folder.join(NAMES);
    match names.exists() {
        true => read_labels(&names),
        false => Ok(Vec::new()),
    }
}

/// Refuses two labels that look alike and are not the same.
fn check_alike(labels: &[String]) -> Result<(), String> {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for label in labels {
        if let Some(other) = seen.insert(looks(label), label) {
            return Err(format!(
                "the labels '{other}' and '{label}' in its tars differ in capitals, `_`, `-` and spaces only: write them \
                 alike"
            ));
        }
    }
    Ok(())
}

/// The tars of the data set at `root`, relative to its folder, sorted; none where there are folders of
/// labels, or no tar.
///
/// # Errors
/// Tars, and beside them a folder that cannot be looked into.
pub(super) fn tars_at(root: &Path) -> Result<Vec<PathBuf>> {
    if root.is_file() && is_called_tar(root) {
        return Ok(root.file_name().map(PathBuf::from).into_iter().collect());
    }
    let (mut tars, mut trouble) = (Vec::new(), None);
    let walk = WalkDir::new(root)
        .follow_links(true)
        .min_depth(1)
        .into_iter();
    for found in walk.filter_entry(|found| !is_ignored(found.file_name())) {
        let file = match found {
            Ok(file) if file.file_type().is_file() => file,
            Ok(_) => continue,
            Err(error) => {
                trouble = trouble.or(Some(error));
                continue;
            }
        };
        // In a folder of labels this is one of the first files, and nobody wants to see all of them.
        if file.depth() > 1 && is_named_like_an_image(file.path()) {
            return Ok(Vec::new());
        }
        if is_called_tar(file.path()) {
            tars.extend(file.path().strip_prefix(root).map(Path::to_path_buf));
        }
    }
    if let Some(error) = trouble.filter(|_| !tars.is_empty()) {
        let path = error.path().unwrap_or(root).to_path_buf();
        return Err(Error::io(&path, "read")(error.into()));
    }
    tars.sort_by(|a, b| bytes(a).cmp(bytes(b)));
    Ok(tars)
}

fn is_called_tar(path: &Path) -> bool {
    tar::is_named_like_a_tar(path) || tar::unpacking(path).is_some()
}
