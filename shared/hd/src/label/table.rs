//! The table of labels, one record an image.
//!
//! | form | a record |
//! |---|---|
//! | TSV | `path<TAB>label<TAB>score`, the score with six decimals; as many such lines as labels are wanted |
//! | JSON Lines | an object: `path`, `label`, `score`, `verdict`, `scores` (an object from label to score), `notes` if there are any, `base` |
//! | label_image | what label_image.py prints: a line with the seconds between empty ones, then `label (score=0.98765)` |
//!
//! Where bottlenecks are wanted instead: `path`, then D numbers; or `path`, `bottleneck` and
//! `base`.
//!
//! In TSV, tabs and line ends in a path are escaped; in JSON, bytes of a path that are not UTF-8
//! become U+FFFD.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::answer::{Answer, Record};
use crate::photo::Notes;
use crate::tsv;

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Tab-separated values.
    Tsv,
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
    /// How many labels are wanted, the most probable ones; JSON has all of them anyway.
    pub top: Option<usize>,
    /// Below this probability the label is [`super::CANT_TELL`].
    pub threshold: f32,
    /// The name of the base.
    pub base: String,
}

/// A record in JSON.
#[derive(Serialize)]
struct Line<'a> {
    path: Cow<'a, str>,
    #[serde(flatten)]
    record: Record<'a>,
    base: &'a str,
}

impl Table {
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
            TableFormat::Json => {
                let line = Line {
                    path: path.to_string_lossy(),
                    record: answer.record(self.threshold, notes),
                    base: &self.base,
                };
                serde_json::to_writer(&mut *out, &line)?;
                writeln!(out)
            }
            TableFormat::LabelImage => self.write_label_image(answer, took, out),
        }
    }

    /// Adds the bottleneck of an image: in TSV its D numbers behind the path, in JSON the list
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
        out.write_all(&tsv::field(path))?;
        bottleneck
            .iter()
            .try_for_each(|number| write!(out, "\t{number}"))?;
        writeln!(out)
    }

    fn write_tsv(&self, path: &Path, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        let mut ranked = answer.ranked();
        ranked.truncate(self.top.unwrap_or(1));
        if let Some(best) = ranked.first_mut() {
            best.0 = answer.label(self.threshold);
        }
        let path = tsv::field(path);
        ranked.iter().try_for_each(|(label, score)| {
            out.write_all(&path)?;
            writeln!(out, "\t{label}\t{score:.6}")
        })
    }

    fn write_label_image(
        &self,
        answer: &Answer,
        took: Duration,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let seconds = took.as_secs_f64();
        writeln!(out, "\nEvaluation time (1-image): {seconds:.3}s\n")?;
        let mut ranked = answer.ranked();
        ranked.truncate(self.top.unwrap_or(TOP_OF_LABEL_IMAGE));
        if let Some(best) = ranked.first_mut() {
            best.0 = answer.label(self.threshold);
        }
        let mut ranked = ranked.iter();
        ranked.try_for_each(|(label, score)| writeln!(out, "{label} (score={score:.5})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(table: &Table) -> String {
        let labels: Vec<String> = ["hot dog", "not hot dog"].map(str::to_owned).to_vec();
        let mut out = Vec::new();
        let took = Duration::from_millis(1234);
        let answer = Answer::new(&labels, &[0.25, 0.75]);
        table
            .write(
                Path::new("x\ty.jpg"),
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
            top: None,
            threshold: 0.0,
            base: "net".into(),
        }
    }

    #[test]
    fn tsv_has_a_line_for_each_label_that_is_wanted() {
        assert_eq!(
            written(&table(TableFormat::Tsv)),
            "x\\ty.jpg\tnot hot dog\t0.750000\n"
        );
        let two = Table {
            top: Some(2),
            threshold: 0.8,
            ..table(TableFormat::Tsv)
        };
        let lines = "x\\ty.jpg\tcan't tell\t0.750000\nx\\ty.jpg\thot dog\t0.250000\n";
        assert_eq!(written(&two), lines);
    }

    #[test]
    fn json_has_everything() {
        let line = r#"{"path":"x\ty.jpg","label":"not hot dog","score":0.75,"verdict":"Can't tell.","scores":{"hot dog":0.25,"not hot dog":0.75},"base":"net"}"#;
        assert_eq!(written(&table(TableFormat::Json)), format!("{line}\n"));
    }

    #[test]
    fn label_image_is_spaced_as_its_readers_expect() {
        let text = "\nEvaluation time (1-image): 1.234s\n\nnot hot dog (score=0.75000)\nhot dog (score=0.25000)\n";
        assert_eq!(written(&table(TableFormat::LabelImage)), text);
    }
}
