//! Lists as tables: CSV and its kin, as spreadsheets and other tools write them, with a header or
//! without.

use std::ffi::OsStr;
use std::path::Path;

use super::division::split_named;
use super::record::{Record, labelled};
use super::walk::is_named_like_an_image;
#[cfg(test)]
use crate::split::Split;

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
    /// The columns that a header names, if it is one.
    fn named(header: &csv::StringRecord) -> Option<Self> {
        let find = |names: &[&str]| {
            let is_named = |cell: &str| names.contains(&cell.trim().to_lowercase().as_str());
            header.iter().position(is_named)
        };
        let path = find(&PATHS)?;
        let (label, split) = (find(&LABELS), find(&SPLITS));
        // A list of paths may begin with an image that is called `image`.
        let is_header =
            label.is_some() || split.is_some() || !Path::new(header.get(path)?).exists();
        is_header.then_some(Self { path, label, split })
    }

    /// The columns of a table without a header, by what is in them: paths of images in one, splits
    /// in one at most, and labels in another. None where it is no such table.
    fn of_cells(rows: &[csv::StringRecord]) -> Option<Self> {
        let first = rows.first()?;
        let is_whole = |row: &csv::StringRecord| row.len() == first.len();
        if first.len() < 2 || !rows.iter().all(is_whole) {
            return None;
        }
        let columns = |is: &dyn Fn(&str) -> bool| {
            let holds = |column: &usize| rows.iter().all(|row| row.get(*column).is_some_and(is));
            (0..first.len()).filter(holds).collect::<Vec<_>>()
        };
        let paths = columns(&|cell| {
            let path = Path::new(cell);
            is_named_like_an_image(path) || path.is_file()
        });
        let splits = columns(&|cell| split_named(cell.as_ref()).is_some());
        let &[path] = paths.as_slice() else {
            return None;
        };
        let rest = |column: &usize| *column != path && !splits.contains(column);
        let labels: Vec<usize> = (0..first.len()).filter(rest).collect();
        match (splits.as_slice(), labels.as_slice()) {
            ([], &[label]) => Some(Self {
                path,
                label: Some(label),
                split: None,
            }),
            (&[split], &[label]) => Some(Self {
                path,
                label: Some(label),
                split: Some(split),
            }),
            (&[split], []) => Some(Self {
                path,
                label: None,
                split: Some(split),
            }),
            _ => None,
        }
    }
}

/// The records of a list that is a table; none where it is not. Paths may be relative to the folder
/// `beside`.
///
/// # Errors
/// The first record that makes no sense, by its number; a table whose columns are not known, or that
/// is not in UTF-8.
pub(super) fn records(list: &[u8], beside: &Path) -> Option<Result<Vec<Record>, String>> {
    let lossy = String::from_utf8_lossy(list);
    let first = lossy.lines().find(|line| !line.trim().is_empty())?;
    let is_there = |path: &str| Path::new(path).exists() || beside.join(path).exists();
    let table = b",;\t".iter().find_map(|delimiter| {
        let header = rows(first, *delimiter).ok()?.into_iter().next()?;
        let named = Columns::named(&header).map(|columns| (columns, *delimiter, 1));
        named.or_else(|| {
            // A line that is the path of an image is no row of a table, and neither is a label, a tab
            // and a path.
            let is_path = first.contains('\t') || is_there(first.trim_end());
            if is_path || header.len() < 2 {
                return None;
            }
            let rows = rows(&lossy, *delimiter).ok()?;
            Columns::of_cells(&rows).map(|columns| (columns, *delimiter, 0))
        })
    });
    let Some((columns, delimiter, header)) = table else {
        // A tab stands between a label and a path, which may be called anything.
        let is_row = first.contains([',', ';']) && !first.contains('\t');
        return (is_row && !is_there(first.trim_end())).then(|| Err(unknown(first)));
    };
    if let Err(error) = std::str::from_utf8(list) {
        let before = list.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        return Some(Err(format!(
            "line {line} is not UTF-8: save the table in UTF-8"
        )));
    }
    Some(read(&lossy, delimiter, header, &columns))
}

/// The error of a table of which it is not known which column is which.
fn unknown(first: &str) -> String {
    format!(
        "line 1: '{}' is no path that is there, and if it is a row of a table, which columns are paths and labels is not \
         known: give the table a header, such as path,label",
        first.trim_end()
    )
}

/// The rows of a table, the header among them, but for those in which nothing stands.
fn rows(list: &str, delimiter: u8) -> Result<Vec<csv::StringRecord>, String> {
    let mut builder = csv::ReaderBuilder::new();
    builder
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All);
    let mut reader = builder.from_reader(list.as_bytes());
    let rows = reader
        .records()
        .map(|row| row.map_err(|error| error.to_string()));
    rows.filter(|row| !row.as_ref().is_ok_and(|row| row.iter().all(str::is_empty)))
        .collect()
}

