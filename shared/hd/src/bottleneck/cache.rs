//! `bottlenecks.bin`: one row an image or view of one, sorted by path, and a matrix of floats
//! beside it.
//!
//! Behind the frame that [`crate::file`] describes, the header holds, in this order: the base's
//! architecture, its digest, the preprocessing as JSON, its fingerprint, the bottleneck size D, the
//! labels, where the images came from, how they were distorted, the rows, and the files that were
//! skipped. A row is a path relative to the folder of images, a label's index, the BLAKE3 digest of
//! the file, the file's size and time if they can be trusted to show a change, the image's number
//! of pixels, notes on it, a bit each, the split that it was given, if it was, and the number of the view, which is 0 for the image itself. The payload is rows x D
//! float32, little-endian, in the order of the rows, which is that of paths and then views; it
//! begins at a multiple of 64 bytes, so that it can be used where it is mapped. Nothing may follow
//! it.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use serde::{Deserialize, Serialize};

use crate::dataset::Stamp;
use crate::digest::{Digest, base_name};
use crate::error::{Error, Result};
use crate::file;
use crate::frame::Format;
use crate::onnx::Network;
use crate::origin::Origin;
use crate::photo::{Distortion, Notes, Preprocess};
use crate::split::Split;

const FORMAT: Format = Format {
    magic: *b"HDBOTTLE",
    version: 4,
    what: "a file of bottlenecks",
    maker: "hd-bottleneck",
};

/// The payload is written and mapped as it lies in memory.
const _: () = assert!(
    cfg!(target_endian = "little"),
    "bottlenecks.bin is little-endian"
);

/// An image or a view of one, without its bottleneck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its path relative to the folder of images.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The index of its label.
    pub label: u32,
    /// The digest of its content.
    pub digest: Digest,
    /// Its size and time when it was read; absent where a later change might leave both as they
    /// are.
    pub stamp: Option<Stamp>,
    /// How many pixels it has.
    pub pixels: u64,
    /// Why somebody should look at it.
    pub notes: Notes,
    /// The split that its folder or its list gives it.
    pub split: Option<Split>,
    /// Which view of it this is: 0 is the image itself, the others are distorted.
    pub variant: u32,
}

/// A file that is no image, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path relative to the folder of images.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The digest of its content, if it could be read and that content can never be used.
    pub digest: Option<Digest>,
    /// Its size and time, as in a row.
    pub stamp: Option<Stamp>,
    /// Why it is not used.
    pub reason: String,
    /// How many pixels it has, if there being too many is why; otherwise 0.
    pub pixels: u64,
}

/// Everything but the floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) architecture: String,
    pub(super) base: Digest,
    #[serde(with = "as_json")]
    pub(super) preprocess: Preprocess,
    pub(super) fingerprint: Digest,
    pub(super) size: u32,
    pub(super) labels: Vec<String>,
    pub(super) origin: Option<Origin>,
    pub(super) distortion: Option<Distortion>,
    pub(super) rows: Vec<Row>,
    pub(super) skipped: Vec<Skipped>,
}

impl Header {
    /// Identifies the bottleneck of a row: by the content of the image, and by the view.
    pub(super) fn key(&self, row: &Row) -> Digest {
        match &self.distortion {
            Some(distortion) => distortion.key(&row.digest, row.variant),
            None => row.digest,
        }
    }

    /// Whether two headers say the same of the same images, but for the times of their files.
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
    file: File,
    map: Mmap,
    payload: usize,
}

