//! The learning curve.

use std::io;

use super::Chart;
use super::canvas::Canvas;
use super::pen::Pen;
use super::plot::{Axis, Plot, Point, Side};
use crate::eval::learning::LearningCurve;

/// The chart of a learning curve.
pub(super) fn growth(curve: &LearningCurve) -> io::Result<Chart> {
    let title = "Would more images help?";
    let shares = |index: usize| -> Vec<Point> {
        let points = curve.points.iter().filter_map(|point| {
            let accuracy = point.accuracy.accuracy?;
            let [low, high] = point.accuracy.accuracy_interval?;
            let y = [low, accuracy, high].get(index).copied()?;
            Some(((point.images as f64).log2(), y))
        });
        points.collect()
    };
    let [low, middle, high] = [0, 1, 2].map(shares);
    let rows = curve.points.iter().map(|point| {
        let accuracy = 100.0 * point.accuracy.accuracy.unwrap_or_default();
        format!("{} images {accuracy:.1} %", point.images)
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    let mut canvas = Canvas::new(
        "learning",
        title,
        &format!("Accuracy by images learned from: {rows}."),
    );
    let ends = [middle.first(), middle.last()].map(|end| end.map_or(0.0, |(x, _)| *x));
    let lowest = low.iter().map(|(_, y)| *y).fold(1.0, f64::min);
    let x = Axis {
        name: "Images learned from",
        from: ends[0] - 0.3,
        to: ends[1] + 0.3,
        ticks: curve
            .points
            .iter()
            .map(|point| ((point.images as f64).log2(), point.images.to_string()))
            .collect(),
    };
    let plot = Plot::new(&mut canvas, x, Axis::of_shares_above("Accuracy", lowest))?;
    plot.band(&low, &high, Pen::Band)?;
    plot.line(&middle, Pen::Ink)?;
    for at in &middle {
        plot.dot(*at, true, Pen::Ink)?;
        plot.text(*at, Side::Above, &format!("{:.1}", 100.0 * at.1), Pen::Ink)?;
    }
    drop(plot);
    let n = curve.points.first().map_or(0, |point| point.accuracy.n);
    let sample = match curve.of > n {
        true => format!(" (a sample of {})", curve.of),
        false => String::new(),
    };
    let caption = format!(
        "{} Each of {n} images{sample} is answered by a fit on others, and on fewer and fewer of them; the band is the \
         95 % interval.",
        curve.sentence()
    );
    Ok(Chart::new(&canvas, "learning", title, caption))
}
