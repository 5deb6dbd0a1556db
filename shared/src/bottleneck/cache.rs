//! `bottlenecks.bin`: one row a picture, sorted by path, and a matrix of floats beside it.
//!
//! Behind the frame that [`crate::file`] describes, the header holds, in this order: the base's architecture, its
//! digest, the fingerprint of the preprocessing, the bottleneck size D, the labels, where the pictures came from,
//! the rows, and the files that were skipped. A row is a path relative to the folder of pictures, a label's index,
//! the BLAKE3 digest of the file, and the file's size and time if they can be trusted to show a change. The payload
//! is rows x D float32, little-endian, in the order of the rows; it begins at a multiple of 64 bytes, so that it can
//! be used where it is mapped. Nothing may follow it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use serde::{Deserialize, Serialize};

use crate::dataset::Stamp;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file::{self, Format};
use crate::onnx::Network;
use crate::origin::Origin;

const FORMAT: Format = Format {
    magic: *b"HDBOTTLE",
    version: 1,
    what: "a file of bottlenecks",
    maker: "hd-bottleneck",
};

/// The payload is written and mapped as it lies in memory.
const _: () = assert!(
    cfg!(target_endian = "little"),
    "bottlenecks.bin is little-endian"
);

/// What a picture is, beside its bottleneck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its path relative to the folder of pictures.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The index of its label.
    pub label: u32,
    /// The digest of its content.
    pub digest: Digest,
    /// Its size and time when it was read; absent where a later change might leave both as they are.
    pub stamp: Option<Stamp>,
}

/// A file that is no picture, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path relative to the folder of pictures.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The digest of its content, if it could be read.
    pub digest: Option<Digest>,
    /// Its size and time, as in a row.
    pub stamp: Option<Stamp>,
    /// Why it is not used.
    pub reason: String,
}

/// Everything but the floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) architecture: String,
    pub(super) base: Digest,
    pub(super) preprocess: Digest,
    pub(super) size: u32,
    pub(super) labels: Vec<String>,
    pub(super) origin: Option<Origin>,
    pub(super) rows: Vec<Row>,
    pub(super) skipped: Vec<Skipped>,
}

impl Header {
    /// Whether two headers say the same of the same pictures, whatever the times of their files.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let timeless = |header: &Self| {
            let mut header = header.clone();
            header.rows.iter_mut().for_each(|row| row.stamp = None);
            header
                .skipped
                .iter_mut()
                .for_each(|skipped| skipped.stamp = None);
            header
        };
        timeless(self) == timeless(other)
    }
}

/// A file of bottlenecks, mapped into memory.
#[derive(Debug)]
pub struct Bottlenecks {
    path: PathBuf,
    header: Header,
    map: Mmap,
    payload: usize,
}

