//! The table of labels, one record an image.
//!
//! | form | a record |
//! |---|---|
//! | TSV | `path<TAB>label<TAB>score`, the score with six decimals; as many such lines as labels are wanted |
//! | CSV | `path,label,folder,score`, then a column with the score of each label |
//! | JSON Lines | an object: `path`, `label`, `folder`, `guess`, `score`, `verdict`, `scores` (an object from label to score), `notes` if there are any, `base` |
//! | label_image | what label_image.py prints: a line with the seconds between empty ones, then `label (score=0.98765)` |
//!
//! Where there is a threshold, TSV and CSV have the column `guess` behind the score: the most probable
//! label, also where the label is [`CANT_TELL`]. TSV with a header has the column `folder` at its end:
//! the name of the folder that the label had in training. It is empty where the label is
//! [`CANT_TELL`].
//!
//! Where bottlenecks are wanted instead: `path`, then D numbers; or `path`, `bottleneck` and
//! `base`.
//!
//! In TSV and CSV, control characters in a path are escaped; in JSON, bytes of a path that are not
//! UTF-8 become U+FFFD.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::answer::{Answer, CANT_TELL, CONFIDENT, Record};
use crate::photo::Notes;
use crate::tsv::{self, Separator};

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Tab-separated values.
    Tsv,
    /// Comma-separated values, quoted where they have to be.
    Csv,
    /// JSON Lines.
    Json,
    /// As label_image.py.
    LabelImage,
}

/// The most labels that label_image.py prints.
const TOP_OF_LABEL_IMAGE: usize = 5;

/// A table in the making.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its form.
    pub format: TableFormat,
    /// Whether the first line of TSV or CSV names the columns.
    pub header: bool,
    /// How many labels are wanted, the most probable ones; CSV and JSON have all of them anyway.
    pub top: Option<usize>,
    /// Below this probability the label is [`CANT_TELL`].
    pub threshold: f32,
    /// The name of the base.
    pub base: String,
    /// The folder of each label, where it is called otherwise.
    pub folders: BTreeMap<String, String>,
}

/// A record in JSON.
#[derive(Serialize)]
struct Line<'a> {
    path: Cow<'a, str>,
    #[serde(flatten)]
    record: Record<'a>,
    folder: &'a str,
    base: &'a str,
}

impl Table {
    /// Writes the names of the columns, for images that are given these labels, where a header is wanted.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin(&self, labels: &[String], out: &mut dyn Write) -> io::Result<()> {
        let guess = (self.threshold > 0.0).then_some("guess");
        match self.format {
            TableFormat::Tsv if self.header => {
                let columns = ["path", "label", "score"].into_iter().chain(guess);
                self.write_line(columns.chain(["folder"]), out)
            }
            TableFormat::Csv if self.header => {
                let fixed = ["path", "label", "folder", "score"]
                    .into_iter()
                    .chain(guess);
                self.write_line(tsv::columns(fixed, labels), out)
            }
            _ => Ok(()),
        }
    }

    /// Writes the names of the columns of bottlenecks of D numbers, where a header is wanted.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin_bottlenecks(&self, size: usize, out: &mut dyn Write) -> io::Result<()> {
        if !self.header || self.format == TableFormat::Json {
            return Ok(());
        }
        let numbers = (0..size).map(|number| format!("bottleneck_{number}"));
        self.write_line(["path".to_owned()].into_iter().chain(numbers), out)
    }

    /// Adds what is said of an image, after so much time.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(
        &self,
        path: &Path,
        answer: &Answer,
        notes: Notes,
        took: Duration,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self.format {
            TableFormat::Tsv => self.write_tsv(path, answer, out),
            TableFormat::Csv => self.write_csv(path, answer, out),
            TableFormat::Json => {
                let line = Line {
                    path: path.to_string_lossy(),
                    record: answer.record(self.threshold, CONFIDENT, notes),
                    folder: self.folder(answer.label(self.threshold)),
                    base: &self.base,
                };
                serde_json::to_writer(&mut *out, &line)?;
                writeln!(out)
            }
            TableFormat::LabelImage => self.write_label_image(answer, took, out),
        }
    }

    /// Adds the bottleneck of an image: in TSV and CSV its D numbers behind the path, in JSON the list
    /// `bottleneck`.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_bottleneck(
        &self,
        path: &Path,
        bottleneck: &[f32],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.format == TableFormat::Json {
            let record = serde_json::json!({
                "path": path.to_string_lossy(),
                "bottleneck": bottleneck,
                "base": self.base,
            });
            return writeln!(out, "{record}");
        }
        let numbers = bottleneck.iter().map(f32::to_string);
        let numbers = numbers.map(String::into_bytes);
        self.write_line([tsv::field(path)].into_iter().chain(numbers), out)
    }

    /// A line of fields, which are escaped already where tabs separate them.
    fn write_line(
        &self,
        fields: impl IntoIterator<Item = impl AsRef<[u8]>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let separator = match self.format {
            TableFormat::Csv => Separator::Comma,
            _ => Separator::Tab,
        };
        separator.write_line(fields, out)
    }

    /// The folder of a label: none of what is no label.
    fn folder<'a>(&'a self, label: &'a str) -> &'a str {
        match self.folders.get(label) {
            Some(folder) => folder,
            None if label == CANT_TELL => "",
            None => label,
        }
    }

    fn write_tsv(&self, path: &Path, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        let path = tsv::field(path);
        self.ranked(answer, 1)
            .iter()
            .try_for_each(|&(label, guess, score)| {
                let mut fields = vec![path.clone(), label.into(), number(score)];
                fields.extend((self.threshold > 0.0).then(|| guess.into()));
                fields.extend(self.header.then(|| self.folder(label).into()));
                self.write_line(fields, out)
            })
    }

    fn write_csv(&self, path: &Path, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        let label = answer.label(self.threshold);
        let (guess, score) = answer.best();
        let mut fields = vec![
            tsv::field(path),
            label.into(),
            self.folder(label).into(),
            number(score),
        ];
        fields.extend((self.threshold > 0.0).then(|| guess.into()));
        fields.extend(answer.scores().map(|(_, score)| number(score)));
        self.write_line(fields, out)
    }

    /// The most probable labels, as many as are wanted or are `usual`: what is said, the label itself,
    /// and its probability. Of the first it is said below the threshold that it can't be told.
    fn ranked<'a>(&self, answer: &Answer<'a>, usual: usize) -> Vec<(&'a str, &'a str, f32)> {
        let ranked = answer.ranked().into_iter().take(self.top.unwrap_or(usual));
        let mut ranked: Vec<_> = ranked.map(|(label, score)| (label, label, score)).collect();
        if let Some(best) = ranked.first_mut() {
            best.0 = answer.label(self.threshold);
        }
        ranked
    }

    fn write_label_image(
        &self,
        answer: &Answer,
        took: Duration,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let seconds = took.as_secs_f64();
        writeln!(out, "\nEvaluation time (1-image): {seconds:.3}s\n")?;
        let ranked = self.ranked(answer, TOP_OF_LABEL_IMAGE);
        let mut ranked = ranked.iter();
        ranked.try_for_each(|(label, _, score)| writeln!(out, "{label} (score={score:.5})"))
    }
}

