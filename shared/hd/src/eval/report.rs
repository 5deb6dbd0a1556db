//! `report.html`: the figures of an evaluation as one page that needs nothing beside it.

use askama::Template;

use super::metrics::Metrics;
use crate::head::Head;

/// The page's parts, brought into the form in which they are shown.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    metrics: &'a Metrics,
    head: &'a Head,
    accuracy: String,
    /// How many folds the strength was chosen on.
    folds: u32,
    interval: [String; 2],
    confusion: Vec<ConfusionRow<'a>>,
}

struct ConfusionRow<'a> {
    label: &'a str,
    cells: Vec<Cell<'a>>,
}

/// A cell is never shown darker than this, in percent, so that the count on it can be read.
const DARKEST: u64 = 50;

/// A count, how dark it is shown in percent, and whether it counts right answers.
struct Cell<'a> {
    answer: &'a str,
    count: u64,
    shade: u64,
    right: bool,
}

/// The page for `metrics`, an evaluation of `head`.
pub fn render(metrics: &Metrics, head: &Head) -> std::io::Result<String> {
    let page = Page {
        metrics,
        head,
        accuracy: percent(&metrics.accuracy),
        folds: head.scores.first().map_or(0, |score| score.folds),
        interval: metrics.accuracy_interval.map(|bound| percent(&bound)),
        confusion: confusion(metrics),
    };
    page.render().map_err(std::io::Error::other)
}

fn confusion(metrics: &Metrics) -> Vec<ConfusionRow<'_>> {
    let mut rows = Vec::new();
    for (label, counts) in metrics.labels.iter().zip(metrics.confusion.rows()) {
        rows.push(ConfusionRow {
            label,
            cells: cells(metrics, label, &counts),
        });
    }
    rows
}

fn cells<'a>(metrics: &'a Metrics, label: &str, counts: &[u64]) -> Vec<Cell<'a>> {
    let total = counts.iter().sum::<u64>().max(1);
    let cell = |(answer, &count): (&'a String, &u64)| Cell {
        answer,
        count,
        shade: count * DARKEST / total,
        right: answer == label,
    };
    metrics.labels.iter().zip(counts).map(cell).collect()
}

fn percent(share: &f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// As [`percent`], for a share that may be absent.
fn percent_or_dash(share: &Option<f64>) -> String {
    share.as_ref().map_or_else(|| "–".to_owned(), percent)
}
