//! A list of images in the place of a folder.
//!
//! A record an image, `path` or `label<TAB>path`, each ended by a line feed or, since names may
//! hold those, by a NUL. Without a label the name of the folder that the image lies in gives it. Or
//! a table with a header; see [`super::table`]. A path that is not absolute is relative to the
//! current folder or, where nothing is there, to the list.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::division::{of_paths, sentence};
use super::images::{Dataset, wrong};
use super::label::looks;
use super::mark::without_mark;
use super::record::{Record, labelled};
use super::table;
use super::tars::{Tars, is_in_tar};
use super::walk::Trouble;
use crate::error::Result;
use crate::split::Split;
use crate::stamp::Stamp;

impl Dataset {
    /// The images of a list, whose records `end` ends; `name` is what messages call it.
    ///
    /// An image that is listed twice counts once. What cannot be looked at is among the unreadable
    /// ones.
    ///
    /// # Errors
    /// No image; a record without a label or folder; an image under two labels or in two splits; a
    /// list in UTF-16.
    pub fn of_list(name: &Path, list: &[u8], end: u8) -> Result<Self> {
        let list = without_mark(list).map_err(|reason| wrong(name, reason))?;
        let beside = name.parent().unwrap_or(Path::new(""));
        let mut images: BTreeMap<PathBuf, Record> = BTreeMap::new();
        for record in records(list, end, beside).map_err(|reason| wrong(name, reason))? {
            let path = placed(name, &record.path);
            let number = record.number;
            let (label, split) = (record.label.clone(), record.split);
            if let Some(other) = images.insert(path.clone(), record) {
                let path = path.display();
                let told = match other {
                    other if other.label != label => format!("'{}' and '{label}'", other.label),
                    other if other.split != split => "in two splits".to_owned(),
                    _ => continue,
                };
                let reason = format!("record {number}: {path} is listed as {told}");
                return Err(wrong(name, reason));
            }
        }
        if images.is_empty() {
            return Err(wrong(name, "it lists no image"));
        }
        check_alike(images.values()).map_err(|reason| wrong(name, reason))?;
        Ok(Self::of_records(name, images))
    }

    fn of_records(name: &Path, images: BTreeMap<PathBuf, Record>) -> Self {
        let mut labels: Vec<String> = images.values().map(|record| record.label.clone()).collect();
        labels.sort();
        labels.dedup();
        let named: Vec<Option<Split>> = images.values().map(|record| record.split).collect();
        let splits = match named.iter().all(Option::is_none) {
            // The folders may say what the list does not.
            true => of_paths(images.keys().map(PathBuf::as_path))
                .map_or(named, |splits| splits.into_iter().map(Some).collect()),
            false => named,
        };
        let mut dataset = Self::empty(name, PathBuf::new());
        dataset.labels = labels;
        if splits.iter().any(Option::is_some) {
            let rest = splits.iter().map(|split| split.unwrap_or(Split::Training));
            dataset.division = Some(sentence(rest));
        }
        for ((path, record), split) in images.into_iter().zip(splits) {
            let label = dataset.labels.binary_search(&record.label);
            let label = label.unwrap_or_default() as u32;
            let found = looked_at(&dataset.tars, &path);
            dataset.add(path, label, split, found);
        }
        dataset.sort();
        dataset.note_oddities(usize::MAX);
        dataset
    }
}

/// The stamp of the file at `path`, or of the tar that it is in.
fn looked_at(tars: &Tars, path: &Path) -> Result<Stamp, Trouble> {
    if is_in_tar(path) {
        return tars.stamp(path).map_err(|error| Trouble::of(&error));
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Trouble::is_a_folder()),
        found => found
            .map(|found| Stamp::of(&found))
            .map_err(|error| Trouble::of(&error)),
    }
}

/// Refuses two labels that look alike and are not the same.
fn check_alike<'a>(records: impl Iterator<Item = &'a Record>) -> Result<(), String> {
    let mut seen: BTreeMap<String, &Record> = BTreeMap::new();
    for record in records {
        let looks = looks(&record.label);
        let other = seen.entry(looks).or_insert(record);
        if other.label != record.label {
            return Err(format!(
                "the labels '{}' (record {}) and '{}' (record {}) differ in capitals, `_`, `-` and spaces only: write \
                 them alike",
                other.label, other.number, record.label, record.number
            ));
        }
    }
    Ok(())
}

/// The records of a list, as a table or a path a line.
fn records(list: &[u8], end: u8, beside: &Path) -> Result<Vec<Record>, String> {
    if end == b'\n'
        && let Some(records) = table::records(list, beside)
    {
        return records;
    }
    let records = list.split(|byte| *byte == end);
    let records = records.map(|record| without_end(record, end)).zip(1..);
    records
        .filter(|(record, _)| !record.is_empty())
        .map(|(record, number)| {
            let (label, path) =
                parse(record).map_err(|reason| format!("record {number}: {reason}"))?;
            Ok(Record {
                label,
                path,
                split: None,
                number,
            })
        })
        .collect()
}