/// A score as a field.
fn number(score: f32) -> Vec<u8> {
    format!("{score:.6}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(table: &Table) -> String {
        let labels: Vec<String> = ["hot dog", "not hot dog"].map(str::to_owned).to_vec();
        let mut out = Vec::new();
        let took = Duration::from_millis(1234);
        let answer = Answer::new(&labels, &[0.25, 0.75]);
        table.begin(&labels, &mut out).unwrap();
        table
            .write(
                Path::new("x\ty,\".jpg"),
                &answer,
                Notes::default(),
                took,
                &mut out,
            )
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    fn table(format: TableFormat) -> Table {
        Table {
            format,
            header: false,
            top: None,
            threshold: 0.0,
            base: "net".into(),
            folders: BTreeMap::from([("not hot dog".into(), "not_hot-dog".into())]),
        }
    }

    #[test]
    fn tsv_has_a_line_for_each_label_that_is_wanted() {
        assert_eq!(
            written(&table(TableFormat::Tsv)),
            "x\\ty,\".jpg\tnot hot dog\t0.750000\n"
        );
        let two = Table {
            top: Some(2),
            threshold: 0.8,
            ..table(TableFormat::Tsv)
        };
        let lines = "x\\ty,\".jpg\tcan't tell\t0.750000\tnot hot dog\n\
                     x\\ty,\".jpg\thot dog\t0.250000\thot dog\n";
        assert_eq!(written(&two), lines);
    }

    #[test]
    fn a_header_names_the_columns_and_brings_the_folder() {
        let with = |threshold| Table {
            header: true,
            threshold,
            ..table(TableFormat::Tsv)
        };
        assert_eq!(
            written(&with(0.0)),
            "path\tlabel\tscore\tfolder\nx\\ty,\".jpg\tnot hot dog\t0.750000\tnot_hot-dog\n"
        );
        assert_eq!(
            written(&with(0.8)),
            "path\tlabel\tscore\tguess\tfolder\nx\\ty,\".jpg\tcan't tell\t0.750000\tnot hot dog\t\n"
        );
    }

    #[test]
    fn csv_has_a_column_for_each_label_and_quotes() {
        let csv = Table {
            header: true,
            ..table(TableFormat::Csv)
        };
        assert_eq!(
            written(&csv),
            "path,label,folder,score,hot dog,not hot dog\n\
             \"x\\ty,\"\".jpg\",not hot dog,not_hot-dog,0.750000,0.250000,0.750000\n"
        );
        let unsure = Table {
            threshold: 0.8,
            header: false,
            ..csv
        };
        assert_eq!(
            written(&unsure),
            "\"x\\ty,\"\".jpg\",can't tell,,0.750000,not hot dog,0.250000,0.750000\n"
        );
    }

    #[test]
    fn a_label_that_is_called_like_a_column_has_another_name_in_csv() {
        let csv = Table {
            header: true,
            ..table(TableFormat::Csv)
        };
        let mut out = Vec::new();
        csv.begin(&["path".into(), "cat".into()], &mut out).unwrap();
        assert_eq!(out, b"path,label,folder,score,score of path,cat\n");
    }

    #[test]
    fn json_has_everything() {
        let line = r#"{"path":"x\ty,\".jpg","label":"not hot dog","guess":"not hot dog","score":0.75,"verdict":"Can't tell.","probably":"Probably not a hot dog (75 %).","scores":{"hot dog":0.25,"not hot dog":0.75},"folder":"not_hot-dog","base":"net"}"#;
        assert_eq!(written(&table(TableFormat::Json)), format!("{line}\n"));
    }

    #[test]
    fn label_image_is_spaced_as_its_readers_expect() {
        let text = "\nEvaluation time (1-image): 1.234s\n\nnot hot dog (score=0.75000)\nhot dog (score=0.25000)\n";
        assert_eq!(written(&table(TableFormat::LabelImage)), text);
    }
}
