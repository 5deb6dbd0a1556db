//! A member of a tar.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// A file in a tar, or what stands in the place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Without a slash or `./` at its beginning.
    pub(crate) name: PathBuf,
    /// Where its content lies, or why that is of no use.
    pub(super) content: Result<Place, String>,
}

/// Where content lies in a tar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Member {
    #[cfg(test)]
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            content: Err("only a name".to_owned()),
        }
    }

    /// Why it is of no use, if it is not.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.content.as_ref().err().map(String::as_str)
    }
}

/// A name as a walk through the unpacked folder would spell it: without a slash or `./` at its
/// beginning.
pub(super) fn spelled(name: &[u8]) -> PathBuf {
    let components = Path::new(OsStr::from_bytes(name)).components();
    let is_kept = |part: &Component| matches!(part, Component::Normal(_) | Component::ParentDir);
    components.filter(is_kept).collect()
}

/// Whether a name stays within the folder that it would be unpacked into.
pub(super) fn is_within(name: &Path) -> bool {
    !name.components().any(|part| part == Component::ParentDir)
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

/// The members by their names, and the names that two or more of them had: the last one counts.
pub(super) fn sorted(mut members: Vec<Member>) -> (Vec<Member>, Vec<PathBuf>) {
    members.sort_by(|a, b| bytes(&a.name).cmp(bytes(&b.name)));
    let mut replaced = Vec::new();
    members.dedup_by(|later, earlier| {
        let is_same = later.name == earlier.name;
        if is_same {
            std::mem::swap(later, earlier);
            replaced.push(later.name.clone());
        }
        is_same
    });
    (members, replaced)
}

/// The member of this name among those that are sorted.
pub(super) fn find<'a>(members: &'a [Member], name: &Path) -> Option<&'a Member> {
    let place = members.binary_search_by(|member| bytes(&member.name).cmp(bytes(name)));
    members.get(place.ok()?)
}
