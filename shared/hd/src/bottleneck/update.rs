//! Bringing a file of bottlenecks up to date with a folder of images.
//!
//! A file whose path and stamp are known is not read; a content that is known, also under
//! another path, is not computed. Every new bottleneck goes into the journal at once, and at the
//! end the file is replaced as a whole. If nothing changed it is not touched.

use std::collections::{HashMap, HashSet};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache::{self, Bottlenecks};
use super::header;
use super::journal::Journal;
use super::layout::{Header, Skipped};
use super::noted::Noted;
use super::place;
use super::precision::Precision;
use super::reader::{Content, Contents, Reader};
use super::record::Key;
use super::reuse::{Seen, covers, recognise, reusable, reusable_of};
use super::run::run;
use crate::base::MakeEngine;
use crate::dataset::{Dataset, Entry};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::photo::{Distortion, Notes};

/// Is told how the work goes.
pub trait Progress {
    /// So many files have to be read.
    fn begin(&self, files: u64);
    /// One of them is done.
    fn step(&self);
    /// All of them are.
    fn end(&self);
}

/// The outcome of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// Images that went through the base.
    pub computed: usize,
    /// Images whose bottleneck was there already.
    pub reused: usize,
    /// Images whose bottlenecks in the old file were not what had been written. They were read again.
    pub mended: usize,
    /// Images of which a part is damaged.
    pub damaged: usize,
    /// Files that are of no use, with their reasons, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Labels that have files, of which none can be used.
    pub labels_without_image: Vec<String>,
    /// Images that somebody should look at, sorted by path.
    pub noted: Vec<Noted>,
    /// How many of those could not be read.
    pub unread: usize,
    /// Why what was there before could not be used, if it could not.
    pub rebuilt: Option<String>,
    /// Why other files could not be used from which rows were to be taken over.
    pub unusable: Vec<String>,
}

/// How to do an update.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Images to work on at a time.
    pub jobs: NonZeroUsize,
    /// Whether to read every file, also where its stamp says that it did not change.
    pub verify: bool,
    /// An image of more pixels is skipped.
    pub max_pixels: u64,
    /// Which views of the images are wanted beside themselves.
    pub distortion: Option<Distortion>,
    /// Other files of bottlenecks, such as those of shards, from which rows are taken over.
    pub reuse: &'a [PathBuf],
    /// How bottlenecks are kept.
    pub precision: Precision,
    /// Raised when the work is to end early.
    pub interrupted: &'a AtomicBool,
}

