//! The page, brought into the form in which it is shown.

use askama::Template;

use super::Report;
use super::confused::Confused;
use super::doubles::Doubles;
use super::foot::foot;
use super::gallery::Gallery;
use super::mistaken::{WrongAnswer, mistakes};
use super::odd::{Odd, odd};
use super::share::{percent, with_interval};
use super::tested::{Tested, accuracy_of};
use super::verdict::Verdict;
use super::warning::{Warning, describe, warnings};
use super::weakness::{Weakness, weaknesses};
use super::wrong_label::{WrongLabel, earlier, wrong_labels};
use crate::error::{Error, Result};
use crate::eval::{Accuracy, Chart, Metrics, charts};
use crate::head::Head;

/// Labels that are listed.
const LABELS: usize = 100;

/// The page's parts.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    metrics: &'a Metrics,
    head: &'a Head,
    gallery: Gallery<'a>,
    verdict: Verdict,
    warnings: Vec<Warning>,
    labels: Vec<LabelRow<'a>>,
    confused: Confused<'a>,
    mistakes: Vec<WrongAnswer<'a>>,
    all_mistakes: usize,
    /// Whether there is what paints heat maps.
    is_painted: bool,
    /// Whether somebody named a folder of images.
    has_images: bool,
    charts: Vec<Chart>,
    weaknesses: Vec<Weakness>,
    shortcuts: Vec<String>,
    suspects: Vec<WrongLabel<'a>>,
    all_suspects: usize,
    /// Whether somebody looked for suspects.
    is_suspected: bool,
    /// Corrections that are in use.
    earlier: Vec<(String, &'a str)>,
    doubles: Doubles<'a>,
    /// The accuracy without leaks, and without suspects, and how many these are.
    without: [(String, usize); 2],
    odd: Vec<Odd>,
    /// How many folds the strength was chosen on.
    folds: u32,
    foot: Vec<(&'static str, String)>,
}

/// A label with its figures.
struct LabelRow<'a> {
    label: &'a str,
    n: u64,
    precision: String,
    recall: String,
    f1: String,
}

/// A share in percent, for the templates, which pass everything by reference.
fn shown(share: &f64) -> String {
    percent(*share)
}

/// The page of a report.
pub(super) fn render(report: &Report) -> Result<String> {
    let page = page(report)?;
    let page = page.render().map_err(std::io::Error::other);
    page.map_err(Error::io("report.html", "make"))
}

fn page<'a>(report: &Report<'a>) -> Result<Page<'a>> {
    let mut gallery = Gallery::of(report);
    let metrics = &report.evaluation.metrics;
    let tested = Tested::of(report);
    let (mistakes, all_mistakes) = mistakes(report, &mut gallery)?;
    let confused = Confused::of(report, &mut gallery);
    let (suspects, all_suspects) = wrong_labels(report, &mut gallery);
    let doubles = Doubles::of(report, &tested, &mut gallery);
    let odd = odd(report, &mut gallery);
    gallery.develop();
    let shortcuts = report.findings.shortcuts.iter();
    let learning = report.findings.learning.as_ref();
    Ok(Page {
        metrics,
        head: report.head,
        verdict: Verdict::of(report),
        warnings: warnings(report, &tested),
        labels: labels(metrics),
        confused,
        mistakes,
        all_mistakes,
        is_painted: report.painter.is_some(),
        has_images: report.images.is_some(),
        charts: charts(report.evaluation, report.head, report.samples, learning)
            .map_err(Error::io("report.html", "draw the charts of"))?,
        weaknesses: weaknesses(report),
        shortcuts: shortcuts
            .map(|it| describe(it, report.samples.labels()))
            .collect(),
        without: without(report, &tested),
        suspects,
        all_suspects,
        is_suspected: report.findings.suspects.is_some(),
        earlier: earlier(report),
        doubles,
        odd,
        folds: report.head.scores.first().map_or(0, |score| score.folds),
        foot: foot(report),
        gallery,
    })
}

/// The figures of the labels; of many of those that it does worst on.
fn labels(metrics: &Metrics) -> Vec<LabelRow<'_>> {
    let mut labels: Vec<_> = metrics.per_class.iter().collect();
    if labels.len() > LABELS {
        labels.retain(|label| label.f1.is_some());
        let f1 = |f1: Option<f64>| f1.unwrap_or_default();
        labels.sort_by(|a, b| f1(a.f1).total_cmp(&f1(b.f1)));
        labels.truncate(LABELS);
    }
    let row = labels.into_iter().map(|label| LabelRow {
        label: &label.label,
        n: label.n,
        precision: with_interval(&Accuracy::of(label.right, label.answers)),
        recall: with_interval(&Accuracy::of(label.right, label.n)),
        f1: label
            .f1
            .map_or_else(|| "–".to_owned(), |f1| format!("{f1:.3}")),
    });
    row.collect()
}

/// The accuracy without leaks, and without suspects.
fn without(report: &Report, tested: &Tested) -> [(String, usize); 2] {
    let n = report.evaluation.judged.len();
    let serious = report
        .findings
        .suspects
        .iter()
        .flatten()
        .filter(|it| it.is_serious());
    let serious: std::collections::HashSet<usize> = serious.map(|it| it.row).collect();
    let leaks = accuracy_of(report, |image| !tested.leaks.contains(&image.row));
    let suspects = accuracy_of(report, |image| !serious.contains(&image.row));
    [leaks, suspects].map(|accuracy| (with_interval(&accuracy), n - accuracy.n as usize))
}
