//! Journals that other runs left beside a file of bottlenecks. They are read, and never written to.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hd_weakness::{is_at, try_lock};

use super::blocks::{CHECK, check};
use super::facts::Facts;
use super::record::{DIGEST, FORMAT, Key, LEAD};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file::folder_of;

/// A key, where its floats begin, and what is kept of its image.
type Record = (Digest, u64, Facts);

/// A journal that another run left. Where locks work it is locked.
#[derive(Debug)]
pub(super) struct Left {
    path: PathBuf,
    file: File,
    /// Its bytes when it was read.
    length: u64,
}

/// The journals beside the file of bottlenecks `of`, with the records in them that were computed
/// with `key`.
///
/// # Errors
/// Something else in the place of one; one that another process has open; the operating system's.
pub(super) fn beside(of: &Path, key: &Key) -> Result<Vec<(Left, Vec<Record>)>> {
    let folder = folder_of(of);
    let first = name_beside(of, 1);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io(folder, "read"))? {
        let name = entry.map_err(Error::io(folder, "read"))?.file_name();
        names.extend(number_in(&name, &first).map(|number| (number, name)));
    }
    names.sort();
    let open = |(_, name)| open(of.with_file_name(name), of, key).transpose();
    names.into_iter().filter_map(open).collect()
}

/// The number in the name of a journal, where `first` is the name of the first one.
fn number_in(name: &OsString, first: &OsString) -> Option<u32> {
    match name.as_bytes().strip_prefix(first.as_bytes())? {
        b"" => Some(1),
        [b'.', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok(),
        _ => None,
    }
}

/// Where the journal with this number of the file of bottlenecks `of` lies.
pub(super) fn path_beside(of: &Path, number: u32) -> PathBuf {
    of.with_file_name(name_beside(of, number))
}

fn name_beside(of: &Path, number: u32) -> OsString {
    let mut name = of.file_name().unwrap_or_default().to_owned();
    name.push(".journal");
    if number > 1 {
        name.push(format!(".{number}"));
    }
    name
}

/// Opens and reads one. None where it has vanished, since whoever wrote it is done.
fn open(path: PathBuf, of: &Path, key: &Key) -> Result<Option<(Left, Vec<Record>)>> {
    // A link would lead elsewhere, and a pipe would wait for somebody at its other end.
    if fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Err(occupied(&path));
    }
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(Error::io(&path, "write"))?,
    };
    check_kind(&path, &file)?;
    if !lock(&file, &path, of)? {
        return Ok(None);
    }
    let length = file.metadata().map(|metadata| metadata.len());
    let length = length.map_err(Error::io(&path, "read"))?;
    let records = records(&file, key).map_err(Error::io(&path, "go on with"))?;
    Ok(Some((Left { path, file, length }, records)))
}

impl Left {
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Deletes it, unless it has grown: then there were no locks, and somebody is at work on it.
    pub(super) fn remove(&self) -> Result<()> {
        // Opened anew, since only then a shared file system has to tell its length.
        let now = File::open(&self.path).and_then(|file| file.metadata());
        let is_same = now.is_ok_and(|now| now.len() == self.length);
        if is_same && is_at(&self.file, &self.path) {
            fs::remove_file(&self.path).map_err(Error::io(&self.path, "delete"))?;
        }
        Ok(())
    }
}

/// The records up to the first one that is not whole, none where they were computed with something
/// else.
fn records(file: &File, key: &Key) -> io::Result<Vec<Record>> {
    let (mut header, mut found) = (Vec::new(), Vec::new());
    FORMAT.write_header(&mut header, key)?;
    let mut file = BufReader::with_capacity(1 << 18, file);
    let mut begin = vec![0; header.len()];
    if file.read_exact(&mut begin).is_err() || begin != header {
        return Ok(found);
    }
    let mut offset = header.len() as u64;
    let mut record = vec![0; LEAD + key.size as usize * 4 + CHECK];
    while file.read_exact(&mut record).is_ok() {
        let (body, stored) = record.split_at(record.len() - CHECK);
        let lead = body.split_first_chunk::<DIGEST>();
        let Some((key, rest)) = lead.filter(|_| check(body) == stored) else {
            break;
        };
        let facts = rest.first_chunk().map(Facts::from_bytes);
        let (key, facts) = (Digest::from_bytes(*key), facts.unwrap_or_default());
        found.push((key, offset + LEAD as u64, facts));
        offset += record.len() as u64;
    }
    Ok(found)
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

/// Locks a journal of the file of bottlenecks `of`, and says whether it is still at its path.
///
/// # Errors
/// Another process that has locked it; the operating system's.
pub(super) fn lock(file: &File, path: &Path, of: &Path) -> Result<bool> {
    match try_lock(file).map_err(Error::io(path, "lock"))? {
        true => Ok(is_at(file, path)),
        false => Err(busy(of)),
    }
}

/// Another process is at work on the file of bottlenecks `of`.
pub(super) fn busy(of: &Path) -> Error {
    Error::Busy {
        path: of.to_path_buf(),
    }
}

fn occupied(path: &Path) -> Error {
    Error::Occupied {
        path: path.to_path_buf(),
        detail: format!(", and is not {}", FORMAT.what),
    }
}
