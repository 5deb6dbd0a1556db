//! Reasons not to trust the figures, in words.

use super::Report;
use super::share::percent;
use super::tested::Tested;
use crate::audit::{Fact, Shortcut};
use crate::counted;
use crate::eval::{LabelMetrics, Metrics};

/// Below this number of images figures are rough.
const FEW: u64 = 100;

/// Below this number of images of a label its own figures say next to nothing.
const FEW_OF_LABEL: u64 = 10;

/// Labels that are named one by one.
const NAMED: usize = 3;

/// How many times as many images of one label as of another are too uneven to say nothing.
const UNEVEN: u64 = 4;

/// Standard deviations beyond which two accuracies are not taken for chance: once in a hundred heads.
const BEYOND_CHANCE: f64 = 2.576;

/// The share of a label's images that a shortcut is told of in words of the label.
const NEARLY_ALL: f64 = 0.9;

/// What most images are, and nobody would name.
const USUAL: &str = "in colour";

/// A reason not to trust the figures.
pub(super) struct Warning {
    /// In a few words.
    pub(super) title: &'static str,
    /// In sentences.
    pub(super) text: String,
}

/// All reasons, the gravest first.
pub(super) fn warnings(report: &Report, tested: &Tested) -> Vec<Warning> {
    let mut all = Vec::new();
    let mut warn = |title, text: Option<String>| {
        all.extend(text.map(|text| Warning { title, text }));
    };
    warn("These images are drawings, not photos.", drawings(report));
    warn("The head has seen these images.", seen(report));
    warn("It may have learned a shortcut.", shortcut(report));
    warn(
        "Some of these images are not new to it.",
        leaks(report, tested),
    );
    warn("There are few images.", few(report));
    warn("Some labels have few images.", few_of_label(report));
    warn("The labels are uneven.", uneven(report));
    warn("Validation said something else.", validation(report));
    warn("Some images count more than once.", copies(report));
    all
}

fn drawings(report: &Report) -> Option<String> {
    let text = "The figures show that the programs work, not how well the labels of photos can be told apart.";
    (report.evaluation.metrics.drawings).then(|| text.to_owned())
}

fn seen(report: &Report) -> Option<String> {
    let Metrics { n, seen, .. } = &report.evaluation.metrics;
    (*seen > 0).then(|| match seen == n {
        true => format!("It has learned from all {n} of them, so the figures say how well it remembers, and not how well it does on others."),
        false => format!("It has learned from {seen} of the {n}, which flatters it."),
    })
}

fn leaks(report: &Report, tested: &Tested) -> Option<String> {
    let n = report.evaluation.judged.len();
    let leaks = tested.leaks.len();
    let show = if leaks == 1 { "shows" } else { "show" };
    (leaks > 0).then(|| {
        format!(
            "{leaks} of the {n} {show} the same as an image that the head has learned from: near-duplicates lie on both sides of \
             the split. Duplicates, below, has them."
        )
    })
}

fn few(report: &Report) -> Option<String> {
    let n = report.evaluation.metrics.n;
    (n < FEW).then(|| {
        format!(
            "{} are a rough measure: one answer more or less is {}.",
            counted(n, "image"),
            percent(1.0 / n.max(1) as f64)
        )
    })
}

fn few_of_label(report: &Report) -> Option<String> {
    let metrics = &report.evaluation.metrics;
    let is_few = |label: &&LabelMetrics| label.n < FEW_OF_LABEL;
    let few: Vec<&LabelMetrics> = metrics.per_class.iter().filter(is_few).collect();
    let named = few.iter().take(NAMED);
    let named = named.map(|label| format!("'{}' has {}", label.label, counted(label.n, "image")));
    let mut text = named.collect::<Vec<_>>().join(", ");
    if few.len() > NAMED {
        text += &format!(
            ", and {} more have fewer than {FEW_OF_LABEL}",
            few.len() - NAMED
        );
    }
    (!few.is_empty())
        .then(|| format!("{text}. What is said of such a label alone is little more than chance."))
}

