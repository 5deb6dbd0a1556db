//! Running a head over bottlenecks: what it says of each image, and the figures of that.

use std::collections::HashSet;

use super::accuracy::Accuracy;
use super::against::Against;
use super::baselines::Baselines;
use super::calibration::Calibration;
use super::confusion::Confusion;
use super::decided::{Decided, TopK};
use super::judged::{Judged, judge};
use super::metrics::{Confident, Metrics, Mistake};
use super::per_label::{Average, per_label};
use super::ranking::areas;
use super::rows::{LISTED, learned_rows, path_of};
use crate::bottleneck::Samples;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::head::Head;
use crate::split::{Sample, Split, identify};
use crate::twins::{self, Twins};

/// An evaluation: what a head says of each image, and the figures of that.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The figures.
    pub metrics: Metrics,
    /// The judgement on each of the images, in the order of their paths.
    pub judged: Vec<Judged>,
    /// The near-duplicates that the head's rule keeps on one side.
    pub twins: Twins,
    /// The split of each sample by the head's rule; empty where the head was trained with other
    /// images and all were evaluated, so that nobody can know.
    pub splits: Vec<Split>,
}

/// Evaluates `head` on the given split of `samples`, as the head's rule divides them, or on all of
/// them. `against` is another head, with what it is called, to compare it with.
///
/// # Errors
/// Samples of another base than the head's; a label that the head does not know; no image in the
/// split.
pub fn evaluate(
    head: &Head,
    samples: &Samples,
    split: Option<Split>,
    against: Option<(&str, &Head)>,
) -> Result<Evaluation> {
    head.check_base(samples, "the head")?;
    samples.check()?;
    let numbers = head.numbers(samples, "the head")?;
    let twins = twins::by_rule(samples, &head.split);
    let images = twins.images(samples);
    let same_images =
        is_same_set(&head.labels, samples.labels()) && head.images == identify(&images);
    let splits = match split.is_some() || same_images {
        true => head.split.assign(&images, samples.labels())?,
        false => Vec::new(),
    };
    let is_wanted = |row: &usize| split.is_none() || splits.get(*row).copied() == split;
    let rows: Vec<usize> = (0..images.len()).filter(is_wanted).collect();
    if rows.is_empty() {
        return Err(Error::EmptySplit {
            path: samples.path().to_path_buf(),
            split: split.map_or("all", Split::name),
            validation: head.split.validation,
            testing: head.split.testing,
        });
    }
    let judged = judge(head, samples, &numbers, &rows);
    let baselines = Baselines::of(
        head,
        samples,
        &numbers,
        &learned_rows(head, &images),
        &judged,
    );
    let is_seen = |image: &&Sample| head.learned.contains(&image.digest);
    let scored = rows.iter().filter_map(|&row| images.get(row));
    let against = against.map(|other| Against::of(head, &judged, other, samples, &images));
    let metrics = Metrics {
        copies: copies(&images, &rows),
        seen: scored.filter(is_seen).count() as u64,
        against: against.transpose()?,
        ..figures(head, samples, split, &judged, baselines)
    };
    Ok(Evaluation {
        twins,
        splits,
        metrics,
        judged,
    })
}

fn is_same_set(labels: &[String], sorted: &[String]) -> bool {
    let mut labels = labels.to_vec();
    labels.sort();
    labels == sorted
}

/// How many of the rows have the content of one before them.
fn copies(images: &[Sample], rows: &[usize]) -> u64 {
    let mut seen: HashSet<Digest> = HashSet::new();
    let digests = rows.iter().filter_map(|&row| images.get(row));
    digests.filter(|image| !seen.insert(image.digest)).count() as u64
}

/// All figures that follow from the judgements on images of a split.
fn figures(
    head: &Head,
    samples: &Samples,
    split: Option<Split>,
    judged: &[Judged],
    baselines: Baselines,
) -> Metrics {
    let folders = samples.folders();
    let labels = head.labels.iter().map(|label| {
        let folder = folders.get(label).unwrap_or(label);
        (label.clone(), folder.clone())
    });
    let accuracy = Accuracy::among(judged.iter().map(Judged::is_right));
    let confusion = Confusion::of(head.labels.len(), judged);
    let per_class = per_label(labels, &confusion, &areas(head, samples, judged));
    let decided = Decided::all(judged);
    Metrics {
        architecture: head.architecture.clone(),
        split: split.map_or("all", Split::name).to_owned(),
        n: accuracy.n,
        copies: 0,
        seen: 0,
        accuracy: accuracy.accuracy.unwrap_or_default(),
        accuracy_interval: accuracy.accuracy_interval.unwrap_or([0.0, 1.0]),
        baselines,
        calibration: Calibration::of(judged.iter().map(|image| (image.now, image.is_right()))),
        temperature: head.temperature,
        uncalibrated: Calibration::of(judged.iter().map(|image| (image.before, image.is_right()))),
        confident: Confident::among(&decided),
        decided,
        top_k: TopK::all(head.labels.len(), judged),
        labels: head.labels.clone(),
        macro_average: Average::macro_of(&per_class),
        weighted_average: Average::weighted_of(&per_class),
        per_class,
        confusion,
        mistakes: mistakes(head, samples, judged),
        drawings: samples.has_drawings(),
        against: None,
    }
}

/// The wrong answers, the surest first, as many as are listed.
fn mistakes(head: &Head, samples: &Samples, judged: &[Judged]) -> Vec<Mistake> {
    let name = |number: u32| {
        head.labels
            .get(number as usize)
            .cloned()
            .unwrap_or_default()
    };
    let wrong = judged.iter().filter(|image| !image.is_right());
    let mut mistakes: Vec<Mistake> = wrong
        .map(|image| Mistake {
            path: path_of(samples, image.row),
            label: name(image.label),
            given: name(image.answer),
            score: image.now.score,
        })
        .collect();
    mistakes.sort_by(|a, b| b.score.total_cmp(&a.score));
    mistakes.truncate(LISTED);
    mistakes
}

/// The figures of no image: what can be asked of an evaluation, before there is one.
pub fn blank(head: &Head, samples: &Samples, against: bool) -> Metrics {
    let baselines = Baselines {
        nearest_neighbour: Some(Accuracy::default()),
        ..Baselines::of(head, samples, &[], &[], &[])
    };
    Metrics {
        against: against.then(Against::default),
        ..figures(head, samples, None, &[], baselines)
    }
}
