//! The scores of right answers beside those of wrong ones.

use std::io;

use super::Chart;
use super::bins::Bin;
use super::canvas::Canvas;
use super::pen::Pen;
use super::plot::{Axis, Plot, Side};
use crate::eval::evaluate::Evaluation;

const TITLE: &str = "Scores of right and wrong answers";

/// The scores of right answers, above the scores of wrong ones.
pub(super) fn scores(evaluation: &Evaluation) -> io::Result<Chart> {
    let bins = Bin::all(&evaluation.judged, |image| image.now);
    let [right, wrong] =
        [|bin: &Bin| bin.right, Bin::wrong].map(|count| bins.iter().map(count).sum::<u64>());
    let share = |n: u64, of: u64| n as f64 / of.max(1) as f64;
    let shares = |bin: &Bin| [share(bin.right, right), share(bin.wrong(), wrong)];
    let tallest = 1.2 * bins.iter().flat_map(shares).fold(0.1, f64::max);
    let description = format!(
        "{right} right and {wrong} wrong answers. {}",
        Bin::rows(&bins)
    );
    let mut canvas = Canvas::new("scores", TITLE, &description);
    let y = Axis {
        name: "Share of right and of wrong answers",
        from: -tallest,
        to: tallest,
        ticks: vec![(0.0, String::new())],
    };
    let from = Bin::from(bins.iter());
    let plot = Plot::new(&mut canvas, Bin::axis(from), y)?;
    for bin in &bins {
        let [left, end] = bin.edges(from);
        let [up, down] = shares(bin);
        let halves = [
            (bin.right, up, Pen::Good, Side::Close),
            (bin.wrong(), -down, Pen::Bad, Side::CloseBelow),
        ];
        for (n, height, pen, side) in halves.into_iter().filter(|(n, ..)| *n > 0) {
            plot.bar((left, 0.0), (end, height), pen)?;
            plot.text(
                (f64::midpoint(left, end), height),
                side,
                &Bin::short(n),
                Pen::Soft,
            )?;
        }
    }
    // Beside the bars, which are tallest where most of the answers are.
    let most = bins
        .iter()
        .max_by_key(|bin| bin.n)
        .map_or(1.0, |bin| bin.point().0);
    let (x, side) = match most < f64::midpoint(from, 1.0) {
        true => (1.0, Side::Left),
        false => (from, Side::Right),
    };
    plot.text(
        (x, 0.7 * tallest),
        side,
        &format!("{right} right"),
        Pen::Good,
    )?;
    plot.text(
        (x, -0.8 * tallest),
        side,
        &format!("{wrong} wrong"),
        Pen::Bad,
    )?;
    drop(plot);
    let caption = format!(
        "Right answers above the line and wrong ones below, each as shares of their own {right} and {wrong}, \
         with their counts. The further apart the two lie, the more a threshold is worth."
    );
    Ok(Chart::new(&canvas, "scores", TITLE, caption))
}
