//! Bringing a file of bottlenecks up to date with a folder of pictures.
//!
//! A file whose path, size and time are known is not read; a content that is known, under whatever path, is not
//! computed. What is computed goes into the journal at once, and at the end the file is replaced as a whole. If
//! nothing changed it is not touched.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::{env, fs, io};

use super::cache::{self, Bottlenecks, Header, Row, Skipped};
use super::journal::{Journal, Key};
use super::reader::{Content, Contents, Found, Reader};
use crate::base::{Base, MakeBase};
use crate::dataset::{Dataset, Entry};
use crate::error::{Error, Result, base_name};
use crate::onnx::Network;
use crate::parallel;

/// Told how the work goes.
pub trait Progress {
    /// So many files have to be read.
    fn begin(&self, files: u64);
    /// One of them is done.
    fn step(&self);
    /// All of them are.
    fn end(&self);
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pictures that went through the base.
    pub computed: usize,
    /// Pictures whose bottleneck was there already.
    pub reused: usize,
    /// Files that are of no use, with their reasons, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Why what was there before could not be used, if it could not.
    pub rebuilt: Option<String>,
}

/// How to go about it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Pictures to work on at a time.
    pub jobs: NonZeroUsize,
    /// Whether to read every file, also where size and time say that it did not change.
    pub verify: bool,
}

/// Brings the file `out` up to date with `dataset`, running `base` on what is new.
///
/// # Errors
/// No usable picture at all; a file at `out` that is something else; another process at work on it; trouble in
/// writing; a base that fails. The file is then as it was.
pub fn update(
    dataset: &Dataset,
    base: &Network,
    make_base: &MakeBase,
    out: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Summary> {
    check_place(dataset, out)?;
    let (old, rebuilt) = reusable(out, base)?;
    let (seen, unread) = recognise(dataset, old.as_ref().filter(|_| !options.verify));
    let mut journal = match unread.is_empty() {
        true => None,
        false => Some(Journal::open(out, &key(base))?),
    };
    let reader = Reader {
        dataset,
        base,
        make_base,
        contents: Contents::of(old.as_ref(), journal.as_ref()),
        claimed: Mutex::default(),
    };
    let work = Work {
        reader,
        options,
        progress,
    };
    let summary = work.finish(seen, &unread, out, old.as_ref(), journal.as_mut());
    // What an interrupted run has computed is for the next one.
    if let Some(journal) = journal.filter(|journal| summary.is_ok() || journal.is_empty()) {
        journal.remove()?;
    }
    summary.map(|summary| Summary { rebuilt, ..summary })
}

/// One bringing up to date.
struct Work<'a> {
    reader: Reader<'a>,
    options: &'a Options,
    progress: &'a dyn Progress,
}

impl<'a> Work<'a> {
    fn finish(
        mut self,
        mut seen: HashMap<&'a Path, Found>,
        unread: &[&'a Entry],
        out: &Path,
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
        let Reader {
            dataset,
            base,
            contents,
            ..
        } = self.reader;
        let header = header(dataset, base, &seen, &contents);
        if header.rows.is_empty() && !dataset.entries.is_empty() {
            return Err(nothing_usable(dataset, &header.skipped));
        }
        keep(out, &header, old, journal.as_deref())?;
        let reused = header.rows.len() - computed;
        Ok(Summary {
            computed,
            reused,
            skipped: header.skipped,
            rebuilt: None,
        })
    }

    /// Reads files, keeps what is new in the journal, and says how many bottlenecks that were.
    fn read(
        &mut self,
        unread: &[&'a Entry],
        seen: &mut HashMap<&'a Path, Found>,
        journal: &mut Journal,
    ) -> Result<usize> {
        let mut bad = HashMap::new();
        let mut computed = 0;
        let read =
            |worker: &mut Option<Box<dyn Base>>, entry: &&Entry| self.reader.read(worker, entry);
        parallel::ordered(
            self.options.jobs,
            unread,
            || None,
            read,
            |entry, found| {
                if let (Some(digest), Content::New(bottleneck)) = (found.digest, &found.content) {
                    journal.append(digest, bottleneck)?;
                    computed += 1;
                }
                if let (Some(digest), Content::Bad(reason)) = (found.digest, &found.content) {
                    bad.insert(digest, reason.clone());
                }
                seen.insert(&entry.path, found.without_bottleneck());
                self.progress.step();
                Ok(())
            },
        )?;
        self.reader.contents.bad.extend(bad);
        Ok(computed)
    }
}

/// A file of bottlenecks in a subfolder of the pictures would make that a label the next time.
fn check_place(dataset: &Dataset, out: &Path) -> Result<()> {
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

/// Divides the files into those that are known by path, size and time, and those that have to be read.
fn recognise<'a>(
    dataset: &'a Dataset,
    old: Option<&Bottlenecks>,
) -> (HashMap<&'a Path, Found>, Vec<&'a Entry>) {
    let (rows, skipped) = old.map_or((&[][..], &[][..]), |old| (old.rows(), old.skipped()));
    let rows = rows
        .iter()
        .filter_map(|row| Some((row.path.as_path(), (row.digest, row.stamp?))));
    let skipped = skipped
        .iter()
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

/// What the new file says, from what was found of each file.
fn header(
    dataset: &Dataset,
    base: &Network,
    seen: &HashMap<&Path, Found>,
    contents: &Contents,
) -> Header {
    let unreadable = dataset.unreadable.iter().map(|(path, reason)| Skipped {
        path: path.clone(),
        digest: None,
        stamp: None,
        reason: reason.clone(),
    });
    let (mut rows, mut skipped) = (Vec::new(), unreadable.collect::<Vec<_>>());
    for entry in &dataset.entries {
        let Some(found) = seen.get(entry.path.as_path()) else {
            continue;
        };
        let (path, digest, stamp) = (entry.path.clone(), found.digest, found.stamp);
        let known_bad = digest.and_then(|digest| contents.bad.get(&digest));
        match (&found.content, known_bad, digest) {
            (Content::Bad(reason), ..) | (_, Some(reason), _) => {
                skipped.push(Skipped {
                    path,
                    digest,
                    stamp,
                    reason: reason.clone(),
                });
            }
            (_, None, Some(digest)) => rows.push(Row {
                path,
                label: entry.label,
                digest,
                stamp,
            }),
            (_, None, None) => {}
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Header {
        architecture: base.architecture.clone(),
        base: base.digest,
        preprocess: base.preprocess.fingerprint(),
        size: base.bottleneck_size as u32,
        labels: dataset.labels.clone(),
        origin: dataset.origin.clone(),
        rows,
        skipped,
    }
}

fn nothing_usable(dataset: &Dataset, skipped: &[Skipped]) -> Error {
    let first = skipped
        .first()
        .map(|bad| format!("; {}: {}", bad.path.display(), bad.reason));
    Error::Dataset {
        path: dataset.root.clone(),
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
    let places = old.map(Bottlenecks::rows_by_digest).unwrap_or_default();
    cache::write(out, header, quietly, |row| {
        match (places.get(&row.digest), old, journal) {
            (Some(&index), Some(old), _) => Ok(Cow::Borrowed(old.bottleneck(index))),
            (_, _, Some(journal)) => Ok(Cow::Owned(journal.bottleneck(&row.digest)?)),
            _ => Err(io::Error::other("a bottleneck was lost")),
        }
    })
}