impl Bottlenecks {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// A file that is missing, something else, of another version, or not whole.
    pub fn open(path: &Path) -> Result<Self> {
        let map = map(path)?;
        let (header, payload): (Header, usize) = FORMAT.read_header(path, &map)?;
        let damaged = |reason: String| FORMAT.damaged(path, reason);
        let expected = (header.size as usize)
            .checked_mul(4)
            .and_then(|row| row.checked_mul(header.rows.len()));
        let found = map.len() - payload;
        if expected != Some(found) {
            let (rows, size) = (header.rows.len(), header.size);
            return Err(damaged(format!(
                "{found} bytes of floats for {rows} rows of {size}"
            )));
        }
        if header
            .rows
            .iter()
            .any(|row| row.label as usize >= header.labels.len())
        {
            return Err(damaged(
                "a row has a label that is not in its list".to_owned(),
            ));
        }
        Ok(Self {
            path: path.to_path_buf(),
            header,
            map,
            payload,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the base.
    pub fn architecture(&self) -> &str {
        &self.header.architecture
    }

    /// The digest of the base's file.
    pub fn base(&self) -> Digest {
        self.header.base
    }

    /// The fingerprint of what was done to the pictures before the base saw them.
    pub fn preprocess(&self) -> Digest {
        self.header.preprocess
    }

    /// The size D of a bottleneck.
    pub fn size(&self) -> usize {
        self.header.size as usize
    }

    /// The labels; a row's label is an index into them.
    pub fn labels(&self) -> &[String] {
        &self.header.labels
    }

    /// Where the pictures came from, if that is known.
    pub fn origin(&self) -> Option<&Origin> {
        self.header.origin.as_ref()
    }

    /// The pictures, sorted by path.
    pub fn rows(&self) -> &[Row] {
        &self.header.rows
    }

    /// The files that were skipped, sorted by path.
    pub fn skipped(&self) -> &[Skipped] {
        &self.header.skipped
    }

    /// The bottleneck of the row `index`: D floats, none where there is no such row.
    pub fn bottleneck(&self, index: usize) -> &[f32] {
        let bytes = self.map.get(self.payload..).unwrap_or_default();
        let floats: &[f32] = bytemuck::try_cast_slice(bytes).unwrap_or_default();
        floats
            .chunks_exact(self.size().max(1))
            .nth(index)
            .unwrap_or_default()
    }

    /// Errors unless the file was made with `base`.
    ///
    /// # Errors
    /// [`Error::OtherBase`], naming both.
    pub fn check_base(&self, base: &Network) -> Result<()> {
        if self.is_of(base) {
            return Ok(());
        }
        Err(Error::OtherBase {
            path: self.path.clone(),
            made_with: crate::error::base_name(self.architecture(), &self.base()),
            other: base.path.clone(),
            given: base.name(),
        })
    }

    /// Whether the rows can be taken over for `base`.
    pub(super) fn is_of(&self, base: &Network) -> bool {
        self.header.base == base.digest && self.header.preprocess == base.preprocess.fingerprint()
    }

    pub(super) fn not_finite(&self) -> Error {
        FORMAT.damaged(&self.path, "a bottleneck holds something that is no number")
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Where each content's bottleneck is.
    pub(super) fn rows_by_digest(&self) -> HashMap<Digest, usize> {
        self.rows()
            .iter()
            .enumerate()
            .map(|(index, row)| (row.digest, index))
            .collect()
    }

    /// Prints the header and the rows as tab-separated text.
    pub fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# base\t{}\t{}", self.architecture(), self.base())?;
        writeln!(out, "# preprocessing\t{}", self.preprocess())?;
        writeln!(out, "# size\t{}", self.size())?;
        writeln!(out, "# labels\t{}", self.labels().join("\t"))?;
        if let Some(origin) = self.origin() {
            let kind = if origin.drawings {
                "drawings"
            } else {
                "photos"
            };
            writeln!(out, "# {kind}\t{}\t{}", origin.name, origin.source)?;
        }
        for skipped in self.skipped() {
            out.write_all(b"# skipped\t")?;
            out.write_all(&crate::tsv::field(&skipped.path))?;
            writeln!(out, "\t{}", skipped.reason)?;
        }
        writeln!(out, "path\tlabel\tdigest")?;
        self.write_rows(out)
    }
}

/// Writes a file of bottlenecks; `bottleneck` gives each row's floats in turn.
///
/// `quietly` keeps the time of the old file, for a new one that says nothing new.
pub(super) fn write<'a>(
    path: &Path,
    header: &Header,
    quietly: bool,
    mut bottleneck: impl FnMut(&Row) -> io::Result<std::borrow::Cow<'a, [f32]>>,
) -> Result<()> {
    let write = |out: &mut dyn Write| {
        FORMAT.write_header(out, header)?;
        header.rows.iter().try_for_each(|row| {
            let floats = bottleneck(row)?;
            out.write_all(bytemuck::cast_slice(&floats))
        })
    };
    match quietly {
        true => file::replace_quietly(path, write),
        false => file::replace(path, write),
    }
}

#[allow(
    unsafe_code,
    reason = "a map is what lets a million rows be used without being read"
)]
fn map(path: &Path) -> Result<Mmap> {
    let file = File::open(path).map_err(Error::io(path, "open"))?;
    if !file.metadata().map_err(Error::io(path, "read"))?.is_file() {
        return Err(Error::Foreign {
            path: path.to_path_buf(),
            expected: FORMAT.what,
            found: "is a folder or device".to_owned(),
        });
    }
    // SAFETY: the file is only ever replaced as a whole, by a rename, which leaves this map the old one. A stranger
    // who cuts it short under us would end the process with SIGBUS, but nothing is believed that was not checked.
    unsafe { Mmap::map(&file) }.map_err(Error::io(path, "map"))
}

/// Paths as their bytes, since a name need not be UTF-8.
mod path_bytes {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().as_bytes().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        Ok(PathBuf::from(OsString::from_vec(bytes)))
    }
}