/// Where a path of the list leads: from the current folder, or from the list where only there is
/// something.
fn placed(list: &Path, path: &Path) -> PathBuf {
    let beside = list.parent().unwrap_or(Path::new("")).join(path);
    let is_there = |path: &Path| path.exists() || is_in_tar(path);
    match !is_there(path) && is_there(&beside) {
        true => beside,
        false => path.to_path_buf(),
    }
}

/// A record of a list without the byte `end`, if it is there. Where lines end records, they may be
/// those of Windows.
pub fn without_end(record: &[u8], end: u8) -> &[u8] {
    let record = record.strip_suffix(&[end]).unwrap_or(record);
    match end {
        b'\n' => record.strip_suffix(b"\r").unwrap_or(record),
        _ => record,
    }
}

/// Label and path of a record.
fn parse(record: &[u8]) -> Result<(String, PathBuf), String> {
    let mut parts = record.splitn(2, |byte| *byte == b'\t');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let path = Path::new(OsStr::from_bytes(second.unwrap_or(first)));
    let label = second.map(|_| std::str::from_utf8(first)).transpose();
    let label = label.map_err(|_| format!("{}: its label is not UTF-8", path.display()))?;
    labelled(label, path)
}

#[cfg(test)]
mod tests {
    use super::super::tests::folder;
    use super::*;

    fn list(text: &str) -> Result<Dataset> {
        Dataset::of_list(Path::new("list.txt"), text.as_bytes(), b'\n')
    }

    fn message(text: &str) -> String {
        list(text).unwrap_err().to_string()
    }

    #[test]
    fn labels_come_from_the_list_or_from_the_folder() {
        let root = folder(&["hot_dog/a.jpg", "b.jpg"]);
        let at = root.path().display();
        let dataset = list(&format!("{at}/hot_dog/a.jpg\r\ncold dog\t{at}/b.jpg\n")).unwrap();
        assert_eq!(dataset.labels, ["cold dog", "hot dog"]);
        let found: Vec<_> = dataset
            .entries
            .iter()
            .map(|e| (e.path.clone(), e.label))
            .collect();
        assert_eq!(
            found,
            [
                (root.path().join("b.jpg"), 0),
                (root.path().join("hot_dog/a.jpg"), 1)
            ]
        );
    }

    #[test]
    fn an_image_that_is_listed_twice_counts_once() {
        let root = folder(&["a/x.jpg"]);
        let at = root.path().display();
        let dataset = list(&format!("{at}/a/x.jpg\n\na\t{at}/a//x.jpg\n")).unwrap();
        assert_eq!(dataset.entries.len(), 1);
    }

    #[test]
    fn with_nul_at_the_end_names_may_hold_line_feeds() {
        let root = folder(&["a/x\ny.jpg", "a/z.jpg"]);
        let at = root.path().display();
        let text = format!("{at}/a/x\ny.jpg\0{at}/a/z.jpg\0");
        let dataset = Dataset::of_list(Path::new("-"), text.as_bytes(), 0).unwrap();
        assert_eq!(dataset.entries.len(), 2);
    }

    #[test]
    fn what_is_not_there_is_listed_with_its_reason() {
        let root = folder(&["a/x.jpg"]);
        let at = root.path().display();
        let dataset = list(&format!("{at}/a/x.jpg\n{at}/a/y.jpg\nb\t{at}/a\n")).unwrap();
        assert_eq!(dataset.entries.len(), 1);
        let reasons: Vec<_> = dataset
            .unreadable
            .iter()
            .map(|one| one.reason.as_str())
            .collect();
        assert_eq!(
            reasons,
            ["a folder, not an image", "there is no such file or folder"]
        );
    }

    #[test]
    fn a_list_that_cannot_be_used_says_why_and_where() {
        assert_eq!(message(""), "list.txt: it lists no image");
        assert_eq!(
            message("a/x.jpg\nx.jpg\n"),
            "list.txt: record 2: x.jpg: neither a label before it nor a folder that names one"
        );
        assert_eq!(
            message("a/x.jpg\nb\ta/x.jpg"),
            "list.txt: record 2: a/x.jpg is listed as 'a' and 'b'"
        );
        assert_eq!(
            message("\ta/x.jpg"),
            "list.txt: record 1: a/x.jpg: '' cannot be a label"
        );
        assert_eq!(message("a\t"), "list.txt: record 1: it has no path");
    }

    #[test]
    fn paths_are_spelled_as_a_walk_would_spell_them() {
        assert_eq!(parse(b"./a/x.jpg").unwrap(), ("a".into(), "a/x.jpg".into()));
        assert_eq!(parse(b"l\t./x.jpg").unwrap(), ("l".into(), "x.jpg".into()));
    }
}
