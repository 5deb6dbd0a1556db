//! What is said, shown and kept while a head is trained.

use std::cell::RefCell;
use std::path::Path;

use hd::bottleneck::Samples;
use hd::file;
use hd::head::{Score, Snapshot, Step, Watch};
use hd::onnx::{Layer, Network, stitch};
use hd::split::{Split, SplitRule};
use hd::tensorboard::{Point, Summaries};
use hd_cli::Bar;

/// Tells how training goes, and keeps what is to be shown of it.
pub(crate) struct Watcher<'a> {
    pub(crate) bar: &'a Bar,
    pub(crate) runs: Option<RefCell<Summaries<'a>>>,
    pub(crate) intermediate: Option<Intermediate<'a>>,
}

/// How the names of networks begin that are written on the way.
const INTERMEDIATE: &str = "intermediate_";

/// Whether a file is named like one of them.
pub(crate) fn is_intermediate(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(INTERMEDIATE)
}

/// Networks that are written on the way.
pub(crate) struct Intermediate<'a> {
    folder: &'a Path,
    every: usize,
    base: &'a Network,
    name: &'a str,
    /// The first that went wrong.
    trouble: RefCell<Option<hd::Error>>,
}

impl<'a> Intermediate<'a> {
    pub(crate) fn new(
        folder: &'a Path,
        every: usize,
        base: &'a Network,
        name: &'a str,
    ) -> hd::Result<Self> {
        let made = std::fs::create_dir_all(folder);
        made.map_err(hd::Error::io(folder, "create the folder"))?;
        Ok(Self {
            folder,
            every,
            base,
            name,
            trouble: RefCell::default(),
        })
    }

    fn write(&self, snapshot: &Snapshot) {
        let write = || {
            let layer = Layer {
                labels: snapshot.labels,
                weights: snapshot.weights,
                biases: snapshot.biases,
            };
            let graph = stitch(self.base, layer, self.name)?;
            let path = self
                .folder
                .join(format!("{INTERMEDIATE}{}.onnx", snapshot.step));
            file::replace(&path, |out| out.write_all(&graph))
        };
        let due = snapshot.step > 0 && snapshot.step.is_multiple_of(self.every);
        if due && self.trouble.borrow().is_none() {
            *self.trouble.borrow_mut() = write().err();
        }
    }
}

impl<'a> Watcher<'a> {
    /// What is to be snapshot.
    ///
    /// # Errors
    /// What went wrong on the way.
    pub(crate) fn finish(self) -> hd::Result<Option<Summaries<'a>>> {
        let trouble = self.intermediate.and_then(|kept| kept.trouble.into_inner());
        match trouble {
            Some(trouble) => Err(trouble),
            None => Ok(self.runs.map(RefCell::into_inner)),
        }
    }
}

impl Watch for Watcher<'_> {
    fn score(&self, score: &Score) {
        self.bar
            .message(log::Level::Debug, &crate::score_line(score));
    }

    fn step(&self, step: &Step) {
        tell(step);
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

/// In the words of retrain.py.
fn tell(step: &Step) {
    let Step {
        index,
        accuracy,
        cross_entropy,
        validation,
    } = step;
    log::info!("Step {index}: Train accuracy = {:.1}%", 100.0 * accuracy);
    log::info!("Step {index}: Cross entropy = {cross_entropy:.6}");
    if let Some((accuracy, n)) = validation {
        log::info!(
            "Step {index}: Validation accuracy = {:.1}% (N={n})",
            100.0 * accuracy
        );
    }
}

/// The validation images, for the projector.
pub(crate) fn points<'a>(samples: &'a Samples, rule: &SplitRule) -> hd::Result<Vec<Point<'a>>> {
    let images = samples.images();
    let splits = rule.assign(&images, samples.labels())?;
    let all = images.iter().zip(splits).enumerate();
    let point = |(row, (image, split)): (usize, (&hd::split::Sample<'a>, Split))| {
        (split == Split::Validation).then(|| Point {
            bottleneck: samples.bottleneck(row),
            path: image.path,
            label: samples
                .labels()
                .get(image.label as usize)
                .map_or("", String::as_str),
            digest: image.digest,
        })
    };
    Ok(all.filter_map(point).collect())
}
