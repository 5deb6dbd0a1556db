//! Images sorted into a folder a label, as links or copies. Nothing is moved, and nothing is
//! overwritten.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file;

/// A folder that images are sorted into.
#[derive(Clone, Debug)]
pub struct Sorter {
    /// The folder.
    pub root: PathBuf,
    /// Whether there are to be copies and not links.
    pub copy: bool,
}

impl Sorter {
    /// Puts `image` into the folder of `label`. If another file has its name there, it gets a
    /// number; if it is there already, nothing is done.
    ///
    /// # Errors
    /// The operating system's.
    pub fn put(&self, image: &Path, label: &str) -> Result<PathBuf> {
        let folder = self.root.join(folder_name(label));
        fs::create_dir_all(&folder).map_err(Error::io(&folder, "create the folder"))?;
        let source = fs::canonicalize(image).map_err(Error::io(image, "find"))?;
        let mut number = 1;
        loop {
            let place = folder.join(file_name(image, number));
            let put = match self.copy {
                true => copy(&source, &place),
                false => link(&source, &place).map_err(Error::io(&place, "create")),
            };
            match put? {
                true => return Ok(place),
                false => number += 1,
            }
        }
    }
}

/// Whether `place` now leads to `source`: false if something else is there.
fn link(source: &Path, place: &Path) -> io::Result<bool> {
    match symlink(source, place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok(fs::read_link(place).is_ok_and(|there| there == source))
        }
        result => result.map(|()| true),
    }
}

/// Whether `place` is now a copy of `source`: false if something else is there.
fn copy(source: &Path, place: &Path) -> Result<bool> {
    if fs::symlink_metadata(place).is_err() && file::copy_if_absent(source, place)? {
        return Ok(true);
    }
    Ok(is_copy(source, place))
}

fn is_copy(source: &Path, place: &Path) -> bool {
    let length = |path: &Path| Ok::<_, io::Error>(fs::metadata(path)?.len());
    let same = || {
        let same_length = length(source)? == length(place)?;
        Ok::<_, io::Error>(same_length && fs::read(source)? == fs::read(place)?)
    };
    place.is_file() && same().unwrap_or(false)
}

/// The name of a label's folder: the label, unless that would lead elsewhere or be hidden.
fn folder_name(label: &str) -> String {
    let name = label.replace('/', "_");
    match name.starts_with('.') || name.is_empty() {
        true => format!("_{name}"),
        false => name,
    }
}

/// `lunch.jpg`, `lunch-2.jpg`, ...
fn file_name(image: &Path, number: u32) -> PathBuf {
    let name = image.file_name().unwrap_or_default();
    if number == 1 {
        return name.into();
    }
    let mut numbered = image.file_stem().unwrap_or_default().to_os_string();
    numbered.push(format!("-{number}"));
    if let Some(ending) = image.extension() {
        numbered.push(".");
        numbered.push(ending);
    }
    numbered.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::tests::folder;

    fn sorter(root: &Path, copy: bool) -> Sorter {
        Sorter {
            root: root.join("sorted"),
            copy,
        }
    }

    #[test]
    fn images_of_one_name_stand_side_by_side_and_twice_is_once() {
        for copy in [false, true] {
            let dir = folder(&["a/x.jpg", "b/x.jpg"]);
            let sorter = sorter(dir.path(), copy);
            for _ in 0..2 {
                for (name, sorted) in [("a/x.jpg", "x.jpg"), ("b/x.jpg", "x-2.jpg")] {
                    let place = sorter.put(&dir.path().join(name), "hot dog").unwrap();
                    assert_eq!(place, dir.path().join("sorted/hot dog").join(sorted));
                    assert_eq!(fs::read_to_string(&place).unwrap(), name);
                    assert_eq!(place.is_symlink(), !copy);
                }
            }
            let sorted = fs::read_dir(dir.path().join("sorted/hot dog")).unwrap();
            assert_eq!(sorted.count(), 2);
        }
    }

    #[test]
    fn what_is_there_stays() {
        for copy in [false, true] {
            let dir = folder(&["a/x.jpg", "sorted/b/x.jpg"]);
            let place = sorter(dir.path(), copy)
                .put(&dir.path().join("a/x.jpg"), "b")
                .unwrap();
            assert_eq!(place.file_name().unwrap(), "x-2.jpg");
            let there = fs::read_to_string(dir.path().join("sorted/b/x.jpg")).unwrap();
            assert_eq!(there, "sorted/b/x.jpg");
        }
    }

    #[test]
    fn no_label_leads_out_of_the_folder() {
        assert_eq!(folder_name("../../etc"), "_.._.._etc");
        assert_eq!(folder_name(".."), "_..");
        assert_eq!(folder_name(""), "_");
        assert_eq!(folder_name("can't tell"), "can't tell");
    }
}
