//! The work after every step of a training: messages, summaries for TensorBoard, and intermediate networks.

use std::cell::RefCell;

use hd::bottleneck::Samples;
use hd::head::{Score, Snapshot, Step, Watch};
use hd::split::Split;
use hd::tensorboard::{Point, Summaries};

use crate::intermediate::Intermediate;
use crate::tell;

/// Tells how training goes, and keeps the summaries where they are wanted.
pub(crate) struct Watcher<'a, 's> {
    pub(crate) runs: Option<RefCell<Summaries<'s>>>,
    pub(crate) intermediate: Option<Intermediate<'a>>,
}

impl<'s> Watcher<'_, 's> {
    /// The summaries, where they were wanted.
    ///
    /// # Errors
    /// The first intermediate network that could not be written.
    pub(crate) fn finish(self) -> hd::Result<Option<Summaries<'s>>> {
        self.intermediate.map_or(Ok(()), Intermediate::finish)?;
        Ok(self.runs.map(RefCell::into_inner))
    }
}

impl Watch for Watcher<'_, '_> {
    fn score(&self, score: &Score) {
        log::debug!("{}", tell::score_line(score));
    }

    fn step(&self, step: &Step) {
        tell::step(step);
    }

    fn wants_snapshots(&self) -> bool {
        self.runs.is_some() || self.intermediate.is_some()
    }

    fn snapshot(&self, split: Split, snapshot: &Snapshot) {
        if let (Some(intermediate), Split::Training) = (&self.intermediate, split) {
            intermediate.write(snapshot);
        }
        let Some(runs) = &self.runs else { return };
        match split {
            Split::Training => runs.borrow_mut().train.add(snapshot),
            _ => runs.borrow_mut().validation.add(snapshot),
        }
    }

    fn finished(&self, split: Split, snapshot: &Snapshot) {
        let Some(runs) = &self.runs else { return };
        match split {
            Split::Training => runs.borrow_mut().train.add_curves(snapshot),
            _ => runs.borrow_mut().validation.add_curves(snapshot),
        }
    }
}

/// The validation images, for the projector.
pub(crate) fn points<'a>(samples: &'a Samples, splits: &[Split]) -> Vec<Point<'a>> {
    let images = samples.images();
    let all = images.iter().zip(splits).enumerate();
    let point = |(row, (image, split)): (usize, (&hd::split::Sample<'a>, &Split))| {
        (*split == Split::Validation).then(|| Point {
            bottleneck: samples.row(row),
            path: image.path,
            label: samples
                .labels()
                .get(image.label as usize)
                .map_or("", String::as_str),
            digest: image.digest,
        })
    };
    all.filter_map(point).collect()
}
