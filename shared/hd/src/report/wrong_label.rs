//! Images whose label may be wrong, each beside the image of either label that is nearest to it.

use std::collections::HashMap;

use super::Report;
use super::gallery::{Gallery, hex};
use super::share::percent;
use crate::audit::Suspect;
use crate::bottleneck::Corrections;
use crate::twins::neighbours::{Neighbour, Rows, nearest};

/// Suspects that are shown.
const MOST: usize = 60;

/// Corrections in use that are taken along.
const MOST_EARLIER: usize = 10_000;

/// An image whose label may be wrong.
pub(super) struct WrongLabel<'a> {
    pub(super) row: usize,
    pub(super) label: &'a str,
    pub(super) suggested: &'a str,
    /// The probability of its own label.
    pub(super) self_confidence: String,
    /// The probability of the suggested one.
    pub(super) score: String,
    /// The nearest image of its own label, and the nearest of the suggested one.
    pub(super) beside: [Option<usize>; 2],
}

/// Corrections in use that are taken along: path in hexadecimal digits, and label.
pub(super) fn earlier<'a>(report: &Report<'a>) -> Vec<(String, &'a str)> {
    let lines = report
        .corrections
        .map(Corrections::lines)
        .unwrap_or_default();
    let lines = lines.into_iter().take(MOST_EARLIER);
    lines.map(|(path, label)| (hex(path), label)).collect()
}

/// The worst suspects, and how many there are in all.
pub(super) fn wrong_labels<'a>(
    report: &Report<'a>,
    gallery: &mut Gallery,
) -> (Vec<WrongLabel<'a>>, usize) {
    let suspects = report.findings.suspects.iter().flatten();
    let doubted: Vec<&Suspect> = suspects.filter(|it| it.suggested != it.label).collect();
    let shown: Vec<&Suspect> = doubted.iter().copied().take(MOST).collect();
    let all = 0..report.samples.len();
    let rows = Rows::new(all.map(|row| report.samples.row(row)).collect());
    let own = neighbours(report, &rows, &shown, |suspect| suspect.label);
    let others = neighbours(report, &rows, &shown, |suspect| suspect.suggested);
    let pairs = shown.into_iter().zip(own.into_iter().zip(others));
    let labels = pairs.map_while(|(suspect, (own, other))| {
        let beside = [own, other];
        let rows: Vec<usize> = [Some(suspect.row)]
            .iter()
            .chain(&beside)
            .copied()
            .flatten()
            .collect();
        gallery.admit(&rows).then(|| WrongLabel {
            row: suspect.row,
            label: report.label(suspect.label),
            suggested: report.label(suspect.suggested),
            self_confidence: percent(suspect.self_confidence),
            score: percent(suspect.score),
            beside,
        })
    });
    (labels.collect(), doubted.len())
}

/// For each suspect the nearest image of a label.
fn neighbours(
    report: &Report,
    rows: &Rows,
    suspects: &[&Suspect],
    label: impl Fn(&Suspect) -> u32,
) -> Vec<Option<usize>> {
    let queries: Vec<usize> = suspects.iter().map(|it| it.row).collect();
    let wanted: HashMap<usize, &str> = suspects
        .iter()
        .map(|it| (it.row, report.label(label(it))))
        .collect();
    let is_wanted =
        |query: usize, other: usize| wanted.get(&query) == Some(&report.label_of(other));
    let found = nearest(rows, &queries, 1, is_wanted);
    let first = |found: Vec<Neighbour>| found.first().map(|it| it.index);
    found.into_iter().map(first).collect()
}
