//! Links that lead to the images of another label.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::walk::is_ignored;

/// The folder of a label within the folder of all, from which links may lead anywhere but to the
/// other labels' images: these would be learned under two labels.
pub(super) struct Fence {
    /// The folder of images, as it really is.
    root: PathBuf,
    /// The label's, as it really is.
    own: PathBuf,
    /// Folders that links lead into, as they really are.
    folders: HashMap<PathBuf, Option<PathBuf>>,
}

impl Fence {
    /// The fence of the label's folder `own`; none where it cannot be found.
    pub(super) fn of(root: &Path, own: &Path) -> Option<Self> {
        Some(Self {
            root: fs::canonicalize(root).ok()?,
            own: fs::canonicalize(own).ok()?,
            folders: HashMap::new(),
        })
    }

    /// Why the label's folder itself is of no use, if it is a link to one beside it.
    pub(super) fn refuses_itself(&self, own: &Path) -> bool {
        own.is_symlink() && self.is_beyond(&self.own)
    }

    /// Whether this link leads to the images of another label, or to all.
    pub(super) fn refuses(&mut self, link: &Path) -> bool {
        let Ok(target) = fs::read_link(link) else {
            return false;
        };
        let target = link.parent().unwrap_or(Path::new("")).join(target);
        match self.real(&target) {
            Some(target) => !target.starts_with(&self.own) && self.is_beyond(&target),
            None => false,
        }
    }

    /// Where a link leads. Of a file it is looked up for the whole folder, since there may be many.
    fn real(&mut self, target: &Path) -> Option<PathBuf> {
        let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
            return fs::canonicalize(target).ok();
        };
        let known = self.folders.entry(folder.to_path_buf());
        let folder = known.or_insert_with(|| fs::canonicalize(folder).ok());
        let target = folder.as_ref()?.join(name);
        match target.is_dir() {
            true => fs::canonicalize(target).ok(),
            false => Some(target),
        }
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
