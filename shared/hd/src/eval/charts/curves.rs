//! How well the score for a label alone tells its images from the others: ROC curves and
//! precision-recall curves.

use std::io;

use super::Chart;
use super::canvas::Canvas;
use super::pen::{CURVES, Pen};
use super::plot::{Axis, Plot, Point, Side};
use super::thin::thin;
use crate::bottleneck::Samples;
use crate::eval::evaluate::Evaluation;
use crate::eval::per_label::LabelMetrics;
use crate::eval::ranking::ranked;
use crate::head::Head;

/// The letters of a label that are shown on a chart.
const LETTERS: usize = 14;

/// The curves of one label.
struct Curves {
    label: String,
    roc: Vec<Point>,
    precision: Vec<Point>,
    roc_auc: f64,
    average_precision: f64,
}

/// Both charts, where a label has images and another too.
pub(super) fn charts(
    evaluation: &Evaluation,
    head: &Head,
    samples: &Samples,
) -> io::Result<Vec<Chart>> {
    let labels = worst(&evaluation.metrics.per_class);
    let curves: Vec<Curves> = labels
        .into_iter()
        .map(|(label, metrics)| {
            let ranked = ranked(head, samples, &evaluation.judged, label);
            Curves::of(metrics, &ranked)
        })
        .collect();
    if curves.is_empty() {
        return Ok(Vec::new());
    }
    let few = match head.labels.len() {
        labels if labels > CURVES => {
            format!(
                " Shown are the {CURVES} labels with the least area below their ROC curve, of {labels}."
            )
        }
        _ => String::new(),
    };
    let other = match head.labels.len() {
        2 => " The curve of the other label is the same, seen from the other end.",
        _ => &few,
    };
    Ok(vec![roc(&curves, other)?, precision(&curves, &few)?])
}

/// The labels with the least area below their ROC curve, worst first; of two labels, whose curves are
/// the same, the first.
fn worst(labels: &[LabelMetrics]) -> Vec<(usize, &LabelMetrics)> {
    let has_curve = |(_, label): &(usize, &LabelMetrics)| label.areas.roc_auc.is_some();
    let mut all: Vec<_> = labels.iter().enumerate().filter(has_curve).collect();
    if labels.len() == 2 {
        all.truncate(1);
    }
    let area = |label: &LabelMetrics| label.areas.roc_auc.unwrap_or_default();
    all.sort_by(|(_, a), (_, b)| area(a).total_cmp(&area(b)));
    all.truncate(CURVES);
    all
}

impl Curves {
    fn of(metrics: &LabelMetrics, ranked: &[(f64, bool)]) -> Self {
        let all = ranked.iter().filter(|(_, has)| *has).count() as f64;
        let others = ranked.len() as f64 - all;
        let mut curves = Self {
            label: metrics.label.clone(),
            roc: vec![(0.0, 0.0)],
            precision: Vec::new(),
            roc_auc: metrics.areas.roc_auc.unwrap_or_default(),
            average_precision: metrics.areas.average_precision.unwrap_or_default(),
        };
        let [mut with, mut without] = [0.0; 2];
        for ties in ranked.chunk_by(|(a, _), (b, _)| a == b) {
            let more = ties.iter().filter(|(_, has)| *has).count() as f64;
            (with, without) = (with + more, without + ties.len() as f64 - more);
            curves
                .roc
                .push((without / others.max(1.0), with / all.max(1.0)));
            curves
                .precision
                .push((with / all.max(1.0), with / (with + without)));
        }
        curves
    }
}

fn roc(curves: &[Curves], few: &str) -> io::Result<Chart> {
    let title = "ROC curve";
    let said = each(curves, "Area", |curves| curves.roc_auc);
    let mut canvas = Canvas::new("roc", title, &format!("{title}. {said}"));
    let x = Axis::of_shares("Other images taken for it", 0.0, 1.0, 2);
    let plot = Plot::new(
        &mut canvas,
        x,
        Axis::of_shares("Images of the label found", 0.0, 1.0, 4),
    )?;
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], Pen::Ideal)?;
    for (curves, rank) in curves.iter().zip(0..) {
        plot.line(&thin(&curves.roc), Pen::Curve(rank))?;
    }
    legend(&plot, curves, |curves| &curves.roc, |curves| curves.roc_auc)?;
    drop(plot);
    Ok(Chart::new(
        &canvas,
        "roc",
        title,
        format!(
            "How many images of a label its score finds, against how many others it takes for it, over \
         all thresholds. {said} The thin line is chance.{few}"
        ),
    ))
}

fn precision(curves: &[Curves], few: &str) -> io::Result<Chart> {
    let title = "Precision and recall";
    let said = each(curves, "Average precision", |curves| {
        curves.average_precision
    });
    let mut canvas = Canvas::new("precision-recall", title, &format!("{title}. {said}"));
    let x = Axis::of_shares("Recall", 0.0, 1.0, 2);
    let plot = Plot::new(&mut canvas, x, Axis::of_shares("Precision", 0.0, 1.0, 4))?;
    for (curves, rank) in curves.iter().zip(0..) {
        plot.line(&thin(&curves.precision), Pen::Curve(rank))?;
    }
    legend(
        &plot,
        curves,
        |curves| &curves.precision,
        |curves| curves.average_precision,
    )?;
    drop(plot);
    Ok(Chart::new(
        &canvas,
        "precision-recall",
        title,
        format!(
            "How many of the answers with a label are right, against how many of its images are found, \
         over all thresholds. {said}{few}"
        ),
    ))
}

/// The figure of each label in a sentence.
fn each(curves: &[Curves], what: &str, figure: impl Fn(&Curves) -> f64) -> String {
    let figures = curves
        .iter()
        .map(|curves| format!("{} for {}", three(figure(curves)), curves.label));
    format!("{what} {}.", figures.collect::<Vec<_>>().join(", "))
}

/// Names the curves in a corner on the right, each with its figure: below, or where a curve of
/// `lines` passes there, above.
fn legend(
    plot: &Plot,
    curves: &[Curves],
    lines: impl Fn(&Curves) -> &[Point],
    figure: impl Fn(&Curves) -> f64,
) -> io::Result<()> {
    const ROW: f64 = 0.08;
    let count = curves.len() as f64;
    let is_inside = |&(x, y): &Point| (0.45..0.98).contains(&x) && y < ROW * (count + 0.5);
    let is_taken = curves.iter().flat_map(&lines).any(is_inside);
    let top = if is_taken { 1.0 - ROW } else { ROW * count };
    for (curves, row) in curves.iter().zip(0..) {
        let y = top - ROW * f64::from(row);
        plot.line(&[(0.47, y), (0.55, y)], Pen::Curve(row))?;
        let text = format!("{} {}", three(figure(curves)), shortened(&curves.label));
        plot.text((0.55, y), Side::Right, &text, Pen::Ink)?;
    }
    Ok(())
}

fn three(figure: f64) -> String {
    format!("{figure:.3}")
}

/// The beginning of a label that is too long for a chart.
fn shortened(label: &str) -> String {
    match label.chars().count() > LETTERS {
        true => label.chars().take(LETTERS - 1).chain(['…']).collect(),
        false => label.to_owned(),
    }
}
