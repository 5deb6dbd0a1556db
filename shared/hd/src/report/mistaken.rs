//! The worst mistakes: the wrong answers that the head was surest of.

use super::Report;
use super::gallery::Gallery;
use super::share::percent;
use crate::error::Result;
use crate::eval::Judged;

/// Mistakes that are shown.
const MOST: usize = 24;

/// Of so many of them there is a heat map, each of which takes 82 runs of the network.
const PAINTED: usize = 4;

/// A wrong answer.
pub(super) struct WrongAnswer<'a> {
    pub(super) row: usize,
    pub(super) label: &'a str,
    pub(super) answer: &'a str,
    pub(super) score: String,
    /// The address of its heat map, if there is one.
    pub(super) heat: Option<String>,
}

/// The worst mistakes, and how many there are in all.
pub(super) fn mistakes<'a>(
    report: &Report<'a>,
    gallery: &mut Gallery,
) -> Result<(Vec<WrongAnswer<'a>>, usize)> {
    let judged = report.evaluation.judged.iter();
    let mut wrong: Vec<&Judged> = judged.filter(|image| !image.is_right()).collect();
    wrong.sort_by(|a, b| b.now.score.total_cmp(&a.now.score));
    let all = wrong.len();
    let shown = wrong.into_iter().take(MOST);
    let shown = shown.take_while(|image| gallery.admit(&[image.row]));
    let shown = shown.map(|image| WrongAnswer {
        row: image.row,
        label: report.label(image.label),
        answer: report.label(image.answer),
        score: percent(image.now.score),
        heat: None,
    });
    let mut shown: Vec<WrongAnswer> = shown.collect();
    if let Some(painter) = report.painter {
        let rows = shown.iter().take(PAINTED).map(|image| image.row);
        let painted = painter.paint(&rows.collect::<Vec<_>>(), gallery)?;
        for (image, heat) in shown.iter_mut().zip(painted) {
            image.heat = heat;
        }
    }
    Ok((shown, all))
}
