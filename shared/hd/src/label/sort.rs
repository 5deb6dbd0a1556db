//! Images sorted into a folder a label, as links or copies. Nothing is moved, and nothing is
//! overwritten.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file;

/// A folder that images are sorted into.
#[derive(Debug)]
pub struct Sorter {
    root: PathBuf,
    copy: bool,
    shelves: HashMap<PathBuf, Shelf>,
}

impl Sorter {
    /// Sorts into the folder `root`: links, or copies where `copy` says so.
    pub fn new(root: PathBuf, copy: bool) -> Self {
        Self {
            root,
            copy,
            shelves: HashMap::new(),
        }
    }

    /// Puts `image` into the folder of `label`. If another file has its name there, it gets a
    /// number; if it is there already, nothing is done.
    ///
    /// # Errors
    /// The operating system's.
    pub fn put(&mut self, image: &Path, label: &str) -> Result<PathBuf> {
        let folder = self.root.join(folder_name(label));
        let source = fs::canonicalize(image).map_err(Error::io(image, "find"))?;
        let copy = self.copy;
        let shelf = match self.shelves.entry(folder) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) => {
                let shelf = Shelf::open(place.key())?;
                place.insert(shelf)
            }
        };
        shelf.put(image, &source, copy)
    }
}

/// A label's folder, and what is known to lie in it.
#[derive(Debug)]
struct Shelf {
    folder: PathBuf,
    /// The places that links to a file have.
    links: HashMap<PathBuf, Vec<PathBuf>>,
    /// The files of each length.
    files: HashMap<u64, Vec<PathBuf>>,
    /// The number from which on a name may be free.
    numbers: HashMap<OsString, u32>,
}

impl Shelf {
    /// The folder, made if it is not there.
    fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "create the folder"))?;
        let mut shelf = Self {
            folder: folder.to_path_buf(),
            links: HashMap::new(),
            files: HashMap::new(),
            numbers: HashMap::new(),
        };
        let entries = fs::read_dir(folder).map_err(Error::io(folder, "read"))?;
        for entry in entries.flatten() {
            shelf.note(&entry.path());
        }
        Ok(shelf)
    }

    /// Remembers what lies at `place`.
    fn note(&mut self, place: &Path) {
        if let Ok(source) = fs::read_link(place) {
            self.links
                .entry(source)
                .or_default()
                .push(place.to_path_buf());
        } else if let Ok(metadata) = place.metadata() {
            let of_length = self.files.entry(metadata.len()).or_default();
            of_length.push(place.to_path_buf());
        }
    }

    fn put(&mut self, image: &Path, source: &Path, copy: bool) -> Result<PathBuf> {
        if let Some(place) = self.place_of(image, source, copy) {
            return Ok(place);
        }
        let name = image.file_name().unwrap_or_default().to_os_string();
        let mut number = self.numbers.get(&name).copied().unwrap_or(1);
        loop {
            let place = self.folder.join(file_name(image, number));
            number += 1;
            let put = match copy {
                true => !place.is_symlink() && file::copy_if_absent(source, &place)?,
                false => link(source, &place).map_err(Error::io(&place, "create"))?,
            };
            if put {
                self.numbers.insert(name, number);
                self.note(&place);
                return Ok(place);
            }
        }
    }

    /// Where the image lies already, under its own name or with a number.
    fn place_of(&self, image: &Path, source: &Path, copy: bool) -> Option<PathBuf> {
        let is_named = |place: &&PathBuf| is_numbered(image, place);
        let found = match copy {
            false => self.links.get(source)?.iter().find(is_named),
            true => {
                let length = fs::metadata(source).ok()?.len();
                let same = |place: &&PathBuf| has_same_content(source, place);
                self.files.get(&length)?.iter().filter(is_named).find(same)
            }
        };
        found.cloned()
    }
}

/// Makes a link at `place`: false if something is there.
fn link(source: &Path, place: &Path) -> io::Result<bool> {
    match symlink(source, place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        result => result.map(|()| true),
    }
}

fn has_same_content(a: &Path, b: &Path) -> bool {
    let same = || Ok::<_, io::Error>(fs::read(a)? == fs::read(b)?);
    same().unwrap_or(false)
}

/// Whether `place` has the name of the image, or that with a number.
fn is_numbered(image: &Path, place: &Path) -> bool {
    if place.extension() != image.extension() {
        return false;
    }
    let stem = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .as_encoded_bytes()
            .to_vec()
    };
    let (place, image) = (stem(place), stem(image));
    match place.strip_prefix(image.as_slice()) {
        Some([]) => true,
        Some([b'-', digits @ ..]) => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
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
        Sorter::new(root.join("sorted"), copy)
    }

    #[test]
    fn images_of_one_name_stand_side_by_side_and_twice_is_once() {
        for copy in [false, true] {
            let dir = folder(&["a/x.jpg", "b/x.jpg"]);
            for _ in 0..2 {
                let mut sorter = sorter(dir.path(), copy);
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
    fn a_name_that_many_have_is_not_tried_from_the_beginning_each_time() {
        for copy in [false, true] {
            let files: Vec<String> = (0..300).map(|at| format!("{at}/x.jpg")).collect();
            let dir = folder(&files.iter().map(String::as_str).collect::<Vec<_>>());
            let mut sorter = sorter(dir.path(), copy);
            for file in &files {
                sorter.put(&dir.path().join(file), "a").unwrap();
            }
            let shelf = sorter.shelves.values().next().unwrap();
            assert_eq!(shelf.numbers.get(&OsString::from("x.jpg")), Some(&301));
            // In another order, and in another run, each is found where it lies.
            let mut sorter = super::tests::sorter(dir.path(), copy);
            for file in files.iter().rev() {
                let place = sorter.put(&dir.path().join(file), "a").unwrap();
                assert_eq!(fs::read_to_string(place).unwrap(), *file);
            }
            let sorted = fs::read_dir(dir.path().join("sorted/a")).unwrap();
            assert_eq!(sorted.count(), 300);
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
