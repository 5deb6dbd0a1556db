//! The strengths of the regularisation that were tried, and how each did.

use std::io;

use plotters::drawing::IntoDrawingArea;

use super::Chart;
use super::canvas::{Canvas, SIZE};
use super::pen::Pen;
use super::plot::{Axis, Plot, Point, Side};
use crate::head::{Head, Score};

/// The chart, where strengths were tried.
pub(super) fn strengths(head: &Head) -> io::Result<Option<Chart>> {
    let mut scores = head.scores.clone();
    scores.sort_by(|a, b| a.l2.total_cmp(&b.l2));
    let chosen = scores.iter().find(|score| score.l2 == head.l2);
    let (Some(chosen), [_, _, ..]) = (chosen, scores.as_slice()) else {
        return Ok(None);
    };
    let title = "Strengths tried";
    let strength = shown(chosen);
    let said = format!(
        "Of {} strengths {} did best: cross-entropy {:.4}, accuracy {:.1} %, on {} images that the fits had not seen",
        scores.len(),
        strength,
        chosen.cross_entropy,
        100.0 * chosen.accuracy,
        chosen.images
    );
    let mut canvas = Canvas::new("strengths", title, &format!("{said}."));
    let middle = SIZE.1 as i32 / 2;
    let upper = of(&scores, |score| score.cross_entropy);
    let lower = of(&scores, |score| score.accuracy);
    let y = Axis {
        name: "Cross-entropy",
        ticks: ends(&upper, |at| format!("{at:.3}")),
        ..around(&upper)
    };
    let root = (&mut canvas).into_drawing_area();
    let above = Plot::between(root, (300, middle - 160), x(&scores, false), y)?;
    draw(&above, &upper, chosen, Side::Below, &strength)?;
    let y = Axis {
        name: "Accuracy",
        ticks: ends(&lower, |at| format!("{:.1} %", 100.0 * at)),
        ..around(&lower)
    };
    let place = (middle + 260, SIZE.1 as i32 - 460);
    let below = Plot::between(above.root(), place, x(&scores, true), y)?;
    draw(&below, &lower, chosen, Side::Above, "")?;
    drop((above, below));
    let caption = format!(
        "{said} ({} folds). The lowest cross-entropy decides; a strong penalty is on the right.",
        chosen.folds
    );
    Ok(Some(Chart::new(&canvas, "strengths", title, caption)))
}

/// The strength without zeros that say nothing.
fn shown(score: &Score) -> String {
    let strength = score.strength();
    match strength.contains('.') && !strength.contains('e') {
        true => strength
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned(),
        false => strength,
    }
}

fn of(scores: &[Score], figure: impl Fn(&Score) -> f64) -> Vec<Point> {
    let point = |score: &Score| (score.l2.log10(), figure(score));
    scores.iter().map(point).collect()
}

fn draw(plot: &Plot, points: &[Point], chosen: &Score, side: Side, said: &str) -> io::Result<()> {
    plot.line(points, Pen::Ink)?;
    let at = points.iter().find(|(x, _)| *x == chosen.l2.log10());
    at.map_or(Ok(()), |at| {
        plot.dot(*at, true, Pen::Ink)?;
        plot.text(*at, side, said, Pen::Ink)
    })
}

/// An axis of powers of ten.
fn x(scores: &[Score], labelled: bool) -> Axis {
    let mut powers: Vec<f64> = scores.iter().map(|score| score.l2.log10()).collect();
    powers.sort_by(f64::total_cmp);
    let [from, to] = [powers.first(), powers.last()].map(|end| end.copied().unwrap_or_default());
    let whole = (from.ceil() as i32..=to.floor() as i32).map(f64::from);
    let ticks = whole
        .filter(|_| labelled)
        .map(|power| (power, format!("{}", 10f64.powf(power))));
    Axis {
        name: if labelled { "Strength (l2)" } else { "" },
        from,
        to,
        ticks: ticks.collect(),
    }
}

/// An axis that holds all points, without a name.
fn around(points: &[Point]) -> Axis {
    let [low, high] = bounds(points);
    let room = 0.12 * (high - low).max(1e-6);
    Axis {
        name: "",
        from: low - room,
        to: high + room,
        ticks: Vec::new(),
    }
}

fn ends(points: &[Point], said: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    bounds(points).map(|at| (at, said(at))).into()
}

fn bounds(points: &[Point]) -> [f64; 2] {
    let all = || points.iter().map(|(_, y)| *y);
    [
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    ]
}
