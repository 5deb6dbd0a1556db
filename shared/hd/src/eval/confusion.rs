//! The confusion matrix: how often an image of one label was given another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::judged::Judged;

/// With more labels than this only the cells that are not zero are written: nearly all are then.
const DENSE: usize = 100;

/// How often images of each label were given each label, by the numbers of both.
///
/// In JSON it is a matrix with a row for each label and a column for each answer. With more than a
/// hundred labels it is an object with a list of `[label, answer, count]` for the cells that are not
/// zero, by the numbers of the labels in their list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Confusion {
    labels: usize,
    cells: BTreeMap<(u32, u32), u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Dense(Vec<Vec<u64>>),
    Sparse {
        label_answer_count: Vec<(u32, u32, u64)>,
        labels: usize,
    },
}

impl Confusion {
    /// That of the answers to some images, for so many labels.
    pub(super) fn of(labels: usize, judged: &[Judged]) -> Self {
        let mut cells = BTreeMap::new();
        for image in judged {
            *cells.entry((image.label, image.answer)).or_default() += 1;
        }
        Self { labels, cells }
    }

    /// The cells that are not zero: label, answer, and how often it was given, in this order.
    pub fn cells(&self) -> impl Iterator<Item = (u32, u32, u64)> {
        let cells = self.cells.iter();
        cells.map(|(&(label, answer), &count)| (label, answer, count))
    }

    /// The counts of all answers to the images of a label.
    pub fn row(&self, label: u32) -> Vec<u64> {
        let mut row = vec![0; self.labels];
        for (&(_, answer), &count) in self.cells.range((label, 0)..=(label, u32::MAX)) {
            if let Some(cell) = row.get_mut(answer as usize) {
                *cell = count;
            }
        }
        row
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = Vec<u64>> {
        (0..self.labels as u32).map(|label| self.row(label))
    }
}

impl From<Confusion> for Written {
    fn from(confusion: Confusion) -> Self {
        match confusion.labels <= DENSE {
            true => Self::Dense(confusion.rows().collect()),
            false => Self::Sparse {
                label_answer_count: confusion.cells().collect(),
                labels: confusion.labels,
            },
        }
    }
}

impl From<Written> for Confusion {
    fn from(written: Written) -> Self {
        let (labels, cells): (usize, Vec<_>) = match written {
            Written::Sparse {
                label_answer_count,
                labels,
            } => (labels, label_answer_count),
            Written::Dense(rows) => {
                let cells = (0..).zip(&rows).flat_map(|(label, row)| {
                    let row = (0..).zip(row);
                    row.map(move |(answer, &count)| (label, answer, count))
                });
                (rows.len(), cells.collect())
            }
        };
        let cells = cells.into_iter().filter(|(.., count)| *count > 0);
        Self {
            labels,
            cells: cells
                .map(|(label, answer, count)| ((label, answer), count))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confusion(labels: usize) -> Confusion {
        let probabilities =
            |answer: usize| (0..labels).map(move |n| f64::from(u8::from(n == answer)));
        let judged = [(0, 0), (1, 0), (1, 0), (1, 1)].map(|(label, answer)| {
            let p: Vec<f64> = probabilities(answer).collect();
            Judged::new(0, label, &p, &p)
        });
        Confusion::of(labels, &judged)
    }

    #[test]
    fn is_a_matrix_while_there_are_few_labels_and_a_list_beyond() {
        let few = serde_json::to_value(confusion(2)).unwrap();
        assert_eq!(few, serde_json::json!([[1, 0], [2, 1]]));
        let many = serde_json::to_value(confusion(1000)).unwrap();
        let cells = serde_json::json!([[0, 0, 1], [1, 0, 2], [1, 1, 1]]);
        assert_eq!(many["label_answer_count"], cells);
        for (labels, json) in [(2, few), (1000, many)] {
            let read: Confusion = serde_json::from_value(json).unwrap();
            assert_eq!(read, confusion(labels));
        }
    }
}
