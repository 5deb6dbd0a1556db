//! The confusion matrix, or with many labels the largest confusions, and the images in its cells.

use super::Report;
use super::gallery::Gallery;
use super::share::percent;
use crate::eval::{Judged, LabelMetrics};

/// With more labels than this a matrix is no longer read.
const MATRIX: usize = 20;

/// Confusions that are listed instead.
const LISTED: usize = 40;

/// Cells whose images are shown, of which those with wrong answers come first.
const CELLS: usize = 80;

/// Images that are shown of a cell.
const EACH: usize = 12;

/// A cell is never shown darker than this, in percent, so that the count on it can be read.
const DARKEST: u64 = 50;

/// How labels are mixed up.
pub(super) struct Confused<'a> {
    /// The rows of the matrix; none where there are too many labels.
    pub(super) matrix: Vec<MatrixRow<'a>>,
    /// The cells whose images are shown, and those that are listed instead of the matrix: wrong ones
    /// first, the largest of them first.
    pub(super) cells: Vec<Cell<'a>>,
    /// How many more cells there are.
    pub(super) left_out: usize,
}

/// The answers to the images of a label.
pub(super) struct MatrixRow<'a> {
    pub(super) label: &'a str,
    pub(super) cells: Vec<Cell<'a>>,
}

/// How often images of a label were given an answer.
pub(super) struct Cell<'a> {
    pub(super) id: String,
    pub(super) label: &'a str,
    pub(super) answer: &'a str,
    pub(super) count: u64,
    /// How dark it is shown, in percent.
    pub(super) shade: u64,
    pub(super) is_right: bool,
    /// Whether its images are shown somewhere.
    pub(super) is_shown: bool,
    /// Some of its images, with the score of the answer: the surest mistakes, and of what is right
    /// what was least sure.
    pub(super) images: Vec<(usize, String)>,
}

impl<'a> Confused<'a> {
    pub(super) fn of(report: &Report<'a>, gallery: &mut Gallery) -> Self {
        let metrics = &report.evaluation.metrics;
        let is_small = metrics.labels.len() <= MATRIX;
        let mut all: Vec<(u32, u32, u64)> = metrics.confusion.cells().collect();
        all.retain(|(label, answer, _)| is_small || label != answer);
        all.sort_by_key(|&(label, answer, count)| {
            (label == answer, std::cmp::Reverse(count), label, answer)
        });
        let most = if is_small { CELLS } else { LISTED };
        let cells = all.iter().take(most).map(|&(label, answer, count)| {
            let images = images(report, gallery, label, answer);
            Cell {
                is_shown: true,
                images,
                ..Cell::of(report, label, answer, count)
            }
        });
        let cells: Vec<Cell> = cells.collect();
        Self {
            left_out: all.len() - cells.len(),
            matrix: match is_small {
                true => matrix(report, &cells),
                false => Vec::new(),
            },
            cells,
        }
    }
}

impl<'a> Cell<'a> {
    fn of(report: &Report<'a>, label: u32, answer: u32, count: u64) -> Self {
        let of_label = report.evaluation.metrics.per_class.get(label as usize);
        let of_label = of_label.map_or(0, |label: &LabelMetrics| label.n).max(1);
        Self {
            id: format!("cell-{label}-{answer}"),
            label: report.label(label),
            answer: report.label(answer),
            count,
            shade: count * DARKEST / of_label,
            is_right: label == answer,
            is_shown: false,
            images: Vec::new(),
        }
    }

    /// How many of its images are not shown.
    pub(super) fn more(&self) -> u64 {
        self.count.saturating_sub(self.images.len() as u64)
    }
}

fn matrix<'a>(report: &Report<'a>, shown: &[Cell]) -> Vec<MatrixRow<'a>> {
    let metrics = &report.evaluation.metrics;
    let rows = (0..).zip(metrics.confusion.rows());
    let row = |(label, counts): (u32, Vec<u64>)| {
        let cells = (0..).zip(counts).map(|(answer, count)| {
            let cell = Cell::of(report, label, answer, count);
            let is_shown = shown.iter().any(|other| other.id == cell.id);
            Cell { is_shown, ..cell }
        });
        MatrixRow {
            label: report.label(label),
            cells: cells.collect(),
        }
    };
    rows.map(row).collect()
}

fn images(report: &Report, gallery: &mut Gallery, label: u32, answer: u32) -> Vec<(usize, String)> {
    let judged = report.evaluation.judged.iter();
    let mut found: Vec<&Judged> = judged
        .filter(|image| (image.label, image.answer) == (label, answer))
        .collect();
    found.sort_by(|a, b| match label == answer {
        true => a.now.score.total_cmp(&b.now.score),
        false => b.now.score.total_cmp(&a.now.score),
    });
    let some = found.into_iter().take(EACH);
    let some = some.take_while(|image| gallery.admit(&[image.row]));
    some.map(|image| (image.row, percent(image.now.score)))
        .collect()
}
