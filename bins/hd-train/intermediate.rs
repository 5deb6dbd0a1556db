//! The networks that are written while training goes on.

use std::cell::RefCell;
use std::path::Path;

use hd::file;
use hd::head::Snapshot;
use hd::onnx::{Ends, Layer, Network, stitch};

use crate::arguments::Arguments;

/// The names of these files begin with this.
const INTERMEDIATE: &str = "intermediate_";

/// Whether a file has such a name.
pub(crate) fn is_intermediate(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(INTERMEDIATE)
}

/// The flags and the base that they are made with.
pub(crate) struct Intermediate<'a> {
    folder: &'a Path,
    every: usize,
    base: &'a Network,
    ends: Ends<'a>,
    error: RefCell<Option<hd::Error>>,
}

impl<'a> Intermediate<'a> {
    /// The networks that the flags ask for, if they ask for any; their folder is made.
    pub(crate) fn of(
        arguments: &'a Arguments,
        base: Option<&'a Network>,
    ) -> hd::Result<Option<Self>> {
        let every = arguments.intermediate_store_frequency;
        match (&arguments.intermediate_output_graphs_dir, base) {
            (Some(folder), Some(base)) if every > 0 => {
                let made = std::fs::create_dir_all(folder);
                made.map_err(hd::Error::io(folder, "create the folder"))?;
                Ok(Some(Self {
                    folder,
                    every,
                    base,
                    ends: arguments.ends(),
                    error: RefCell::default(),
                }))
            }
            _ => Ok(None),
        }
    }

    /// Writes the network of a step, if it is due. The first error ends the writing and is kept for the end.
    pub(crate) fn write(&self, snapshot: &Snapshot) {
        let due = snapshot.step > 0 && snapshot.step.is_multiple_of(self.every);
        if due && self.error.borrow().is_none() {
            *self.error.borrow_mut() = self.try_write(snapshot).err();
        }
    }

    fn try_write(&self, snapshot: &Snapshot) -> hd::Result<()> {
        let layer = Layer {
            labels: snapshot.labels,
            unit_length: snapshot.unit_length,
            weights: snapshot.weights,
            biases: snapshot.biases,
        };
        let graph = stitch(self.base, layer, self.ends)?;
        let file = format!("{INTERMEDIATE}{}.onnx", snapshot.step);
        file::replace(&self.folder.join(file), |out| out.write_all(&graph))
    }

    /// # Errors
    /// The first error of writing.
    pub(crate) fn finish(self) -> hd::Result<()> {
        self.error.into_inner().map_or(Ok(()), Err)
    }
}
