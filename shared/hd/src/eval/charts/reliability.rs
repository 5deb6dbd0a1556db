//! Whether scores can be taken at their word: the reliability diagram.

use std::io;

use plotters::drawing::IntoDrawingArea;

use super::Chart;
use super::bins::Bin;
use super::canvas::{Canvas, SIZE};
use super::pen::Pen;
use super::plot::{Axis, Plot, Side};
use crate::eval::calibration::BINS;
use crate::eval::evaluate::Evaluation;

const TITLE: &str = "Can scores be taken at their word?";

/// The reliability diagram, above the number of answers in each bin.
pub(super) fn reliability(evaluation: &Evaluation) -> io::Result<Chart> {
    let is_calibrated = evaluation.metrics.temperature != 1.0;
    let bins = Bin::all(&evaluation.judged, |image| image.now);
    let before = match is_calibrated {
        true => Bin::all(&evaluation.judged, |image| image.before),
        false => Vec::new(),
    };
    let from = Bin::from(bins.iter().chain(&before));
    let said = errors(evaluation);
    let mut canvas = Canvas::new(
        "reliability",
        TITLE,
        &format!("{said} {}", Bin::rows(&bins)),
    );
    let root = (&mut canvas).into_drawing_area();
    let bottom = SIZE.1 as i32 - 460;
    let y = Axis::of_shares("Answers that are right", 0.0, 1.0, 4);
    let x = Axis {
        name: "",
        ticks: Vec::new(),
        ..Bin::axis(from)
    };
    let above = Plot::between(root, (300, bottom - 460), x, y)?;
    above.line(&[(from, from), (1.0, 1.0)], Pen::Ideal)?;
    for bin in &before {
        above.dot(bin.point(), false, Pen::Soft)?;
    }
    for bin in &bins {
        let (score, share) = bin.point();
        if let Some([low, high]) = bin.accuracy().accuracy_interval {
            above.line(&[(score, low), (score, high)], Pen::Ink)?;
        }
        above.dot((score, share), true, Pen::Ink)?;
    }
    let below = Plot::between(
        above.root(),
        (bottom - 230, bottom),
        Bin::axis(from),
        counts(&bins),
    )?;
    for bin in &bins {
        let [left, right] = bin.edges(from);
        below.bar((left, 0.0), (right, bin.n as f64), Pen::Band)?;
        let top = (f64::midpoint(left, right), bin.n as f64);
        below.text(top, Side::Close, &Bin::short(bin.n), Pen::Soft)?;
    }
    drop((above, below));
    let hollow = match is_calibrated {
        true => ", hollow ones before the temperature",
        false => "",
    };
    let caption = format!(
        "Answers with a score of 90 % should be right in 90 % of the cases: on the diagonal. A dot for each \
         of {BINS} bins with its 95 % interval{hollow}; the bars below count the answers. {said}"
    );
    Ok(Chart::new(&canvas, "reliability", TITLE, caption))
}

/// The calibration error, before and after the temperature, beside that of chance.
fn errors(evaluation: &Evaluation) -> String {
    let metrics = &evaluation.metrics;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let before = match metrics.temperature == 1.0 {
        true => String::new(),
        false => format!(
            "; before the temperature of {:.2} it was {}",
            metrics.temperature,
            percent(metrics.uncalibrated.calibration_error)
        ),
    };
    format!(
        "The expected calibration error, their mean distance from it, is {}, where chance alone gives {}{before}.",
        percent(metrics.calibration.calibration_error),
        percent(metrics.calibration.calibration_error_by_chance),
    )
}

/// An axis for counts, which are written at the bars.
fn counts(bins: &[Bin]) -> Axis {
    let most = bins.iter().map(|bin| bin.n).max().unwrap_or_default();
    Axis {
        name: "",
        from: 0.0,
        to: most.max(1) as f64,
        ticks: vec![(0.0, String::new())],
    }
}
