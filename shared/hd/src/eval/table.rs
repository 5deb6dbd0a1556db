//! The judgement on each image as a table, and as retrain.py prints the wrong ones.

use std::io::{self, Write};
use std::path::Path;

use rayon::prelude::*;

use super::evaluate::Evaluation;
use super::judged::{Judged, probabilities};
use crate::bottleneck::Samples;
use crate::head::Head;
use crate::tsv::{self, Separator};

/// Images whose lines are made at a time.
const PART: usize = 1024;

/// Images that one thread works on at a time.
const PIECE: usize = 64;

impl Evaluation {
    /// Writes a line for each image, by path, below the names of the columns: path, split, label,
    /// answer, score, and the score of each label. Scores have as many digits as bring the same number
    /// back. The split is empty where nobody can know it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_predictions(
        &self,
        head: &Head,
        samples: &Samples,
        separator: Separator,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let fixed = ["path", "split", "label", "answer", "score"];
        separator.write_line(tsv::columns(fixed, &head.labels), out)?;
        for part in self.judged.chunks(PART) {
            let pieces = part.par_chunks(PIECE).flat_map_iter(|piece| {
                let rows: Vec<usize> = piece.iter().map(|image| image.row).collect();
                probabilities(head, samples, &rows)
            });
            let scores: Vec<Vec<f64>> = pieces.collect();
            for (image, scores) in part.iter().zip(scores) {
                let split = self.splits.get(image.row).map_or("", |split| split.name());
                let [label, answer] = [image.label, image.answer].map(|label| name(head, label));
                let mut fields = vec![
                    path(samples, image),
                    split.into(),
                    label.into(),
                    answer.into(),
                ];
                fields.push(image.now.score.to_string().into_bytes());
                fields.extend(scores.iter().map(|score| score.to_string().into_bytes()));
                separator.write_line(fields, out)?;
            }
        }
        Ok(())
    }

    /// Writes the images that were given a wrong label, by path, each with that label, as retrain.py
    /// prints them.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_misclassified(
        &self,
        head: &Head,
        samples: &Samples,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(out, "=== MISCLASSIFIED TEST IMAGES ===")?;
        for image in self.judged.iter().filter(|image| !image.is_right()) {
            let path = path(samples, image);
            let width = String::from_utf8_lossy(&path).chars().count();
            write!(out, "{:1$}", "", 70usize.saturating_sub(width))?;
            out.write_all(&path)?;
            writeln!(out, "  {}", name(head, image.answer))?;
        }
        Ok(())
    }
}

fn name(head: &Head, label: u32) -> &str {
    head.labels.get(label as usize).map_or("", String::as_str)
}

fn path(samples: &Samples, image: &Judged) -> Vec<u8> {
    tsv::field(samples.image(image.row).unwrap_or(Path::new("")))
}
