//! Bringing a file of bottlenecks up to date with a folder of images.
//!
//! A file whose path, size and time are known is not read; a content that is known, also under another path, is not
//! computed. Every new bottleneck goes into the journal at once, and at the end the file is replaced as a whole. If
//! nothing changed it is not touched.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, io};

use super::cache::{self, Bottlenecks, Header, Row, Skipped};
use super::journal::{Journal, Key};
use super::reader::{Content, Contents, Found, Reader, Verdict, holds};
use super::run::run;
use crate::base::MakeEngine;
use crate::dataset::{Dataset, Entry, Stamp};
use crate::digest::{Digest, base_name};
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::photo::Distortion;

/// Told how the work goes.
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
pub struct Summary {
    /// Images that went through the base.
    pub computed: usize,
    /// Images whose bottleneck was there already.
    pub reused: usize,
    /// Files that are of no use, with their reasons, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Why what was there before could not be used, if it could not.
    pub rebuilt: Option<String>,
}

/// How to go about it.
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
/// No usable image at all; a file at `out` that is something else; another process at work on it; trouble in
/// writing; a base that fails; an interruption. The file is then as it was, and what was computed is in the journal.
pub fn update(
    dataset: &Dataset,
    base: &Network,
    make_engine: &MakeEngine,
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Summary> {
    check_place(dataset, out)?;
    let (old, rebuilt) = reusable(out, base)?;
    let recognisable = old
        .as_ref()
        .filter(|old| !options.verify && covers(old, options));
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
    let summary = work.finish(seen, &unread, old.as_ref(), journal.as_mut());
    // What an interrupted run has computed is for the next one.
    if let Some(journal) = journal.filter(|journal| summary.is_ok() || journal.is_empty()) {
        journal.remove()?;
    }
    summary.map(|summary| Summary { rebuilt, ..summary })
}

/// One bringing up to date.
struct Work<'a, 'e> {
    reader: Reader<'a>,
    make_engine: &'a MakeEngine<'e>,
    out: &'a Path,
    options: &'a Options<'a>,
    progress: &'a dyn Progress,
}

/// Each file as it was found, by its path.
type Seen<'a> = HashMap<&'a Path, Found<()>>;

impl<'a> Work<'a, '_> {
    fn finish(
        mut self,
        mut seen: Seen<'a>,
        unread: &[&'a Entry],
        old: Option<&Bottlenecks>,
        mut journal: Option<&mut Journal>,
    ) -> Result<Summary> {
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
        Ok(Summary {
            computed,
            reused: images - computed,
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
                    (Content::New(pixels, views), _) => {
                        for (key, bottleneck) in views {
                            journal.append(*key, *pixels, bottleneck)?;
                        }
                        computed += 1;
                    }
                    (Content::Bad(verdict), Some(digest)) => {
                        bad.insert(digest, verdict.clone());
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

/// A file of bottlenecks in a subfolder of the images would make that a label the next time.
fn check_place(dataset: &Dataset, out: &Path) -> Result<()> {
    if dataset.root.as_os_str().is_empty() {
        return Ok(());
    }
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = env::current_dir()
        .unwrap_or_default()
        .join(out.parent().unwrap_or(Path::new("")));
    let existing = folder
        .ancestors()
        .find(|ancestor| ancestor.exists())
        .unwrap_or(Path::new("/"));
    let inside = real(existing).join(folder.strip_prefix(existing).unwrap_or(Path::new("")));
    match inside.strip_prefix(real(&dataset.root)) {
        Ok(below) if below.components().next().is_some() => Err(Error::Dataset {
            path: dataset.root.clone(),
            reason: format!(
                "{} lies in one of its subfolders, which are labels",
                out.display()
            ),
        }),
        _ => Ok(()),
    }
}

/// The file at `out` if its rows can be taken over, or else why not.
fn reusable(out: &Path, base: &Network) -> Result<(Option<Bottlenecks>, Option<String>)> {
    if !out.exists() {
        return Ok((None, None));
    }
    match Bottlenecks::open(out) {
        Ok(old) if old.is_of(base) => Ok((Some(old), None)),
        Ok(old) => {
            let was = base_name(old.architecture(), &old.base());
            Ok((
                None,
                Some(format!(
                    "{}: made with the base {was}, now {}",
                    out.display(),
                    base.name()
                )),
            ))
        }
        Err(error @ (Error::Version { .. } | Error::Damaged { .. })) => {
            Ok((None, Some(error.to_string())))
        }
        Err(Error::Foreign {
            path,
            expected,
            found,
        }) => {
            let detail = format!(", and is not {expected} (it {found})");
            Err(Error::Occupied { path, detail })
        }
        Err(error) => Err(error),
    }
}

fn key(base: &Network) -> Key {
    Key {
        base: base.digest,
        preprocess: base.preprocess.fingerprint(),
        size: base.bottleneck_size as u32,
    }
}

/// Whether every image in the old file has all the views that are wanted.
fn covers(old: &Bottlenecks, options: &Options) -> bool {
    match (options.distortion, old.distortion()) {
        (None, _) => true,
        (Some(wanted), Some(there)) => {
            let variants = wanted.variants;
            variants <= there.variants && wanted == Distortion { variants, ..*there }
        }
        (Some(_), None) => false,
    }
}

/// Divides the files into those that are known by path, size and time, and those that have to be read.
fn recognise<'a>(
    dataset: &'a Dataset,
    old: Option<&Bottlenecks>,
    max_pixels: u64,
) -> (Seen<'a>, Vec<&'a Entry>) {
    let (rows, skipped) = old.map_or((&[][..], &[][..]), |old| (old.rows(), old.skipped()));
    let rows = rows
        .iter()
        .filter(|row| row.variant == 0 && row.pixels <= max_pixels)
        .filter_map(|row| Some((row.path.as_path(), (row.digest, row.stamp?))));
    let skipped = skipped
        .iter()
        .filter(|bad| holds(bad, max_pixels))
        .filter_map(|bad| Some((bad.path.as_path(), (bad.digest?, bad.stamp?))));
    let known: HashMap<_, _> = rows.chain(skipped).collect();
    let (mut seen, mut unread) = (HashMap::new(), Vec::new());
    for entry in &dataset.entries {
        match known.get(entry.path.as_path()) {
            Some(&(digest, stamp)) if stamp == entry.stamp => {
                let found = Found {
                    digest: Some(digest),
                    stamp: Some(stamp),
                    content: Content::Known,
                };
                seen.insert(entry.path.as_path(), found);
            }
            _ => unread.push(entry),
        }
    }
    (seen, unread)
}

/// The header of the new file, from each file as it was found.
fn header(reader: &Reader, seen: &Seen) -> Header {
    let (dataset, base) = (reader.dataset, reader.base);
    let unreadable = dataset.unreadable.iter().map(|(path, reason)| Skipped {
        path: path.clone(),
        digest: None,
        stamp: None,
        reason: reason.clone(),
        pixels: 0,
    });
    let (mut rows, mut skipped) = (Vec::new(), unreadable.collect::<Vec<_>>());
    for entry in &dataset.entries {
        let Some(found) = seen.get(entry.path.as_path()) else {
            continue;
        };
        match (verdict(reader, found), found.digest) {
            (Some(verdict), digest) => skipped.push(Skipped {
                path: entry.path.clone(),
                digest,
                stamp: found.stamp,
                reason: verdict.reason.clone(),
                pixels: verdict.pixels,
            }),
            (None, Some(digest)) => rows.extend(views(reader, entry, digest, found.stamp)),
            (None, None) => {}
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Header {
        architecture: base.architecture.clone(),
        base: base.digest,
        preprocess: base.preprocess.clone(),
        fingerprint: base.preprocess.fingerprint(),
        size: base.bottleneck_size as u32,
        labels: dataset.labels.clone(),
        origin: dataset.origin.clone(),
        distortion: reader.distortion,
        rows,
        skipped,
    }
}

/// Why a file is of no use, if it is not.
fn verdict<'a>(reader: &'a Reader, found: &'a Found<()>) -> Option<&'a Verdict> {
    match (&found.content, found.digest) {
        (Content::Bad(verdict), _) => Some(verdict),
        (_, Some(digest)) => reader.contents.bad.get(&digest),
        _ => None,
    }
}

/// The rows of an image: one for itself and one for each of its views.
fn views(
    reader: &Reader,
    entry: &Entry,
    digest: Digest,
    stamp: Option<Stamp>,
) -> impl Iterator<Item = Row> {
    let pixels = reader.contents.kept.get(&digest).copied();
    reader.variants().map(move |variant| Row {
        path: entry.path.clone(),
        label: entry.label,
        digest,
        stamp,
        pixels: pixels.unwrap_or_default(),
        variant,
    })
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

/// Replaces the file if there is anything to tell; if that is only times of files, so that make does not see it.
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
