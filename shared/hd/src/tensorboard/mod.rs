//! Files for TensorBoard: what it shows of a training, one folder a run.
//!
//! The tags are retrain.py's, so that its users find what they know, and runs of both can lie side
//! by side. The files are written when training is done. Their times are the numbers of the steps,
//! in seconds: the same training gives the same bytes. Beside the events of validation lie the
//! files of the projector; `projector.rs` has them.

mod curve;
mod event;
mod graph;
mod histogram;
mod projector;
mod record;
mod run;

use std::path::{Path, PathBuf};

use self::event::Event;
pub use self::projector::Point;
pub use self::run::Run;
use crate::error::{Error, Result};
use crate::file;
use crate::onnx::Part;

/// How the name of a run's one file begins, by which TensorBoard finds it, and how it ends. Between
/// them stands a number.
const FILE: (&str, &str) = ("events.out.tfevents.", ".hd");

/// All that TensorBoard shows of a training.
#[derive(Debug, Default)]
pub struct Summaries<'a> {
    /// The head on training images.
    pub train: Run,
    /// The head on validation images.
    pub validation: Run,
    /// The retrained graph.
    pub graph: Option<Vec<Part>>,
    /// Validation images, for the projector.
    pub points: Vec<Point<'a>>,
    /// The folder or the tar of the images, if there are to be thumbnails.
    pub images: Option<&'a Path>,
}

/// Writes the runs `train` and `validation` into folders of the folder `into`, in place of an
/// earlier training's.
///
/// # Errors
/// Trouble in writing.
pub fn write(into: &Path, summaries: &Summaries) -> Result<()> {
    let runs = [
        ("train", &summaries.train),
        ("validation", &summaries.validation),
    ];
    for (name, run) in runs {
        // As with retrain.py, the graph belongs to the run that trains.
        let graph = summaries.graph.as_ref().filter(|_| name == "train");
        let record = graph.map(|parts| record::of(&Event::graph(graph::encode(parts))));
        let content = [run.0.as_slice(), &record.unwrap_or_default()].concat();
        replace(&into.join(name), &content)?;
    }
    projector::write(
        &into.join("validation"),
        &summaries.points,
        summaries.images,
    )
}

/// Puts a file with this content in the place of the one in `folder`. A TensorBoard that is
/// watching reads a file once, and then only such as come later by their names; so another content
/// has the next number.
fn replace(folder: &Path, content: &[u8]) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder, "create the folder"))?;
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder, "read"))?;
    let mut earlier: Vec<(u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((number(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    earlier.sort();
    let next = match earlier.last() {
        Some((_, path)) if std::fs::read(path).is_ok_and(|there| there == content) => {
            return Ok(());
        }
        Some((number, _)) => number + 1,
        None => 0,
    };
    let path = folder.join(format!("{}{next:010}{}", FILE.0, FILE.1));
    file::replace(&path, |out| out.write_all(content))?;
    earlier
        .iter()
        .try_for_each(|(_, path)| std::fs::remove_file(path).map_err(Error::io(path, "remove")))
}

/// The number in the name of a file of ours.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(FILE.0)?.strip_suffix(FILE.1)?;
    digits.parse().ok()
}