/// Brings the file `out` up to date with `dataset`, running `base` on what is new.
///
/// # Errors
/// No usable image at all; a file at `out` that is something else; another process at work on it;
/// trouble in writing; a base that fails; an interruption. The file is then as it was, and what was
/// computed is in the journal.
pub fn update(
    dataset: &Dataset,
    base: &Network,
    make_engine: &MakeEngine,
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Updated> {
    place::check(dataset, out)?;
    let (old, rebuilt) = reusable(out, base, options.precision)?;
    let (others, unusable) = reusable_of(options.reuse, base, options.precision)?;
    let earlier: Vec<&Bottlenecks> = old.iter().chain(&others).collect();
    let recognisable = earlier.iter().copied();
    let recognisable: Vec<&Bottlenecks> = recognisable
        .filter(|file| !options.verify && covers(file, options.distortion))
        .collect();
    let (seen, unread) = recognise(dataset, &recognisable, options.max_pixels);
    let mut work = Work {
        reader: Reader {
            dataset,
            base,
            distortion: options.distortion,
            precision: options.precision,
            max_pixels: options.max_pixels,
            contents: Contents::of(&earlier, options.max_pixels),
            claimed: Mutex::default(),
        },
        seen,
        journal: None,
        make_engine,
        out,
        options,
        progress,
    };
    let updated = work.finish(&unread, old.as_ref(), &earlier);
    match (work.journal, &updated) {
        (Some(journal), Ok(_)) => journal.remove()?,
        // What an interrupted run has computed is for the next one.
        (Some(journal), Err(_)) => journal.leave()?,
        (None, _) => {}
    }
    updated.map(|updated| Updated {
        rebuilt,
        unusable,
        ..updated
    })
}

/// One update.
struct Work<'a, 'e> {
    reader: Reader<'a>,
    seen: Seen<'a>,
    /// Open from the first file on that has to be read.
    journal: Option<Journal>,
    make_engine: &'a MakeEngine<'e>,
    out: &'a Path,
    options: &'a Options<'a>,
    progress: &'a dyn Progress,
}

impl<'a> Work<'a, '_> {
    fn finish(
        &mut self,
        unread: &[&'a Entry],
        old: Option<&Bottlenecks>,
        earlier: &[&Bottlenecks],
    ) -> Result<Updated> {
        self.check_readable()?;
        let mut computed = self.read(unread)?;
        self.check_readable()?;
        let (mut header, mut unread_now) = header::of(&self.reader, &self.seen, old);
        let mut mended = 0;
        let is_new = |header: &Header| old.is_none_or(|old| old.header() != header);
        if self.options.verify || is_new(&header) {
            let mut kept = Kept::of(earlier);
            let lost = kept.without_damaged();
            let again = self.with_any_of(&lost, &header);
            mended = again.len();
            if mended > 0 {
                self.reader.forget(&lost);
                computed += self.read(&again)?;
                (header, unread_now) = header::of(&self.reader, &self.seen, old);
            }
            let is_part = self.reader.dataset.is_part;
            if header.rows.is_empty() && !header.skipped.is_empty() && !is_part {
                return Err(nothing_usable(self.reader.dataset, &header.skipped));
            }
            if mended > 0 || is_new(&header) {
                let says_the_same = |old: &Bottlenecks| old.header().agrees_with(&header);
                let quietly = mended == 0 && old.is_some_and(says_the_same);
                self.write(&header, quietly, &kept)?;
            }
        }
        let images = header.rows.iter().filter(|row| row.variant == 0).count();
        Ok(Updated {
            computed,
            reused: images - computed,
            mended,
            damaged: header
                .rows
                .iter()
                .filter(|row| row.variant == 0 && row.facts.notes.is_damaged())
                .count(),
            labels_without_image: labels_without_image(&header),
            unread: unread_now.len(),
            noted: noted(&header, unread_now),
            skipped: header.skipped,
            rebuilt: None,
            unusable: Vec::new(),
        })
    }

    /// Reads files, keeps what is new in the journal, and says how many images that were.
    fn read(&mut self, unread: &[&'a Entry]) -> Result<usize> {
        if unread.is_empty() {
            return Ok(0);
        }
        self.progress.begin(unread.len() as u64);
        let read = self.read_and_tell(unread);
        self.progress.end();
        read
    }

    fn read_and_tell(&mut self, unread: &[&'a Entry]) -> Result<usize> {
        if self.journal.is_none() {
            let journal = Journal::open(self.out, &key(self.reader.base))?;
            self.reader.keep(journal.keys());
            self.journal = Some(journal);
        }
        let Some(journal) = &mut self.journal else {
            return Ok(0);
        };
        let (mut bad, mut computed, mut done) = (HashMap::new(), 0, 0);
        let engine = (self.make_engine)()?;
        run(
            engine,
            &self.reader,
            self.options.jobs,
            unread,
            |entry, found| {
                if self.options.interrupted.load(Ordering::Relaxed) {
                    return Err(Error::Interrupted {
                        path: self.out.to_path_buf(),
                        done,
                        files: unread.len(),
                    });
                }
                match (&found.content, found.digest) {
                    (Content::New(facts, views), _) => {
                        for (key, bottleneck) in views {
                            journal.append(*key, *facts, bottleneck)?;
                        }
                        computed += 1;
                    }
                    (Content::Bad(unusable), Some(digest)) => {
                        bad.insert(digest, unusable.clone());
                    }
                    _ => {}
                }
                self.seen.insert(&entry.path, found.without_views());
                done += 1;
                self.progress.step();
                Ok(())
            },
        )?;
        self.reader.contents.bad.extend(bad);
        self.reader.keep(journal.keys());
        Ok(computed)
    }

    /// Errors where most files cannot be read at all, as when a disk is not there: what was made of
    /// them must not be replaced. One file alone says nothing of a disk where it is a part of a data
    /// set.
    fn check_readable(&self) -> Result<()> {
        let dataset = self.reader.dataset;
        let unreadable = dataset.unreadable.iter().filter(|one| one.may_be_image);
        let unreadable = unreadable.map(|one| (one.path.as_path(), one.reason.as_str()));
        let unread = self
            .seen
            .iter()
            .filter_map(|(path, found)| match &found.content {
                Content::Bad(unusable) if found.digest.is_none() => {
                    Some((*path, unusable.reason.as_str()))
                }
                _ => None,
            });
        let failed: Vec<(&Path, &str)> = unreadable.chain(unread).collect();
        let files = dataset.entries.len() + dataset.unreadable.len();
        let few = usize::from(dataset.is_part);
        match failed.iter().min() {
            Some((path, reason)) if 2 * failed.len() > files && failed.len() > few => {
                Err(Error::Dataset {
                    path: dataset.name.clone(),
                    reason: format!(
                        "{} of its {files} files cannot be read, {} among them: {reason}; {} is left as it was",
                        failed.len(),
                        path.display(),
                        self.out.display()
                    ),
                })
            }
            _ => Ok(()),
        }
    }

    /// The files of which there are rows with one of these keys.
    fn with_any_of(&self, keys: &HashSet<Digest>, header: &Header) -> Vec<&'a Entry> {
        if keys.is_empty() {
            return Vec::new();
        }
        let rows = header.rows.iter();
        let rows = rows.filter(|row| keys.contains(&header.key(row)));
        let paths: HashSet<&Path> = rows.map(|row| row.path.as_path()).collect();
        let entries = self.reader.dataset.entries.iter();
        entries
            .filter(|entry| paths.contains(entry.path.as_path()))
            .collect()
    }

    /// Replaces the file, and if only the times of images changed, so that make does not see it.
    fn write(&self, header: &Header, quietly: bool, kept: &Kept) -> Result<()> {
        let journal = self.journal.as_ref();
        cache::write(self.out, header, quietly, |row, floats| {
            let key = header.key(row);
            match (kept.place(&key), journal) {
                (Some((file, index)), _) => file.read_bottleneck(index, floats),
                (None, Some(journal)) => journal.read_bottleneck(&key, floats),
                _ => Err(io::Error::other("a bottleneck was lost")),
            }
        })
    }
}

/// The rows of earlier files by their keys: which file, and which row of it.
struct Kept<'b> {
    files: &'b [&'b Bottlenecks],
    places: HashMap<Digest, (usize, usize)>,
}

