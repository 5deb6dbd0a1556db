//! A file of bottlenecks, read and written.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use hd_rows::Source;
use memmap2::Mmap;
use rayon::prelude::*;

use super::blocks::{self, Blocks, check};
use super::layout::{FORMAT, Header, Row, Skipped};
use super::precision::Precision;
use crate::digest::{Digest, base_name};
use crate::error::{Error, Result};
use crate::file;
use crate::onnx::Network;
use crate::origin::Origin;
use crate::photo::{Distortion, Preprocess};
use crate::tsv::is_printable;

/// A file of bottlenecks, mapped into memory.
#[derive(Debug)]
pub struct Bottlenecks {
    path: PathBuf,
    header: Header,
    file: File,
    map: Mmap,
    payload: usize,
    blocks: Blocks,
    /// Whether bottlenecks are read from the file, and not from the map.
    is_read: bool,
}

impl Source for Bottlenecks {
    fn row(&self, index: usize) -> Cow<'_, [f32]> {
        self.bottleneck(index)
    }
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
        let found = map.len() - payload;
        let blocks = Blocks::of(header.rows.len(), header.size as usize, header.precision);
        let expected = blocks.lengths();
        if expected.and_then(|(matrix, checks)| matrix.checked_add(checks)) != Some(found) {
            let (rows, size) = (header.rows.len(), header.size);
            return Err(damaged(format!(
                "{found} bytes of floats and checks for {rows} rows of {size}"
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
        if !header
            .labels
            .iter()
            .chain([&header.architecture])
            .all(|name| is_printable(name))
        {
            return Err(damaged("a name in it has control characters".to_owned()));
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
            blocks,
            is_read: false,
        })
    }

    /// Takes the rows out of memory, where what is needed of them was kept in less, and the part of the
    /// map that they were read from.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn forget_rows(&mut self) -> Result<()> {
        self.header.rows = Vec::new();
        self.map = file::map(&self.file).map_err(Error::io(&self.path, "map"))?;
        Ok(())
    }

    /// From now on reads bottlenecks from the file, and not from the map.
    pub(super) fn read_when_asked(&mut self) {
        self.is_read = true;
    }

    /// The bytes of all bottlenecks.
    pub(super) fn bytes_of_matrix(&self) -> u64 {
        self.matrix().len() as u64
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

    /// How their numbers are kept.
    pub fn precision(&self) -> Precision {
        self.header.precision
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
    pub fn bottleneck(&self, index: usize) -> Cow<'_, [f32]> {
        self.precision()
            .floats(self.bytes(self.blocks.bytes_of_row(index)))
    }

    /// Some bytes of the matrix. Where they cannot be read the system says so, by a signal, when the map
    /// is looked at.
    fn bytes(&self, range: Range<usize>) -> Cow<'_, [u8]> {
        let mapped = self.matrix().get(range.clone()).unwrap_or_default();
        let is_read = self.is_read && !mapped.is_empty();
        match is_read.then(|| self.read(range)) {
            Some(Ok(read)) => Cow::Owned(read),
            _ => Cow::Borrowed(mapped),
        }
    }

    /// Some bytes of the matrix, read from the file and not from the map: the pages of a map that is gone
    /// through from end to end would all count as this process's memory.
    fn read(&self, range: Range<usize>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; range.len()];
        let offset = self.payload + range.start;
        self.file.read_exact_at(&mut bytes, offset as u64)?;
        Ok(bytes)
    }

    /// The bytes of all bottlenecks.
    fn matrix(&self) -> &[u8] {
        let (matrix, _) = self.blocks.lengths().unwrap_or_default();
        let payload = self.map.get(self.payload..).unwrap_or_default();
        payload.get(..matrix).unwrap_or_default()
    }

    /// Errors if any bottleneck is not what was written, or holds something that is no number.
    ///
    /// # Errors
    /// [`Error::DamagedRows`] and [`Error::Damaged`], for the first such block of rows.
    pub(super) fn check(&self) -> Result<()> {
        let trouble = |block: usize| {
            let bytes = self.bytes(self.blocks.bytes(block));
            let is_whole = self.is_whole(block, &bytes);
            match (is_whole, is_finite(&self.precision().floats(bytes))) {
                (false, _) => Some(self.damaged_rows(block)),
                (true, false) => Some(self.not_finite()),
                (true, true) => None,
            }
        };
        let blocks = (0..self.blocks.count()).into_par_iter();
        blocks.find_map_first(trouble).map_or(Ok(()), Err)
    }

    /// The rows whose bottlenecks are not what was written, or cannot be read. They are read from
    /// the file, as [`Self::read_bottleneck`] does.
    pub(super) fn damaged(&self) -> Vec<usize> {
        let blocks = self.blocks;
        let is_damaged = |block: &usize| {
            let read = self.read(blocks.bytes(*block));
            !read.is_ok_and(|bytes| self.is_whole(*block, &bytes))
        };
        let damaged = (0..blocks.count()).into_par_iter().filter(is_damaged);
        damaged.flat_map_iter(|block| blocks.rows(block)).collect()
    }

    /// Whether these bytes are what was written into a block.
    fn is_whole(&self, block: usize, bytes: &[u8]) -> bool {
        let (matrix, _) = self.blocks.lengths().unwrap_or_default();
        let checks = self.map.get(self.payload + matrix..).unwrap_or_default();
        let stored = checks.as_chunks().0.get(block);
        stored == Some(&check(bytes))
    }

    fn damaged_rows(&self, block: usize) -> Error {
        let rows = self.blocks.rows(block);
        // Those in memory may be forgotten.
        let all = FORMAT.read_header(&self.path, &self.map);
        let all = all.map_or(Vec::new(), |(header, _): (Header, usize)| header.rows);
        let path = |row: usize| all.get(row).map_or(PathBuf::new(), |row| row.path.clone());
        Error::DamagedRows {
            path: self.path.clone(),
            first: path(rows.start),
            last: path(rows.end.saturating_sub(1)),
        }
    }

    /// The bottleneck of the row `index`, read from the file.
    pub(super) fn read_bottleneck(&self, index: usize, floats: &mut [f32]) -> io::Result<()> {
        let bytes = self.read(self.blocks.bytes_of_row(index))?;
        floats.copy_from_slice(&self.precision().floats(bytes.into()));
        Ok(())
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

    fn not_finite(&self) -> Error {
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

/// Writes a file of bottlenecks; `bottleneck` gives each row's floats.
///
/// `quietly` keeps the time of the old file, for a new one that says nothing new.
pub(super) fn write(
    path: &Path,
    header: &Header,
    quietly: bool,
    bottleneck: impl Fn(&Row, &mut [f32]) -> io::Result<()> + Sync,
) -> Result<()> {
    let write = |out: &mut dyn Write| {
        FORMAT.write_header(out, header)?;
        let blocks = Blocks::of(header.rows.len(), header.size as usize, header.precision);
        blocks::write(out, blocks, |number, floats| {
            let row = header.rows.get(number);
            row.map_or(Ok(()), |row| bottleneck(row, floats))
        })
    };
    let replace = || match quietly {
        true => file::replace_quietly(path, write),
        false => file::replace(path, write),
    };
    match replace() {
        // Another run that begins to write the same file, and sees no locks, takes the new one for
        // abandoned. It does so once.
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => replace(),
        done => done,
    }
}

/// Whether all are numbers. Every one is looked at, though the first bad one would do: without a way
/// out in its middle the loop takes many at once.
fn is_finite(floats: &[f32]) -> bool {
    floats
        .iter()
        .fold(true, |all, value| all & value.is_finite())
}

fn map(path: &Path) -> Result<(File, Mmap)> {
    file::check_is_file(path, FORMAT.what)?;
    let file = File::open(path).map_err(Error::io(path, "open"))?;
    let map = file::map(&file).map_err(Error::io(path, "map"))?;
    Ok((file, map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bottleneck::Facts;

    const SIZE: u32 = 3;

    fn row(path: &str, label: u32, variant: u32) -> Row {
        Row {
            path: path.into(),
            label,
            digest: Digest::of(path.as_bytes()),
            stamp: None,
            facts: Facts::default(),
            split: None,
            variant,
        }
    }

    fn header() -> Header {
        let preprocess = Preprocess::of_size(4, 4);
        Header {
            architecture: "net".into(),
            base: Digest::of(b"base"),
            fingerprint: preprocess.fingerprint(),
            preprocess,
            size: SIZE,
            precision: Precision::Single,
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
        let blocks = Blocks::of(
            floats.len() / SIZE as usize,
            SIZE as usize,
            header.precision,
        );
        let rows: Vec<&[f32]> = floats.chunks(SIZE as usize).collect();
        let read = |row: usize, floats: &mut [f32]| {
            floats.copy_from_slice(rows[row]);
            Ok(())
        };
        blocks::write(&mut bytes, blocks, read).unwrap();
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
        assert_eq!(*file.bottleneck(1), [4.0, 5.0, 6.0]);
        assert!(file.bottleneck(2).is_empty());
    }

    #[test]
    fn halves_are_read_as_floats_and_take_half_the_room() {
        let halves = Header {
            precision: Precision::Half,
            ..header()
        };
        let bytes = file_of(&halves, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(bytes.len(), whole().len() - 6 * 2);
        let file = open(&bytes).unwrap();
        assert_eq!(*file.bottleneck(1), [4.0, 5.0, 6.0]);
        let mut read = [0.0; 3];
        file.read_bottleneck(0, &mut read).unwrap();
        assert_eq!(read, [1.0, 2.0, 3.0]);
        assert!(file.check().is_ok() && file.damaged().is_empty());
        for float in [f32::NAN, f32::INFINITY] {
            let file = open(&file_of(&halves, &[1.0, 2.0, 3.0, 4.0, float, 6.0])).unwrap();
            let message = file.check().unwrap_err().to_string();
            assert!(
                message.ends_with("something that is no number"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_that_names_it() {
        let whole = whole();
        for length in 0..whole.len() {
            let reason = reason(&whole[..length]);
            let expected = match length {
                0 => "it is empty",
                1..8 => "it begins with",
                _ if length < whole.len() - 32 => "it is cut short in its header",
                _ => "bytes of floats and checks for 2 rows of 3",
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
        assert!(changed(8).contains("of format version 9, where version 8 was expected"));
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
        assert!(reason(&more).contains("33 bytes of floats and checks for 2 rows of 3"));
        let three = Header {
            rows: vec![row("a/1", 0, 0), row("a/2", 0, 0), row("a/3", 0, 0)],
            ..header()
        };
        assert!(
            reason(&file_of(&three, &[0.0; 6]))
                .contains("32 bytes of floats and checks for 3 rows of 3")
        );
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
    fn every_flipped_bit_of_the_floats_is_found_and_its_rows_are_named() {
        let whole = whole();
        for at in whole.len() - 32..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            let file = open(&bytes).unwrap();
            assert_eq!(file.damaged(), [0, 1]);
            let message = file.check().unwrap_err().to_string();
            let expected =
                "damaged: the bottlenecks of a/1.jpg to b/2.jpg are not what was written";
            assert!(message.ends_with(expected), "{message}");
        }
        assert!(open(&whole).unwrap().damaged().is_empty());
    }

    #[test]
    fn a_folder_in_its_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let message = Bottlenecks::open(folder.path()).unwrap_err().to_string();
        assert!(message.contains("(it is a folder)"), "{message}");
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
            let message = samples.check().unwrap_err().to_string();
            let expected = "damaged: a bottleneck holds something that is no number";
            assert!(message.contains("bottlenecks.bin: ") && message.ends_with(expected));
        }
    }
}
