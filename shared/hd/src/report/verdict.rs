//! The verdict: how good the head is, in a sentence.

use super::Report;
use super::share::{between, percent};
use crate::counted;
use crate::eval::Accuracy;
use crate::label::CONFIDENT;

/// What is said of the evaluated images first.
pub(super) struct Verdict {
    /// The accuracy.
    pub(super) accuracy: String,
    /// Which images it is of.
    pub(super) of: String,
    /// The verdict, in a sentence.
    pub(super) sentence: String,
    /// What stands beside it, in sentences.
    pub(super) beside: Vec<String>,
    /// The accuracy with its interval, and beside it what would be right without a head.
    pub(super) bars: Vec<Bar>,
}

/// An accuracy as a bar, in percent of its whole length.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) share: String,
    pub(super) width: String,
    /// Where its interval begins, and how long that is.
    pub(super) interval: [String; 2],
}

impl Verdict {
    pub(super) fn of(report: &Report) -> Self {
        let metrics = &report.evaluation.metrics;
        let of = match metrics.split.as_str() {
            "all" => counted(metrics.n, "image"),
            split => counted(metrics.n, &format!("{split} image")),
        };
        Self {
            accuracy: percent(metrics.accuracy),
            of,
            sentence: sentence(report),
            beside: beside(report),
            bars: bars(report),
        }
    }
}

fn sentence(report: &Report) -> String {
    let metrics = &report.evaluation.metrics;
    let right = (metrics.accuracy * metrics.n as f64).round();
    let images = counted(metrics.n, "image");
    let unseen = match metrics.seen {
        0 => " that it had not seen",
        _ => "",
    };
    format!(
        "It is right on {right} of {images}{unseen}: {}, and on ever more such images with 95\u{a0}% confidence between {}.",
        percent(metrics.accuracy),
        between(metrics.accuracy_interval)
    )
}

fn beside(report: &Report) -> Vec<String> {
    let metrics = &report.evaluation.metrics;
    let mut all = Vec::new();
    let frequent = &metrics.baselines.most_frequent;
    let share = |accuracy: &Accuracy| percent(accuracy.accuracy.unwrap_or_default());
    let nearest = metrics.baselines.nearest_neighbour.as_ref();
    let nearest = nearest.map_or_else(String::new, |nearest| {
        format!(
            ", the label of the most similar image for {}",
            share(nearest)
        )
    });
    all.push(format!(
        "Always answering '{}' would be right for {}{nearest}.",
        frequent.label,
        share(&frequent.accuracy)
    ));
    let sure = metrics.decided.iter().find(|it| it.threshold == CONFIDENT);
    if let Some(interval) = sure.and_then(|sure| sure.accuracy.accuracy_interval) {
        let sure = sure.map(|sure| sure.accuracy).unwrap_or_default();
        all.push(format!(
            "{} of its answers have a score over {CONFIDENT:.2}, and {} of these are right: with 95\u{a0}% confidence between {}.",
            sure.n,
            sure.right,
            between(interval)
        ));
    }
    all
}

fn bars(report: &Report) -> Vec<Bar> {
    let metrics = &report.evaluation.metrics;
    let right = (metrics.accuracy * metrics.n as f64).round() as u64;
    let mut all = vec![bar("This head", &Accuracy::of(right, metrics.n))];
    if let Some(nearest) = &metrics.baselines.nearest_neighbour {
        all.push(bar("The label of the most similar image", nearest));
    }
    let frequent = &metrics.baselines.most_frequent;
    let name = format!("Always '{}'", frequent.label);
    all.push(bar(&name, &frequent.accuracy));
    all
}

fn bar(name: &str, accuracy: &Accuracy) -> Bar {
    let share = accuracy.accuracy.unwrap_or_default();
    let [low, high] = accuracy.accuracy_interval.unwrap_or([0.0, 1.0]);
    let css = |share: f64| format!("{:.2}%", 100.0 * share);
    Bar {
        name: name.to_owned(),
        share: percent(share),
        width: css(share),
        interval: [css(low), css(high - low)],
    }
}
