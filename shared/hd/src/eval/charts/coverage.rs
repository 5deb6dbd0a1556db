//! What a threshold is worth: how many answers are left over it, and how often these are right.

use std::io;

use serde::Serialize;

use super::Chart;
use super::canvas::Canvas;
use super::pen::Pen;
use super::plot::{Axis, Plot, Point, Side};
use super::thin::thin;
use crate::eval::accuracy::Accuracy;
use crate::eval::evaluate::Evaluation;
use crate::eval::judged::Judged;
use crate::label::CONFIDENT;

/// Fewer answers are not drawn: their share says nothing.
const FEW: u64 = 20;

/// What the slider of the page knows.
#[derive(Serialize)]
struct Slider {
    /// All answers.
    images: u64,
    /// The threshold that it begins at.
    begin: f64,
    steps: Vec<Step>,
}

/// A threshold, and the answers over it.
#[derive(Serialize)]
struct Step {
    threshold: f64,
    #[serde(flatten)]
    decided: Accuracy,
    /// Where that is on the chart: x and y of its view box. None where nothing is decided.
    at: Option<(i32, i32)>,
}

/// The chart of coverage and accuracy, with what a slider needs.
pub(super) fn coverage(evaluation: &Evaluation) -> io::Result<Chart> {
    let title = "What a threshold is worth";
    let sorted = Sorted::of(&evaluation.judged);
    let points = sorted.points();
    let lowest = points
        .iter()
        .map(|(_, [low, ..])| low.1)
        .fold(1.0, f64::min);
    let [usual, all] = [CONFIDENT, 0.0].map(|threshold| sorted.over(threshold));
    let said = said(&usual, &all);
    let mut canvas = Canvas::new("coverage", title, &said);
    let x = Axis::of_shares("Answers over the threshold", 0.0, 1.0, 4);
    let y = Axis::of_shares_above("Right among them", lowest);
    let floor = y.from;
    let plot = Plot::new(&mut canvas, x, y)?;
    let of = |part: usize| {
        let points = points
            .iter()
            .filter_map(|(_, three)| three.get(part).copied());
        thin(&points.collect::<Vec<Point>>())
    };
    plot.band(&of(0), &of(2), Pen::Band)?;
    plot.line(&of(1), Pen::Ink)?;
    let place = |decided: &Accuracy| {
        let share = decided.n as f64 / all.n.max(1) as f64;
        decided
            .accuracy
            .map(|accuracy| (share, accuracy.max(floor)))
    };
    if let Some(at) = place(&usual) {
        plot.dot(at, true, Pen::Ink)?;
        plot.text(at, Side::Below, &format!("{CONFIDENT:.2}"), Pen::Ink)?;
    }
    if let Some(at) = place(&usual).or_else(|| place(&all)) {
        plot.dot(at, false, Pen::Mark)?;
    }
    let steps = steps(&evaluation.metrics.labels).map(|threshold| {
        let decided = sorted.over(threshold);
        Step {
            threshold,
            decided,
            at: place(&decided).map(|at| plot.place(at)),
        }
    });
    let slider = Slider {
        images: all.n,
        begin: CONFIDENT,
        steps: steps.collect(),
    };
    let data = serde_json::to_string(&slider)?;
    drop(plot);
    let caption = format!(
        "Answers with a low score can be left to a person. The curve goes from all answers, on the right, to \
         the surest ones, with its 95 % interval; fewer than {FEW} are not drawn. {said}"
    );
    Ok(Chart {
        data: Some(data),
        ..Chart::new(&canvas, "coverage", title, caption)
    })
}

/// Thresholds in steps of one percent, from where no answer can be left out.
fn steps(labels: &[String]) -> impl Iterator<Item = f64> + use<> {
    let from = 100 / labels.len().max(1) as u32;
    (from..100).map(|percent| f64::from(percent) / 100.0)
}

fn said(usual: &Accuracy, all: &Accuracy) -> String {
    let share =
        |one: Option<f64>| one.map_or("none".to_owned(), |one| format!("{:.1} %", 100.0 * one));
    format!(
        "{} of {} answers have a score over {CONFIDENT:.2}, and {} of these are right; of all answers {} are.",
        usual.n,
        all.n,
        share(usual.accuracy),
        share(all.accuracy)
    )
}

/// Answers from the surest down, with how many of those so far are right.
struct Sorted(Vec<(f64, u64)>);

impl Sorted {
    fn of(judged: &[Judged]) -> Self {
        let scored = judged
            .iter()
            .map(|image| (image.now.score, u64::from(image.is_right())));
        let mut sorted: Vec<(f64, u64)> = scored.collect();
        sorted.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut sum = 0;
        for (_, right) in &mut sorted {
            sum += *right;
            *right = sum;
        }
        Self(sorted)
    }

    /// Those over a threshold.
    fn over(&self, threshold: f64) -> Accuracy {
        let n = self.0.partition_point(|(score, _)| *score > threshold);
        let right = n.checked_sub(1).and_then(|last| self.0.get(last));
        Accuracy::of(right.map_or(0, |(_, right)| *right), n as u64)
    }

    /// The share over each score, with the lower end of its interval, its accuracy and the upper end.
    fn points(&self) -> Vec<(f64, [Point; 3])> {
        let all = self.0.len() as f64;
        let mut points = Vec::new();
        let mut n = 0;
        for ties in self.0.chunk_by(|(a, _), (b, _)| a == b) {
            n += ties.len() as u64;
            let Some((score, right)) = ties.last().filter(|_| n >= FEW) else {
                continue;
            };
            let accuracy = Accuracy::of(*right, n);
            if let (Some(middle), Some([low, high])) =
                (accuracy.accuracy, accuracy.accuracy_interval)
            {
                let share = n as f64 / all;
                points.push((*score, [low, middle, high].map(|at| (share, at))));
            }
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_a_threshold_is_counted_with_what_is_right_of_it() {
        let judged = [0.9, 0.6, 0.8, 0.8].map(|p| Judged::new(0, 0, &[p, 1.0 - p], &[1.0, 0.0]));
        let mut judged = judged.to_vec();
        judged.push(Judged::new(0, 1, &[0.7, 0.3], &[1.0, 0.0]));
        let sorted = Sorted::of(&judged);
        let over = [0.0, 0.65, 0.7, 0.8, 0.9].map(|threshold| sorted.over(threshold));
        assert_eq!(
            over.map(|one| (one.right, one.n)),
            [(4, 5), (3, 4), (3, 3), (1, 1), (0, 0)]
        );
    }
}
