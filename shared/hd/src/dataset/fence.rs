//! Links that lead to the images of another label.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::walk::is_ignored;

/// The folder of a label within the folder of all, from which links may lead anywhere but to the
/// other labels' images: these would be learned under two labels.
pub(super) struct Fence {
    /// The folder of images, as it really is.
    root: PathBuf,
    /// The label's, as it really is.
    own: PathBuf,
}

impl Fence {
    /// The fence of the label's folder `own`; none where it cannot be found.
    pub(super) fn of(root: &Path, own: &Path) -> Option<Self> {
        Some(Self {
            root: fs::canonicalize(root).ok()?,
            own: fs::canonicalize(own).ok()?,
        })
    }

    /// Why the label's folder itself is of no use, if it is a link to one beside it.
    pub(super) fn refuses_itself(&self, own: &Path) -> bool {
        own.is_symlink() && self.is_beyond(&self.own)
    }

    /// Whether the folder `link`, which is a link, is another label's or holds all of them.
    pub(super) fn refuses(&self, link: &Path) -> bool {
        fs::canonicalize(link)
            .is_ok_and(|target| !target.starts_with(&self.own) && self.is_beyond(&target))
    }

    /// Whether `target` is the folder of images, one above it, or one in it that may be a label's.
    fn is_beyond(&self, target: &Path) -> bool {
        if self.root.starts_with(target) {
            return true;
        }
        let within = target.strip_prefix(&self.root).ok();
        let first = within.and_then(|within| within.iter().next());
        first.is_some_and(|first| !is_ignored(first))
    }
}

/// The files that were found, by which a link is known to lead to one of another label's: to look where
/// each link leads would cost as much as the whole walk.
#[derive(Default)]
pub(super) struct Files {
    own: HashMap<Identity, u32>,
    links: Vec<(usize, Identity, u32)>,
}

/// The number of a file on its device.
type Identity = (u64, u64);

impl Files {
    /// Remembers a file of a label, or a link to one, by the number that it has among all.
    pub(super) fn note(&mut self, number: usize, metadata: &Metadata, label: u32, is_link: bool) {
        let identity = (metadata.dev(), metadata.ino());
        match is_link {
            true => self.links.push((number, identity, label)),
            false => drop(self.own.insert(identity, label)),
        }
    }

    /// The numbers of the links to files of another label.
    pub(super) fn astray(&self) -> HashSet<usize> {
        let is_astray = |(_, identity, label): &&(usize, Identity, u32)| {
            self.own.get(identity).is_some_and(|other| other != label)
        };
        let astray = self.links.iter().filter(is_astray);
        astray.map(|(number, ..)| *number).collect()
    }
}