fn uneven(report: &Report) -> Option<String> {
    let pairs = || report.head.labels.iter().zip(&report.head.counts);
    let total = |counts: &[u64; 3]| {
        counts
            .iter()
            .fold(0, |sum: u64, it| sum.saturating_add(*it))
    };
    let (most, many) = pairs().max_by_key(|(_, counts)| total(counts))?;
    let (fewest, few) = pairs().min_by_key(|(_, counts)| total(counts))?;
    let (many, few) = (total(many), total(few));
    (many >= UNEVEN.saturating_mul(few.max(1))).then(|| {
        format!(
            "The head knows {many} images of '{most}' and {few} of '{fewest}'. The accuracy is mostly that of the large labels: \
             look at the recall of each."
        )
    })
}

fn validation(report: &Report) -> Option<String> {
    let metrics = &report.evaluation.metrics;
    let before = report.head.validation_accuracy?;
    let [_, validation, _] = report.head.totals();
    if metrics.split != "testing" || validation == 0 {
        return None;
    }
    let (n, m) = (validation as f64, metrics.n as f64);
    let pooled = (before * n + metrics.accuracy * m) / (n + m);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    ((before - metrics.accuracy).abs() > BEYOND_CHANCE * deviation).then(|| {
        format!(
            "On the {validation} validation images the accuracy was {}, here it is {}: further apart than chance makes them. \
             The two may be of different kinds.",
            percent(before),
            percent(metrics.accuracy)
        )
    })
}

fn copies(report: &Report) -> Option<String> {
    let copies = report.evaluation.metrics.copies;
    (copies > 0).then(|| {
        format!("{} of them have the same content as another one, so what is seen there is counted again.", copies)
    })
}

fn shortcut(report: &Report) -> Option<String> {
    let shortcut = report.findings.shortcuts.first()?;
    let text = describe(shortcut, report.samples.labels());
    Some(format!(
        "{text} The head may look at that, and not at what the images show, and then it fails on others."
    ))
}

/// A shortcut in a sentence.
pub(super) fn describe(shortcut: &Shortcut, labels: &[String]) -> String {
    let n = shortcut.of.max(1) as f64;
    let facts = match shortcut.fact {
        Fact::Format => "The format of a file",
        Fact::Colour => "Whether an image has colours",
        Fact::Shape => "Whether an image stands or lies",
        Fact::Size => "The number of pixels",
    };
    let alone = format!(
        "{facts} alone gives the right label to {} of all images; always the same answer would be right for {}.",
        percent(shortcut.right as f64 / n),
        percent(shortcut.most_frequent as f64 / n)
    );
    match telling(shortcut) {
        Some((label, value, inside, of, elsewhere, others)) => {
            let label = labels.get(label).map_or("", String::as_str);
            let value = match shortcut.fact {
                Fact::Format => format!("{value} files"),
                _ => value.to_owned(),
            };
            let all = match inside == of {
                true => format!("All {of} images"),
                false => format!("{inside} of the {of} images"),
            };
            format!(
                "{all} of '{label}' are {value}, and {elsewhere} of the {others} others. {alone}"
            )
        }
        None => alone,
    }
}

/// The value that tells a label from the others best, if nearly all of its images have it: label,
/// value, how many of the label's images have it of how many, and the same of all others.
fn telling(shortcut: &Shortcut) -> Option<(usize, &str, usize, usize, usize, usize)> {
    let labels = shortcut.values.first()?.1.len();
    let of = |label: usize| -> usize {
        let counts = shortcut.values.iter();
        counts.filter_map(|(_, counts)| counts.get(label)).sum()
    };
    let totals: Vec<usize> = (0..labels).map(of).collect();
    let all = shortcut.values.iter().flat_map(|(value, counts)| {
        let with_value: usize = counts.iter().sum();
        let pairs = counts.iter().zip(&totals).enumerate();
        pairs.map(move |(label, (&inside, &of))| {
            let (elsewhere, others) = (with_value - inside, shortcut.of.saturating_sub(of));
            (label, value.as_str(), inside, of, elsewhere, others)
        })
    });
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    let gain =
        |it: &(usize, &str, usize, usize, usize, usize)| share(it.2, it.3) - share(it.4, it.5);
    let nearly_all = all.filter(|it| share(it.2, it.3) >= NEARLY_ALL);
    // Of two labels each tells the other. To be grey is what is named then, and not to have colours.
    let is_odd = |it: &(usize, &str, usize, usize, usize, usize)| it.1 != USUAL;
    nearly_all.max_by(|a, b| gain(a).total_cmp(&gain(b)).then(is_odd(a).cmp(&is_odd(b))))
}
