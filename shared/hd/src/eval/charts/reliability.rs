//! Whether scores can be taken at their word: reliability diagram, and the scores of right and wrong
//! answers.

use std::io;

use super::Chart;
use super::canvas::Canvas;
use super::pen::Pen;
use super::plot::{Axis, Plot, Point, Side};
use crate::eval::accuracy::Accuracy;
use crate::eval::calibration::BINS;
use crate::eval::evaluate::Evaluation;
use crate::eval::judged::{Belief, Judged};

/// The answers with a score in one of the bins.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    sum: f64,
    right: u64,
    n: u64,
}

impl Bin {
    fn all(judged: &[Judged], belief: impl Fn(&Judged) -> Belief) -> [Self; BINS] {
        let mut bins = [Self::default(); BINS];
        for image in judged {
            let score = belief(image).score;
            if let Some(bin) = bins.get_mut(((score * BINS as f64) as usize).min(BINS - 1)) {
                bin.sum += score;
                bin.right += u64::from(image.is_right());
                bin.n += 1;
            }
        }
        bins
    }

    /// The mean score, and the share that is right.
    fn point(&self) -> Point {
        let n = self.n.max(1) as f64;
        (self.sum / n, self.right as f64 / n)
    }
}

/// The reliability diagram.
pub(super) fn reliability(evaluation: &Evaluation) -> io::Result<Chart> {
    let title = "Can scores be taken at their word?";
    let metrics = &evaluation.metrics;
    let now = Bin::all(&evaluation.judged, |image| image.now);
    let before = Bin::all(&evaluation.judged, |image| image.before);
    let is_calibrated = metrics.temperature != 1.0;
    let error = |share: f64| format!("{:.1} %", 100.0 * share);
    let mut said = format!(
        "The mean distance from the diagonal, the expected calibration error, is {}, where chance alone gives {}",
        error(metrics.calibration.calibration_error),
        error(metrics.calibration.calibration_error_by_chance),
    );
    if is_calibrated {
        let before = error(metrics.uncalibrated.calibration_error);
        said += &format!(
            "; before the temperature of {:.2} it was {before}",
            metrics.temperature
        );
    }
    let rows = now.iter().filter(|bin| bin.n > 0).map(|bin| {
        let (score, _) = bin.point();
        format!("{:.0} %: {} of {} right", 100.0 * score, bin.right, bin.n)
    });
    let rows = rows.collect::<Vec<_>>().join("; ");
    let mut canvas = Canvas::new(
        "reliability",
        title,
        &format!("{said}. By mean score: {rows}."),
    );
    let x = Axis::of_shares("Score", 0.0, 1.0, 4);
    let plot = Plot::new(
        &mut canvas,
        x,
        Axis::of_shares("Answers that are right", 0.0, 1.0, 4),
    )?;
    let most = now.iter().map(|bin| bin.n).max().unwrap_or_default().max(1);
    for (number, bin) in now.iter().enumerate().filter(|(_, bin)| bin.n > 0) {
        let [from, to] = [number, number + 1].map(|edge| edge as f64 / BINS as f64);
        let height = 0.22 * bin.n as f64 / most as f64;
        plot.bar((from + 0.004, 0.0), (to - 0.004, height), Pen::Band)?;
        let middle = f64::midpoint(from, to);
        plot.text(
            (middle, height - 0.03),
            Side::Above,
            &short(bin.n),
            Pen::Soft,
        )?;
    }
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], Pen::Ideal)?;
    if is_calibrated {
        for bin in before.iter().filter(|bin| bin.n > 0) {
            plot.dot(bin.point(), false, Pen::Soft)?;
        }
    }
    for bin in now.iter().filter(|bin| bin.n > 0) {
        let (score, share) = bin.point();
        if let Some([low, high]) = Accuracy::of(bin.right, bin.n).accuracy_interval {
            plot.line(&[(score, low), (score, high)], Pen::Ink)?;
        }
        plot.dot((score, share), true, Pen::Ink)?;
    }
    let hollow = match is_calibrated {
        true => ", hollow ones before the temperature",
        false => "",
    };
    drop(plot);
    Ok(Chart::new(
        &canvas,
        "reliability",
        title,
        format!(
            "Answers with a score of 90 % should be right in 90 % of the cases: on the diagonal. A dot for each \
         of {BINS} bins with its 95 % interval{hollow}; the bars below count the answers. {said}."
        ),
    ))
}

/// A count in few digits.
fn short(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        _ => format!("{}k", n / 1000),
    }
}

/// The scores of right answers, above the scores of wrong ones.
pub(super) fn scores(evaluation: &Evaluation) -> io::Result<Chart> {
    let title = "Scores of right and wrong answers";
    let judged = &evaluation.judged;
    let bins = Bin::all(judged, |image| image.now);
    let right: u64 = bins.iter().map(|bin| bin.right).sum();
    let wrong = judged.len() as u64 - right;
    let share = |n: u64, of: u64| n as f64 / of.max(1) as f64;
    let tallest = bins
        .iter()
        .flat_map(|bin| [share(bin.right, right), share(bin.n - bin.right, wrong)]);
    let tallest = tallest.fold(0.1, f64::max) * 1.15;
    let rows = bins
        .iter()
        .zip(0..)
        .filter(|(bin, _)| bin.n > 0)
        .map(|(bin, number)| {
            let from = 100.0 * f64::from(number) / BINS as f64;
            format!(
                "from {from:.0} %: {} right, {} wrong",
                bin.right,
                bin.n - bin.right
            )
        });
    let rows = rows.collect::<Vec<_>>().join("; ");
    let mut canvas = Canvas::new(
        "scores",
        title,
        &format!("{right} right and {wrong} wrong answers by score: {rows}."),
    );
    let y = Axis {
        name: "Share of right and of wrong answers",
        from: -tallest,
        to: tallest,
        ticks: vec![(0.0, String::new())],
    };
    let plot = Plot::new(&mut canvas, Axis::of_shares("Score", 0.0, 1.0, 4), y)?;
    for (number, bin) in bins.iter().enumerate() {
        let [from, to] = [number, number + 1].map(|edge| edge as f64 / BINS as f64);
        let halves = [
            (bin.right, share(bin.right, right), Pen::Good, Side::Above),
            (
                bin.n - bin.right,
                -share(bin.n - bin.right, wrong),
                Pen::Bad,
                Side::Below,
            ),
        ];
        for (n, height, pen, side) in halves.into_iter().filter(|(n, ..)| *n > 0) {
            plot.bar((from + 0.004, 0.0), (to - 0.004, height), pen)?;
            let inward = if height > 0.0 { -0.015 } else { 0.015 } * tallest;
            plot.text(
                (f64::midpoint(from, to), height + inward),
                side,
                &short(n),
                Pen::Soft,
            )?;
        }
    }
    plot.text(
        (0.0, 0.6 * tallest),
        Side::Right,
        &format!("{right} right"),
        Pen::Good,
    )?;
    plot.text(
        (0.0, -0.6 * tallest),
        Side::Right,
        &format!("{wrong} wrong"),
        Pen::Bad,
    )?;
    drop(plot);
    Ok(Chart::new(
        &canvas,
        "scores",
        title,
        format!(
            "Right answers above the line and wrong ones below, each as shares of their own {right} and {wrong}, with \
         their counts. The further apart the two lie, the more a threshold is worth."
        ),
    ))
}
