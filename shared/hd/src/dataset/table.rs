//! Lists with a header: CSV and its kin, as spreadsheets and other tools write them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::division::split_named;
use super::record::{Record, labelled};

/// Names of the column of paths, of labels and of splits, in lower case.
const PATHS: [&str; 9] = [
    "path",
    "filename",
    "file",
    "file_name",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "img",
];
const LABELS: [&str; 8] = [
    "label",
    "class",
    "category",
    "target",
    "class_name",
    "label_name",
    "labels",
    "y",
];
const SPLITS: [&str; 5] = ["split", "set", "subset", "partition", "fold"];

/// The columns of a list.
struct Columns {
    path: usize,
    label: Option<usize>,
    split: Option<usize>,
}

impl Columns {
    /// The columns that a header names, if it names one of paths and another one.
    fn of(header: &csv::StringRecord) -> Option<Self> {
        let find = |names: &[&str]| {
            let is_named = |cell: &str| names.contains(&cell.trim().to_lowercase().as_str());
            header.iter().position(is_named)
        };
        let columns = Self {
            path: find(&PATHS)?,
            label: find(&LABELS),
            split: find(&SPLITS),
        };
        (columns.label.is_some() || columns.split.is_some()).then_some(columns)
    }
}

/// The records of a list that begins with a header; none where it does not.
///
/// # Errors
/// The first record that makes no sense, by its number.
pub(super) fn records(list: &str) -> Option<Result<Vec<Record>, String>> {
    let first = list.lines().find(|line| !line.trim().is_empty())?;
    b",;\t".iter().find_map(|delimiter| {
        let mut reader = reader(first, *delimiter);
        let columns = Columns::of(reader.headers().ok()?)?;
        Some(rows(list, *delimiter, &columns))
    })
}

fn reader(list: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All);
    builder.from_reader(list.as_bytes())
}

fn rows(list: &str, delimiter: u8, columns: &Columns) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    for row in reader(list, delimiter).records() {
        let row = row.map_err(|error| error.to_string())?;
        let number = row.position().map_or(0, csv::Position::line);
        let record = record(&row, columns).map_err(|reason| format!("line {number}: {reason}"))?;
        records.extend(record.map(|record| Record { number, ..record }));
    }
    Ok(records)
}

fn record(row: &csv::StringRecord, columns: &Columns) -> Result<Option<Record>, String> {
    if row.iter().all(str::is_empty) {
        return Ok(None);
    }
    let cell = |column: usize| row.get(column).unwrap_or_default();
    let path = Path::new(OsStr::new(cell(columns.path)));
    let split = match columns.split.map(cell) {
        None | Some("") => None,
        Some(name) => match split_named(name.as_ref()) {
            Some(split) => Some(split),
            None => return Err(format!("'{name}' is no split: it is train, val or test")),
        },
    };
    let label = columns.label.map(cell);
    labelled(label, path).map(|(label, path): (String, PathBuf)| {
        Some(Record {
            label,
            path,
            split,
            number: 0,
        })
    })
}
