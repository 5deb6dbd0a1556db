//! What a retrained graph says of a picture, and the columns of the label table.

use std::io::{self, Write};
use std::path::Path;

use crate::tsv;

/// The most probable label of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction<'a> {
    /// The label.
    pub label: &'a str,
    /// Its probability.
    pub score: f32,
}

impl<'a> Prediction<'a> {
    /// The most probable of `labels`, whose probabilities are `scores`; none where there are none.
    pub fn of(labels: &'a [String], scores: &[f32]) -> Option<Self> {
        let pairs = labels.iter().zip(scores);
        let best = pairs.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map(|(label, &score)| Self { label, score })
    }

    /// A line of the label table: path, label and score, separated by tabs.
    pub fn write(&self, picture: &Path, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&tsv::field(picture))?;
        writeln!(out, "\t{}\t{:.6}", self.label, self.score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_label_is_the_answer() {
        let labels = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let prediction = Prediction::of(&labels, &[0.2, 0.5, 0.3]).unwrap();
        assert_eq!(
            prediction,
            Prediction {
                label: "b",
                score: 0.5
            }
        );
        let mut line = Vec::new();
        prediction.write(Path::new("x y.jpg"), &mut line).unwrap();
        assert_eq!(line, b"x y.jpg\tb\t0.500000\n");
    }

    #[test]
    fn no_label_is_no_answer() {
        assert_eq!(Prediction::of(&[], &[]), None);
    }
}