impl Bottlenecks {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// A file that is missing, something else, of another version, or not whole.
    pub fn open(path: &Path) -> Result<Self> {
        let (file, map) = map(path)?;
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
        let views = header
            .distortion
            .map_or(1, |it| it.variants.saturating_add(1));
        let in_order = |(row, number): (&Row, u32)| row.variant == number;
        if header.rows.len() % views as usize != 0
            || !header.rows.iter().zip((0..views).cycle()).all(in_order)
        {
            return Err(damaged("its views are not in order".to_owned()));
        }
        Ok(Self {
            path: path.to_path_buf(),
            header,
            file,
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

    /// The preprocessing of the images.
    pub fn preprocess(&self) -> &Preprocess {
        &self.header.preprocess
    }

    /// Identifies the preprocessing, and the version of the code that did it.
    pub fn fingerprint(&self) -> Digest {
        self.header.fingerprint
    }

    /// How the views beside the images themselves were distorted, if there are any.
    pub fn distortion(&self) -> Option<&Distortion> {
        self.header.distortion.as_ref()
    }

    /// The size D of a bottleneck.
    pub fn size(&self) -> usize {
        self.header.size as usize
    }

    /// The labels; a row's label is an index into them.
    pub fn labels(&self) -> &[String] {
        &self.header.labels
    }

    /// Where the images came from, if that is known.
    pub fn origin(&self) -> Option<&Origin> {
        self.header.origin.as_ref()
    }

    /// The images and views, sorted by path and number of the view.
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

    /// The bottleneck of the row `index`, read from the file and not from the map: the pages of a
    /// map that is gone through from end to end would all count as this process's memory.
    pub(super) fn read_bottleneck(&self, index: usize) -> io::Result<Vec<f32>> {
        let mut floats = vec![0f32; self.size()];
        let offset = self.payload + index * self.size() * 4;
        self.file
            .read_exact_at(bytemuck::cast_slice_mut(&mut floats), offset as u64)?;
        Ok(floats)
    }

    /// Errors unless the file was made with `base`.
    ///
    /// # Errors
    /// [`Error::OtherBase`], naming both.
    pub fn check_base(&self, base: &Network) -> Result<()> {
        if self.base() == base.digest {
            return Ok(());
        }
        Err(Error::OtherBase {
            path: self.path.clone(),
            made_with: base_name(self.architecture(), &self.base()),
            other: base.path.clone(),
            given: base.name(),
        })
    }

    /// Whether the rows can be taken over for `base`.
    pub(super) fn is_of(&self, base: &Network) -> bool {
        self.base() == base.digest && self.fingerprint() == base.preprocess.fingerprint()
    }

    pub(super) fn not_finite(&self) -> Error {
        FORMAT.damaged(&self.path, "a bottleneck holds something that is no number")
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// The key of each row's bottleneck.
    pub(super) fn keys(&self) -> impl Iterator<Item = Digest> {
        self.rows().iter().map(|row| self.header.key(row))
    }
}

/// Writes a file of bottlenecks; `bottleneck` gives each row's floats in turn.
///
/// `quietly` keeps the time of the old file, for a new one that says nothing new.
pub(super) fn write(
    path: &Path,
    header: &Header,
    quietly: bool,
    mut bottleneck: impl FnMut(&Row) -> io::Result<Vec<f32>>,
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

fn map(path: &Path) -> Result<(File, Mmap)> {
    let file = File::open(path).map_err(Error::io(path, "open"))?;
    if !file.metadata().map_err(Error::io(path, "read"))?.is_file() {
        return Err(Error::Foreign {
            path: path.to_path_buf(),
            expected: FORMAT.what,
            found: "is a folder or device".to_owned(),
        });
    }
    let map = file::map(&file).map_err(Error::io(path, "map"))?;
    Ok((file, map))
}

/// A rule as its JSON, which a later version can tell from damage.
mod as_json {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::photo::Preprocess;

    pub(super) fn serialize<S: Serializer>(
        rule: &Preprocess,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(rule).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Preprocess, D::Error> {
        let json = String::deserialize(deserializer)?;
        serde_json::from_str(&json).map_err(D::Error::custom)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{Filter, ResizeRule};

    const SIZE: u32 = 3;

    fn row(path: &str, label: u32, variant: u32) -> Row {
        Row {
            path: path.into(),
            label,
            digest: Digest::of(path.as_bytes()),
            stamp: None,
            pixels: 12,
            notes: Notes::default(),
            split: None,
            variant,
        }
    }

    fn header() -> Header {
        let preprocess = Preprocess {
            width: 4,
            height: 4,
            resize: ResizeRule::Squash,
            filter: Filter::Antialiased,
            full_decode: false,
            keep_truncated: false,
        };
        Header {
            architecture: "net".into(),
            base: Digest::of(b"base"),
            fingerprint: preprocess.fingerprint(),
            preprocess,
            size: SIZE,
            labels: vec!["a".into(), "b".into()],
            origin: None,
            distortion: None,
            rows: vec![row("a/1.jpg", 0, 0), row("b/2.jpg", 1, 0)],
            skipped: Vec::new(),
        }
    }

    /// The bytes of a file with this header, and with `floats` behind it.
    fn file_of(header: &Header, floats: &[f32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        FORMAT.write_header(&mut bytes, header).unwrap();
        bytes.extend_from_slice(bytemuck::cast_slice(floats));
        bytes
    }

    fn whole() -> Vec<u8> {
        file_of(&header(), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    }

    fn open(bytes: &[u8]) -> Result<Bottlenecks> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bottlenecks.bin");
        std::fs::write(&path, bytes).unwrap();
        Bottlenecks::open(&path)
    }

    /// The message of the error, behind the name of the file.
    fn reason(bytes: &[u8]) -> String {
        let message = open(bytes).unwrap_err().to_string();
        let (path, reason) = message.split_once(": ").unwrap();
        assert!(path.ends_with("/bottlenecks.bin"), "{message}");
        reason.to_owned()
    }

    #[test]
    fn is_read_as_it_was_written() {
        let file = open(&whole()).unwrap();
        assert_eq!(file.header(), &header());
        assert_eq!(file.bottleneck(1), [4.0, 5.0, 6.0]);
        assert!(file.bottleneck(2).is_empty());
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_that_names_it() {
        let whole = whole();
        for length in 0..whole.len() {
            let reason = reason(&whole[..length]);
            let expected = match length {
                0 => "it is empty",
                1..8 => "it begins with",
                _ if length < whole.len() - 24 => "it is cut short in its header",
                _ => "bytes of floats for 2 rows of 3",
            };
            assert!(reason.contains(expected), "cut to {length}: {reason}");
        }
    }

    #[test]
    fn a_file_of_another_kind_or_version_is_an_error_that_says_so() {
        let changed = |at: usize| {
            let mut bytes = whole();
            bytes[at] ^= 1;
            reason(&bytes)
        };
        assert!(changed(0).starts_with("not a file of bottlenecks (it begins with"));
        assert!(changed(8).contains("of format version 5, where version 4 was expected"));
        assert!(changed(24).contains("its header does not have the digest that it should have"));
        assert!(changed(60).contains("its header does not have the digest that it should have"));
    }

    #[test]
    fn a_header_that_is_something_else_is_an_error() {
        let mut bytes = Vec::new();
        FORMAT.write_header(&mut bytes, &"something else").unwrap();
        assert!(reason(&bytes).contains("its header cannot be decoded"));
        let mut bytes = Vec::new();
        FORMAT.write_header(&mut bytes, &(header(), 7u32)).unwrap();
        assert!(reason(&bytes).contains("its header has bytes left over"));
    }

    #[test]
    fn floats_that_do_not_fit_the_rows_are_an_error() {
        let mut more = whole();
        more.push(0);
        assert!(reason(&more).contains("25 bytes of floats for 2 rows of 3"));
        let three = Header {
            rows: vec![row("a/1", 0, 0), row("a/2", 0, 0), row("a/3", 0, 0)],
            ..header()
        };
        assert!(reason(&file_of(&three, &[0.0; 6])).contains("24 bytes of floats for 3 rows of 3"));
        let huge = Header {
            size: u32::MAX,
            ..header()
        };
        assert!(reason(&file_of(&huge, &[0.0; 6])).contains("for 2 rows of 4294967295"));
    }

    #[test]
    fn a_row_with_a_label_out_of_range_is_an_error() {
        let stray = Header {
            rows: vec![row("a/1.jpg", 0, 0), row("b/2.jpg", 2, 0)],
            ..header()
        };
        assert!(reason(&file_of(&stray, &[0.0; 6])).contains("a label that is not in its list"));
    }

    #[test]
    fn views_that_are_missing_or_out_of_order_are_an_error() {
        let distortion = |variants| Distortion {
            flip_left_right: true,
            random_crop: 0,
            random_scale: 0,
            random_brightness: 0,
            variants,
            seed: 0,
        };
        let views = |variants, rows: Vec<Row>| Header {
            distortion: Some(distortion(variants)),
            rows,
            ..header()
        };
        let swapped = views(1, vec![row("a/1", 0, 1), row("a/1", 0, 0)]);
        let missing = views(2, vec![row("a/1", 0, 0), row("a/1", 0, 1)]);
        let countless = views(u32::MAX, vec![row("a/1", 0, 0), row("a/1", 0, 1)]);
        let none = Header {
            rows: vec![row("a/1", 0, 0), row("a/1", 0, 1)],
            ..header()
        };
        for header in [swapped, missing, countless, none] {
            let reason = reason(&file_of(&header, &[0.0; 6]));
            assert!(reason.contains("its views are not in order"), "{reason}");
        }
        let right = views(1, vec![row("a/1", 0, 0), row("a/1", 0, 1)]);
        assert!(open(&file_of(&right, &[0.0; 6])).is_ok());
    }

    #[test]
    fn a_folder_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let message = Bottlenecks::open(folder.path()).unwrap_err().to_string();
        assert!(message.contains("(it is a folder or device)"), "{message}");
        let nowhere = folder.path().join("bottlenecks.bin");
        let message = Bottlenecks::open(&nowhere).unwrap_err().to_string();
        assert!(
            message.ends_with("bottlenecks.bin: cannot open"),
            "{message}"
        );
    }

    #[test]
    fn a_float_that_is_no_number_is_found_before_it_is_used() {
        for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("bottlenecks.bin");
            let floats = [1.0, 2.0, 3.0, 4.0, float, 6.0];
            std::fs::write(&path, file_of(&header(), &floats)).unwrap();
            let samples = super::super::samples::Samples::open(&[path]).unwrap();
            let message = samples.check_finite().unwrap_err().to_string();
            let expected = "damaged: a bottleneck holds something that is no number";
            assert!(message.contains("bottlenecks.bin: ") && message.ends_with(expected));
        }
    }
}
