//! What the formats have in common: deciding where an entry goes, writing it, and naming what is
//! wrong with it.

use std::fs::{self, File};
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::meter::{Limits, Meter};
use super::name;
use crate::error::Error;
use crate::progress::Progress;
use crate::transfer::pour;

/// The size of what [`unpack`](super::unpack) wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Number of files.
    pub files: u64,
    /// Their length in all.
    pub bytes: u64,
}

/// One archive on its way into one folder.
pub(super) struct Unpacker<'a> {
    archive: &'a Path,
    into: &'a Path,
    keep: &'a dyn Fn(&Path) -> Option<PathBuf>,
    progress: &'a dyn Progress,
    meter: Meter,
}

/// The kind of an entry, as it claims itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum EntryKind {
    File,
    Folder,
    Link,
    Sparse,
    Other,
}

impl<'a> Unpacker<'a> {
    /// For an archive of `packed` bytes.
    pub(super) fn new(
        archive: &'a Path,
        into: &'a Path,
        keep: &'a dyn Fn(&Path) -> Option<PathBuf>,
        progress: &'a dyn Progress,
        limits: &Limits,
        packed: u64,
    ) -> Self {
        Unpacker {
            archive,
            into,
            keep,
            progress,
            meter: Meter::new(*limits, packed),
        }
    }

    /// The counts so far.
    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Tells that so many more bytes of the archive are dealt with.
    pub(super) fn advance(&self, bytes: u64) {
        self.progress.advance(bytes);
    }

    /// A reader of the archive that tells how far it is.
    pub(super) fn watch<R: BufRead>(&self, inner: R) -> Watched<'a, R> {
        Watched {
            inner,
            progress: self.progress,
        }
    }

    /// Where an entry goes, or `None` if it is a folder or the caller does not want it.
    pub(super) fn target(&self, entry: &str, kind: EntryKind) -> Result<Option<PathBuf>, Error> {
        let path = name::sanitise(entry).map_err(|reason| self.unsafe_entry(entry, reason))?;
        match kind {
            EntryKind::Folder => return Ok(None),
            EntryKind::File if path.as_os_str().is_empty() => {
                return Err(self.unsafe_entry(entry, "it is a file without a name"));
            }
            EntryKind::File => {}
            EntryKind::Link => return Err(self.unsafe_entry(entry, "it is a link")),
            EntryKind::Sparse => return Err(self.unsafe_entry(entry, "it is a sparse file")),
            EntryKind::Other => {
                return Err(self.unsafe_entry(entry, "it is neither a file nor a folder"));
            }
        }
        match (self.keep)(&path) {
            Some(target) if !name::stays_below(&target) => {
                Err(self.unsafe_entry(entry, "it would leave the folder"))
            }
            target => Ok(target.map(|target| self.into.join(target))),
        }
    }

    /// Writes an entry to the new file `target`, and adds it to the summary.
    pub(super) fn write(
        &self,
        entry: &str,
        reader: impl Read,
        target: &Path,
        summary: &mut Summary,
    ) -> Result<u64, Error> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::file(folder, "create"))?;
        }
        // The folder was empty, so a file that is there came from this archive.
        let mut file = File::create_new(target).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => self.duplicate(entry),
            _ => Error::file(target, "create")(error),
        })?;
        let mut write = |bytes: &[u8]| file.write_all(bytes);
        let written = pour(
            reader,
            |bytes| write(bytes).map_err(Error::file(target, "write to")),
            |_, error| self.damaged_entry(entry, error),
        )?;
        summary.files += 1;
        summary.bytes += written;
        Ok(written)
    }

    /// The error for an archive whose reader failed: it is damaged, or passed a limit.
    pub(super) fn damaged(&self, source: io::Error) -> Error {
        let archive = self.archive.to_path_buf();
        match self.meter.passed() {
            Some(limit) => Error::TooLarge { archive, limit },
            None => Error::DamagedArchive { archive, source },
        }
    }

    /// The same for one entry.
    pub(super) fn damaged_entry(&self, entry: &str, source: io::Error) -> Error {
        match self.damaged(source) {
            Error::DamagedArchive { archive, source } => Error::DamagedEntry {
                archive,
                entry: entry.to_string(),
                source,
            },
            other => other,
        }
    }

    /// The error for an entry that has the same name as another one.
    pub(super) fn duplicate(&self, entry: &str) -> Error {
        Error::DuplicateEntry {
            archive: self.archive.to_path_buf(),
            entry: entry.to_string(),
        }
    }

    /// The error for a file of no known format.
    pub(super) fn no_archive(&self) -> Error {
        Error::NotAnArchive {
            archive: self.archive.to_path_buf(),
        }
    }

    fn unsafe_entry(&self, entry: &str, reason: &'static str) -> Error {
        Error::UnsafeEntry {
            archive: self.archive.to_path_buf(),
            entry: entry.to_string(),
            reason,
        }
    }
}

/// A reader that tells how far it is.
pub(super) struct Watched<'a, R> {
    inner: R,
    progress: &'a dyn Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}
