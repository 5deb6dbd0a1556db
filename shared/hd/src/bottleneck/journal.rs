//! The journal: bottlenecks as they are computed, so that an interrupted run loses next to nothing.
//!
//! It lies beside the file of bottlenecks, and is deleted when that is complete. It is written by one
//! process and never by a second one, since locks cannot be trusted to keep two machines apart: some
//! file systems have none, and some have them for each machine alone. So a run reads what others have
//! left (`left.rs`), and begins a journal of its own under the next number.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hd_weakness::of_sync;

use super::blocks::check;
use super::facts::Facts;
use super::left::{self, Left};
use super::record::{FORMAT, Key, LEAD};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file;

/// A power cut loses no more work than this.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Where a bottleneck's floats begin, and what is kept of its image.
#[derive(Clone, Copy, Debug)]
struct Location {
    /// The journal among those that others left, or none where it is in this run's own.
    left: Option<usize>,
    offset: u64,
    facts: Facts,
}

/// An open journal, locked against other processes, and those that others left.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    places: HashMap<Digest, Location>,
    begin: u64,
    end: u64,
    synced: Instant,
    left: Vec<Left>,
}

impl Journal {
    /// Begins a journal of the file of bottlenecks `of`, with what interrupted runs left in theirs.
    ///
    /// # Errors
    /// Something else in its place, which is left alone; another process that has it open; a folder
    /// that cannot be written to.
    pub(super) fn open(of: &Path, key: &Key) -> Result<Self> {
        file::make_folder_of(of)?;
        let left = left::beside(of, key)?;
        let (path, file) = begin(of)?;
        let mut header = Vec::new();
        FORMAT
            .write_header(&mut header, key)
            .and_then(|()| file.write_all_at(&header, 0))
            .map_err(Error::io(&path, "write"))?;
        let mut journal = Self {
            path,
            file,
            places: HashMap::new(),
            begin: header.len() as u64,
            end: header.len() as u64,
            synced: Instant::now(),
            left: Vec::new(),
        };
        for (number, (left, records)) in left.into_iter().enumerate() {
            for (key, offset, facts) in records {
                let place = Location {
                    left: Some(number),
                    offset,
                    facts,
                };
                journal.places.insert(key, place);
            }
            journal.left.push(left);
        }
        Ok(journal)
    }

    /// The keys of everything in it, each with what is kept of its image.
    pub(super) fn keys(&self) -> impl Iterator<Item = (Digest, Facts)> {
        self.places.iter().map(|(key, place)| (*key, place.facts))
    }

    /// Adds a bottleneck.
    ///
    /// # Errors
    /// A full disk, or any other trouble in writing.
    pub(super) fn append(&mut self, key: Digest, facts: Facts, bottleneck: &[f32]) -> Result<()> {
        let mut record = key.as_bytes().to_vec();
        record.extend_from_slice(&facts.to_bytes());
        record.extend_from_slice(bytemuck::cast_slice(bottleneck));
        record.extend_from_slice(&check(&record));
        self.file
            .write_all_at(&record, self.end)
            .map_err(Error::io(&self.path, "write"))?;
        let place = Location {
            left: None,
            offset: self.end + LEAD as u64,
            facts,
        };
        self.places.insert(key, place);
        self.end += record.len() as u64;
        if self.synced.elapsed() > SYNC_EVERY {
            of_sync(self.file.sync_data()).map_err(Error::io(&self.path, "write"))?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Reads the bottleneck of this key, which must be in it.
    pub(super) fn read_bottleneck(&self, key: &Digest, floats: &mut [f32]) -> io::Result<()> {
        let lost = || io::Error::other("a bottleneck was lost");
        let place = self.places.get(key).ok_or_else(lost)?;
        let file = match place.left {
            None => &self.file,
            Some(number) => self.left.get(number).ok_or_else(lost)?.file(),
        };
        file.read_exact_at(bytemuck::cast_slice_mut(floats), place.offset)
    }

    /// Deletes it and those that others left, when all they hold is in the file of bottlenecks.
    pub(super) fn remove(self) -> Result<()> {
        self.remove_own()?;
        self.left.iter().try_for_each(Left::remove)
    }

    /// Leaves what it holds for the next run.
    pub(super) fn leave(self) -> Result<()> {
        match self.end == self.begin {
            true => self.remove_own(),
            false => Ok(()),
        }
    }

    fn remove_own(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            // Another run that made the same file was done before.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done.map_err(Error::io(&self.path, "delete")),
        }
    }
}

/// Makes the journal with the first number that nobody has, and locks it.
fn begin(of: &Path) -> Result<(PathBuf, File)> {
    for number in 1..=u32::MAX {
        let path = left::path_beside(of, number);
        let mut new = OpenOptions::new();
        let file = match new.read(true).write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            file => file.map_err(Error::io(&path, "write"))?,
        };
        // Another one that begins at this moment may take it for what was left.
        if left::lock(&file, &path, of)? {
            return Ok((path, file));
        }
    }
    Err(left::busy(of))
}

#[cfg(test)]
mod tests {
    use super::super::blocks::CHECK;
    use super::*;
    use crate::photo::Note;

    fn key() -> Key {
        Key {
            base: Digest::of(b"base"),
            preprocess: Digest::of(b"rule"),
            size: 3,
        }
    }

    fn filled(of: &Path) -> PathBuf {
        let mut journal = Journal::open(of, &key()).unwrap();
        journal
            .append(Digest::of(b"a"), facts_of(5), &[1.0, 2.0, 3.0])
            .unwrap();
        journal
            .append(Digest::of(b"b"), facts_of(6), &[4.0, 5.0, 6.0])
            .unwrap();
        journal.path.clone()
    }

