//! Bringing a file of bottlenecks up to date with a folder of images.
//!
//! A file whose path, size and time are known is not read; a content that is known, also under
//! another path, is not computed. Every new bottleneck goes into the journal at once, and at the
//! end the file is replaced as a whole. If nothing changed it is not touched.

use std::collections::HashMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache::{self, Bottlenecks, Header, Skipped};
use super::header::header;
use super::journal::{Journal, Key};
use super::place;
use super::reader::{Content, Contents, Reader};
use super::reuse::{Seen, covers, recognise, reusable};
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

/// An image that can be used, and that somebody should look at all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its path relative to the folder of images.
    pub path: PathBuf,
    /// Why.
    pub notes: Notes,
}

/// The outcome of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// Images that went through the base.
    pub computed: usize,
    /// Images whose bottleneck was there already.
    pub reused: usize,
    /// Files that are of no use, with their reasons, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Images that somebody should look at, sorted by path.
    pub noted: Vec<Noted>,
    /// Why what was there before could not be used, if it could not.
    pub rebuilt: Option<String>,
}

/// How to do an update.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Images to work on at a time.
    pub jobs: NonZeroUsize,
    /// Whether to read every file, also where size and time say that it did not change.
    pub verify: bool,
    /// An image of more pixels is skipped.
    pub max_pixels: u64,
    /// Which views of the images are wanted beside themselves.
    pub distortion: Option<Distortion>,
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
    let (old, rebuilt) = reusable(out, base)?;
    let recognisable = old
        .as_ref()
        .filter(|old| !options.verify && covers(old, options.distortion));
    let (seen, unread) = recognise(dataset, recognisable, options.max_pixels);
    let mut journal = match unread.is_empty() {
        true => None,
        false => Some(Journal::open(out, &key(base))?),
    };
    let reader = Reader {
        dataset,
        base,
        distortion: options.distortion,
        max_pixels: options.max_pixels,
        contents: Contents::of(old.as_ref(), journal.as_ref(), options.max_pixels),
        claimed: Mutex::default(),
    };
    let work = Work {
        reader,
        make_engine,
        out,
        options,
        progress,
    };
    let updated = work.finish(seen, &unread, old.as_ref(), journal.as_mut());
    // What an interrupted run has computed is for the next one.
    if let Some(journal) = journal.filter(|journal| updated.is_ok() || journal.is_empty()) {
        journal.remove()?;
    }
    updated.map(|updated| Updated { rebuilt, ..updated })
}

/// One update.
struct Work<'a, 'e> {
    reader: Reader<'a>,
    make_engine: &'a MakeEngine<'e>,
    out: &'a Path,
    options: &'a Options<'a>,
    progress: &'a dyn Progress,
}

impl<'a> Work<'a, '_> {
    fn finish(
        mut self,
        mut seen: Seen<'a>,
        unread: &[&'a Entry],
        old: Option<&Bottlenecks>,
        mut journal: Option<&mut Journal>,
    ) -> Result<Updated> {
        let mut computed = 0;
        if let Some(journal) = &mut journal {
            self.progress.begin(unread.len() as u64);
            let read = self.read(unread, &mut seen, journal);
            self.progress.end();
            computed = read?;
        }
        let header = header(&self.reader, &seen);
        let dataset = self.reader.dataset;
        if header.rows.is_empty() && !dataset.entries.is_empty() {
            return Err(nothing_usable(dataset, &header.skipped));
        }
        keep(self.out, &header, old, journal.as_deref())?;
        let images = header.rows.iter().filter(|row| row.variant == 0).count();
        Ok(Updated {
            computed,
            reused: images - computed,
            noted: noted(&header),
            skipped: header.skipped,
            rebuilt: None,
        })
    }

    /// Reads files, keeps what is new in the journal, and says how many images that were.
    fn read(
        &mut self,
        unread: &[&'a Entry],
        seen: &mut Seen<'a>,
        journal: &mut Journal,
    ) -> Result<usize> {
        let (mut bad, mut computed, mut done) = (HashMap::new(), 0, 0);
        let engine = (self.make_engine)()?;
        run(
            engine,
            &self.reader,
            self.options.jobs,
            unread,
            |entry, found| {
                if self.options.interrupted.load(Ordering::Relaxed) {
                    return Err(self.interrupted(done, unread.len()));
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
                seen.insert(&entry.path, found.without_views());
                done += 1;
                self.progress.step();
                Ok(())
            },
        )?;
        self.reader.contents.bad.extend(bad);
        self.reader.contents.kept.extend(journal.keys());
        Ok(computed)
    }

    fn interrupted(&self, done: usize, files: usize) -> Error {
        Error::Interrupted {
            path: self.out.to_path_buf(),
            done,
            files,
        }
    }
}

/// The images with notes, each once.
fn noted(header: &Header) -> Vec<Noted> {
    let images = header.rows.iter().filter(|row| row.variant == 0);
    let noted = images.filter(|row| row.notes != Notes::default());
    let noted = noted.map(|row| Noted {
        path: row.path.clone(),
        notes: row.notes,
    });
    noted.collect()
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

/// Replaces the file if there is anything to tell; if that is only times of files, so that make
/// does not see it.
fn keep(
    out: &Path,
    header: &Header,
    old: Option<&Bottlenecks>,
    journal: Option<&Journal>,
) -> Result<()> {
    if old.is_some_and(|old| old.header() == header) {
        return Ok(());
    }
    let quietly = old.is_some_and(|old| old.header().agrees_with(header));
    let places: HashMap<Digest, usize> =
        old.map_or_else(HashMap::new, |old| old.keys().zip(0..).collect());
    cache::write(out, header, quietly, |row| {
        let key = header.key(row);
        match (places.get(&key), old, journal) {
            (Some(&index), Some(old), _) => old.read_bottleneck(index),
            (_, _, Some(journal)) => journal.bottleneck(&key),
            _ => Err(io::Error::other("a bottleneck was lost")),
        }
    })
}