/// The records of a table, behind so many rows of header.
fn read(
    list: &str,
    delimiter: u8,
    header: usize,
    columns: &Columns,
) -> Result<Vec<Record>, String> {
    let rows = rows(list, delimiter)?;
    let records = rows.iter().skip(header).map(|row| {
        let number = row.position().map_or(0, csv::Position::line);
        let record = record(row, columns).map_err(|reason| format!("line {number}: {reason}"))?;
        Ok(Record { number, ..record })
    });
    records.collect()
}

fn record(row: &csv::StringRecord, columns: &Columns) -> Result<Record, String> {
    let cell = |column: usize| row.get(column).unwrap_or_default();
    let path = Path::new(OsStr::new(cell(columns.path)));
    let split = match columns.split.map(cell) {
        None | Some("") => None,
        Some(name) => match split_named(name.as_ref()) {
            Some(split) => Some(split),
            None => return Err(format!("'{name}' is no split: it is train, val or test")),
        },
    };
    // Where the cell is empty, the folder names the label.
    let label = columns.label.map(cell).filter(|label| !label.is_empty());
    let (label, path) = labelled(label, path)?;
    Ok(Record {
        label,
        path,
        split,
        number: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Label, path and split of each record.
    fn read(list: &str) -> Vec<(String, String, Option<Split>)> {
        let records = records(list.as_bytes(), Path::new("")).unwrap().unwrap();
        let parts = |record: Record| {
            let path = record.path.to_str().unwrap().to_owned();
            (record.label, path, record.split)
        };
        records.into_iter().map(parts).collect()
    }

    fn row(label: &str, path: &str, split: Option<Split>) -> (String, String, Option<Split>) {
        (label.to_owned(), path.to_owned(), split)
    }

    #[test]
    fn columns_are_found_by_their_names_in_any_order() {
        let expected = [row("a cat", "x/1.jpg", None), row("dog", "x/2.jpg", None)];
        assert_eq!(
            read("filename,label\nx/1.jpg,a cat\nx/2.jpg,dog\n"),
            expected
        );
        assert_eq!(
            read("Class;Path\r\n\"a cat\";x/1.jpg\r\n\r\ndog;x/2.jpg"),
            expected
        );
        assert_eq!(
            read("id\tlabel\tfile\n1\ta cat\tx/1.jpg\n2\tdog\tx/2.jpg\n"),
            expected
        );
    }

    #[test]
    fn where_no_label_stands_the_folder_gives_it() {
        let expected = [
            row("hot dog", "hot_dog/1.jpg", None),
            row("dog", "x/2.jpg", None),
        ];
        assert_eq!(read("path,label\nhot_dog/1.jpg,\nx/2.jpg,dog\n"), expected);
        assert_eq!(read("path\nhot_dog/1.jpg\n"), expected[..1]);
    }

    #[test]
    fn columns_without_names_are_known_by_what_is_in_them() {
        let expected = [row("cat", "x/1.jpg", None), row("dog", "x/2.PNG", None)];
        assert_eq!(read("x/1.jpg,cat\nx/2.PNG,dog\n"), expected);
        assert_eq!(read("cat;x/1.jpg\ndog;x/2.PNG\n"), expected);
        let divided = [
            row("cat", "x/1.jpg", Some(Split::Training)),
            row("dog", "x/2.jpg", Some(Split::Testing)),
        ];
        assert_eq!(read("x/1.jpg,cat,train\nx/2.jpg,dog,test\n"), divided);
        assert_eq!(
            read("train,cat/1.jpg\n"),
            [row("cat", "cat/1.jpg", Some(Split::Training))]
        );
    }

    #[test]
    fn what_is_no_table_is_none() {
        for list in ["", "a/x.jpg\n", "cat\ta/x.jpg\n", "cat\ta/x,y.jpg\n"] {
            let found = records(list.as_bytes(), Path::new(""));
            assert!(found.is_none(), "{list:?}");
        }
    }

    #[test]
    fn a_table_of_which_the_columns_are_not_known_is_an_error_with_the_remedy() {
        for list in [
            "a/1.jpg,b/2.jpg\n",
            "1,2,a.jpg\n",
            "a/1.jpg,cat,0.5\n",
            "a/1.jpg,cat\na/2.jpg\n",
            "picture,kind\na/1.jpg,cat\n",
        ] {
            let reason = records(list.as_bytes(), Path::new(""))
                .unwrap()
                .unwrap_err();
            let expected = "give the table a header, such as path,label";
            assert!(
                reason.starts_with("line 1: ") && reason.ends_with(expected),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_list_of_paths_with_commas_is_no_table() {
        let root = super::super::tests::folder(&["Smith, John/1.jpg", "b/2.jpg"]);
        let list = b"Smith, John/1.jpg\nb/2.jpg\n";
        assert!(records(list, root.path()).is_none());
    }

    #[test]
    fn a_table_that_is_not_in_utf_8_is_named_with_its_line() {
        let reason = |list: &[u8]| records(list, Path::new("")).unwrap().unwrap_err();
        let expected = "line 3 is not UTF-8: save the table in UTF-8";
        assert_eq!(reason(b"path,label\na.jpg,dog\nb.jpg,caf\xe9\n"), expected);
        assert_eq!(reason(b"a.jpg,dog\nc.jpg,dog\nb.jpg,caf\xe9\n"), expected);
    }
}
