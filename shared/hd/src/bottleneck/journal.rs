//! The journal: bottlenecks as they are computed, so that an interrupted run loses next to nothing.
//!
//! It lies beside the file of bottlenecks, and is deleted when that is complete. Behind the frame
//! that [`crate::file`] describes there are records of one length: the key of a bottleneck (32
//! bytes), what is known of its image (32 bytes, as `facts.rs` has them), the bottleneck (D float32),
//! and the first eight bytes of the BLAKE3 of all that, little-endian throughout. What follows the last
//! whole record is the trace of a kill, and is cut off.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hd_weakness::{is_at, of_sync, try_lock};
use serde::{Deserialize, Serialize};

use super::blocks::{CHECK, check};
use super::facts::Facts;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Format;

const FORMAT: Format = Format {
    magic: *b"HDJOURNL",
    version: 4,
    what: "a journal of bottlenecks",
    maker: "hd-bottleneck",
};
const DIGEST: usize = 32;
/// The bytes before the floats of a record.
const LEAD: usize = DIGEST + Facts::BYTES;

/// A power cut loses no more work than this.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The base and the preprocessing that the bottlenecks in a journal were computed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) base: Digest,
    pub(super) preprocess: Digest,
    pub(super) size: u32,
}

/// Where a bottleneck's floats begin, and what is kept of its image.
#[derive(Clone, Copy, Debug)]
struct Location {
    offset: u64,
    facts: Facts,
}

/// An open journal, locked against other processes.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    size: usize,
    places: HashMap<Digest, Location>,
    end: u64,
    synced: Instant,
}

impl Journal {
    /// Opens the journal of the file of bottlenecks `of`, with what an interrupted run left in it.
    ///
    /// # Errors
    /// Something else in its place, which is left alone; another process that has it open; a folder
    /// that cannot be written to.
    pub(super) fn open(of: &Path, key: &Key) -> Result<Self> {
        let path = path_beside(of);
        let file = lock(&path, of)?;
        check_kind(&path, &file)?;
        let mut journal = Self {
            path,
            file,
            size: key.size as usize,
            places: HashMap::new(),
            end: 0,
            synced: Instant::now(),
        };
        journal
            .resume(key)
            .map_err(Error::io(&journal.path, "go on with"))?;
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
        let offset = self.end + LEAD as u64;
        self.places.insert(key, Location { offset, facts });
        self.end += record.len() as u64;
        if self.synced.elapsed() > SYNC_EVERY {
            of_sync(self.file.sync_data()).map_err(Error::io(&self.path, "write"))?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Reads the bottleneck of this key, which must be in it.
    pub(super) fn read_bottleneck(&self, key: &Digest, floats: &mut [f32]) -> io::Result<()> {
        let place = self
            .places
            .get(key)
            .ok_or_else(|| io::Error::other("a bottleneck was lost"))?;
        self.file
            .read_exact_at(bytemuck::cast_slice_mut(floats), place.offset)
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Deletes it, when all it holds is in the file of bottlenecks.
    pub(super) fn remove(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(Error::io(&self.path, "delete"))
    }

    /// Takes over what an earlier run left, if that run computed the same thing, and begins anew
    /// otherwise.
    fn resume(&mut self, key: &Key) -> io::Result<()> {
        let mut header = Vec::new();
        FORMAT.write_header(&mut header, key)?;
        let mut found = vec![0; header.len()];
        let mut file = BufReader::with_capacity(1 << 18, &self.file);
        self.end = header.len() as u64;
        if file.read_exact(&mut found).is_err() || found != header {
            self.file.set_len(0)?;
            return self.file.write_all_at(&header, 0);
        }
        let mut record = vec![0; LEAD + self.size * 4 + CHECK];
        while file.read_exact(&mut record).is_ok() {
            let (body, stored) = record.split_at(record.len() - CHECK);
            let lead = body.split_first_chunk::<DIGEST>();
            let Some((key, rest)) = lead.filter(|_| check(body) == stored) else {
                break;
            };
            let place = Location {
                offset: self.end + LEAD as u64,
                facts: rest
                    .first_chunk()
                    .map(Facts::from_bytes)
                    .unwrap_or_default(),
            };
            self.places.insert(Digest::from_bytes(*key), place);
            self.end += record.len() as u64;
        }
        self.file.set_len(self.end)
    }
}

/// Where the journal of the file of bottlenecks `of` lies.
fn path_beside(of: &Path) -> PathBuf {
    let mut name = of.file_name().unwrap_or_default().to_owned();
    name.push(".journal");
    of.with_file_name(name)
}

/// Refuses a file that holds something else. One that is cut short in its first bytes is the trace of
/// a kill.
fn check_kind(path: &Path, mut file: &File) -> Result<()> {
    let mut begins = Vec::new();
    let read = file
        .take(FORMAT.magic.len() as u64)
        .read_to_end(&mut begins);
    read.and_then(|_| file.rewind())
        .map_err(Error::io(path, "read"))?;
    match FORMAT.magic.starts_with(&begins) {
        true => Ok(()),
        false => Err(occupied(path)),
    }
}

fn occupied(path: &Path) -> Error {
    Error::Occupied {
        path: path.to_path_buf(),
        detail: format!(", and is not {}", FORMAT.what),
    }
}

/// Opens the file at `path` and locks it.
///
/// The one who had the lock deletes the file when done. So what was locked may be a file without a
/// name, in which another process would look in vain, and it takes another try.
fn lock(path: &Path, of: &Path) -> Result<File> {
    file::make_folder_of(path)?;
    loop {
        // A link would lead elsewhere, and a pipe would wait for somebody at its other end.
        if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(occupied(path));
        }
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = open.map_err(Error::io(path, "write"))?;
        if !try_lock(&file).map_err(Error::io(path, "lock"))? {
            return Err(Error::Busy {
                path: of.to_path_buf(),
            });
        }
        if is_at(&file, path) {
            return Ok(file);
        }
    }
}

#[cfg(test)]
mod tests {
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
        let path = path_beside(&of);
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
            let _ = fs::remove_file(path_beside(&of));
            std::os::unix::fs::symlink(&diary, path_beside(&of)).unwrap();
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
        fs::create_dir(path_beside(&of)).unwrap();
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
