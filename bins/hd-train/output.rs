//! The product: the head, the graph and the labels as files, or a description on stdout.

use std::io::{self, Write};
use std::path::Path;

use hd::Error;
use hd::file;
use hd::head::Head;
use hd::onnx::Network;

use crate::arguments::Arguments;

impl Arguments {
    /// Writes the files. The head comes last, so that the others are there where it is.
    pub(crate) fn write(&self, head: &Head, graph: Option<&[u8]>) -> anyhow::Result<()> {
        if let (Some(path), Some(graph)) = (&self.output_graph, graph) {
            file::replace(path, |out| out.write_all(graph))?;
        }
        if let Some(path) = &self.output_labels {
            file::replace(path, |out| {
                head.labels
                    .iter()
                    .try_for_each(|label| writeln!(out, "{label}"))
            })?;
        }
        if let Some(path) = &self.head {
            head.write(path)?;
        }
        Ok(())
    }
}

/// Prints a head, or a network that has one.
pub(crate) fn describe(path: &Path) -> anyhow::Result<()> {
    file::check_is_file(path, "a head or a retrained graph")?;
    let text = match Head::open(path) {
        Ok(head) => head.to_string(),
        Err(error) => match Network::open_retrained(path) {
            Ok(network) => network.to_string(),
            // A file that is neither is described as what it was taken for first.
            Err(Error::Foreign { .. }) => return Err(error.into()),
            Err(error) => return Err(error.into()),
        },
    };
    Ok(write!(io::stdout(), "{text}")?)
}