    fn read(journal: &Journal, key: &Digest) -> [f32; 3] {
        let mut floats = [0.0; 3];
        journal.read_bottleneck(key, &mut floats).unwrap();
        floats
    }

    /// An image of so many pixels, with a note.
    fn facts_of(pixels: u32) -> Facts {
        Facts {
            width: pixels,
            height: 1,
            notes: [Note::Uniform].into_iter().collect(),
            ..Facts::default()
        }
    }

    #[test]
    fn goes_on_where_an_interrupted_run_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let path = filled(&of);
        let mut journal = Journal::open(&of, &key()).unwrap();
        journal
            .append(Digest::of(b"c"), facts_of(7), &[7.0, 8.0, 9.0])
            .unwrap();
        for (content, floats) in [
            (b"a", [1.0, 2.0, 3.0]),
            (b"b", [4.0, 5.0, 6.0]),
            (b"c", [7.0, 8.0, 9.0]),
        ] {
            assert_eq!(read(&journal, &Digest::of(content)), floats);
        }
        let mut found: Vec<Facts> = journal.keys().map(|(_, facts)| facts).collect();
        found.sort_by_key(Facts::pixels);
        assert_eq!(found, [5, 6, 7].map(facts_of));
        journal.remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn cut_anywhere_keeps_every_whole_record() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let path = filled(&of);
        let whole = fs::read(&path).unwrap();
        let record = LEAD + 12 + CHECK;
        let begin = whole.len() - 2 * record;
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let journal = Journal::open(&of, &key()).unwrap();
            assert_eq!(
                journal.keys().count(),
                length.saturating_sub(begin) / record,
                "cut to {length}"
            );
            journal.leave().unwrap();
        }
    }

    #[test]
    fn a_damaged_record_and_all_behind_it_are_computed_again() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let path = filled(&of);
        let mut bytes = fs::read(&path).unwrap();
        let record = LEAD + 12 + CHECK;
        let first_float = bytes.len() - 2 * record + LEAD;
        bytes[first_float] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(Journal::open(&of, &key()).unwrap().keys().count(), 0);
    }

    #[test]
    fn another_base_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        filled(&of);
        let other = Key {
            base: Digest::of(b"another"),
            ..key()
        };
        assert_eq!(Journal::open(&of, &other).unwrap().keys().count(), 0);
    }

    /// How many bottlenecks are left when the journal's bytes were changed so.
    fn left_after(change: impl Fn(&mut Vec<u8>)) -> usize {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let path = filled(&of);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let mut journal = Journal::open(&of, &key()).unwrap();
        let left = journal.keys().count();
        // Whatever was there, it can be gone on with.
        let (new, floats) = (Digest::of(b"new"), [7.0, 8.0, 9.0]);
        journal.append(new, facts_of(1), &floats).unwrap();
        drop(journal);
        let journal = Journal::open(&of, &key()).unwrap();
        assert_eq!(journal.keys().count(), left + 1);
        assert_eq!(read(&journal, &new), floats);
        left
    }

    #[test]
    fn a_journal_of_another_version_or_with_a_damaged_header_begins_anew() {
        assert_eq!(left_after(|_| ()), 2);
        for at in [8, 16, 24, 60] {
            assert_eq!(left_after(|bytes| bytes[at] ^= 1), 0, "byte {at}");
        }
        for length in 0..20 {
            assert_eq!(left_after(|bytes| bytes.truncate(length)), 0);
        }
    }

    #[test]
    fn something_else_in_its_place_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let path = left::path_beside(&of, 1);
        for content in [&b"a diary"[..], b"HDJOURNAL", b"HDBOTTLE and more"] {
            fs::write(&path, content).unwrap();
            let message = Journal::open(&of, &key()).unwrap_err().to_string();
            let expected = "it is there already, and is not a journal of bottlenecks";
            assert!(message.contains(expected), "{message}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn a_link_in_its_place_is_left_alone_and_so_is_what_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let diary = folder.path().join("diary");
        for content in ["", "dear"] {
            fs::write(&diary, content).unwrap();
            let _ = fs::remove_file(left::path_beside(&of, 1));
            std::os::unix::fs::symlink(&diary, left::path_beside(&of, 1)).unwrap();
            let message = Journal::open(&of, &key()).unwrap_err().to_string();
            assert!(message.contains("it is there already"), "{message}");
            assert_eq!(fs::read_to_string(&diary).unwrap(), content);
        }
    }

    #[test]
    fn bytes_behind_the_last_whole_record_are_cut_off() {
        assert_eq!(left_after(|bytes| bytes.push(0)), 2);
        assert_eq!(left_after(|bytes| bytes.extend([0; 1000])), 2);
        // A record that was torn in its last byte.
        assert_eq!(left_after(|bytes| *bytes.last_mut().unwrap() ^= 1), 1);
    }

    #[test]
    fn another_preprocessing_or_size_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let others = [
            Key {
                preprocess: Digest::of(b"another"),
                ..key()
            },
            Key { size: 4, ..key() },
        ];
        for other in others {
            filled(&of);
            assert_eq!(Journal::open(&of, &other).unwrap().keys().count(), 0);
        }
    }

    #[test]
    fn a_folder_in_its_place_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        fs::create_dir(left::path_beside(&of, 1)).unwrap();
        let message = Journal::open(&of, &key()).unwrap_err().to_string();
        assert!(
            message.contains("bottlenecks.bin.journal: it is there already"),
            "{message}"
        );
    }

    #[test]
    fn two_at_once_exclude_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("bottlenecks.bin");
        let _first = Journal::open(&of, &key()).unwrap();
        let message = Journal::open(&of, &key()).unwrap_err().to_string();
        assert!(message.contains("another hd-bottleneck"), "{message}");
    }
}