impl<'b> Kept<'b> {
    fn of(files: &'b [&'b Bottlenecks]) -> Self {
        let mut places = HashMap::new();
        for (number, file) in files.iter().enumerate() {
            for (row, key) in file.keys().enumerate() {
                places.entry(key).or_insert((number, row));
            }
        }
        Self { files, places }
    }

    fn place(&self, key: &Digest) -> Option<(&Bottlenecks, usize)> {
        let (number, row) = self.places.get(key)?;
        Some((self.files.get(*number)?, *row))
    }

    /// Takes those out whose bottlenecks are damaged, and says which they were.
    fn without_damaged(&mut self) -> HashSet<Digest> {
        let files = self.files.iter().enumerate();
        let damaged = files.flat_map(|(number, file)| {
            let rows = file.damaged().into_iter();
            rows.map(move |row| (number, row))
        });
        let damaged: HashSet<(usize, usize)> = damaged.collect();
        let is_damaged = |_: &Digest, place: &mut (usize, usize)| damaged.contains(place);
        let lost = self.places.extract_if(is_damaged);
        lost.map(|(key, _)| key).collect()
    }
}

fn labels_without_image(header: &Header) -> Vec<String> {
    let used: HashSet<u32> = header.rows.iter().map(|row| row.label).collect();
    let unused = (0..)
        .zip(&header.labels)
        .filter(|(number, _)| !used.contains(number));
    unused.map(|(_, label)| label.clone()).collect()
}

/// The images with notes, each once, and those that could not be read.
fn noted(header: &Header, unread: Vec<Noted>) -> Vec<Noted> {
    let images = header.rows.iter().filter(|row| row.variant == 0);
    let noted = images.filter(|row| row.facts.notes != Notes::default());
    let noted = noted.map(|row| Noted {
        path: row.path.clone(),
        why: row.facts.notes.to_string(),
    });
    let mut noted: Vec<Noted> = noted.chain(unread).collect();
    noted.sort();
    noted
}

fn key(base: &Network) -> Key {
    Key {
        base: base.digest,
        preprocess: base.preprocess.fingerprint(),
        size: base.bottleneck_size as u32,
    }
}

fn nothing_usable(dataset: &Dataset, skipped: &[Skipped]) -> Error {
    let first = skipped
        .first()
        .map(|bad| format!("; {}: {}", bad.path.display(), bad.reason));
    Error::Dataset {
        path: dataset.name.clone(),
        reason: format!(
            "none of its {} files can be used{}",
            skipped.len(),
            first.unwrap_or_default()
        ),
    }
}
