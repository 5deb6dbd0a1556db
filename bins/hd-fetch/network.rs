//! The network in a file, out of its archive where it lies in one, as TensorFlow publishes them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hd::{Error, file};
use hd_download::{Limits, Progress, unpack};

/// The name of the graph in an archive of TensorFlow's: of MobileNet v1, and of Inception v3.
const FROZEN: [&str; 2] = ["frozen_graph.pb", "classify_image_graph_def.pb"];

/// The name that it gets.
const GRAPH: &str = "graph.pb";

/// The first bytes of a file that gzip has compressed.
const GZIP: &[u8] = b"\x1f\x8b";

/// The content of the file `path`, or that of the frozen graph in it if it is an archive.
///
/// # Errors
/// A file that is missing; an archive that is damaged or holds no graph.
pub(crate) fn read_network(path: &Path, progress: &dyn Progress) -> Result<Vec<u8>> {
    file::check_is_file(path, "a network")?;
    if begin(path)? != GZIP {
        return Ok(file::read(path)?);
    }
    let folder = tempfile::tempdir().map_err(Error::io(path, "make a folder to unpack"))?;
    let into = folder.path().join("graph");
    let keep = |name: &Path| {
        let is_graph = FROZEN.iter().any(|graph| name.ends_with(graph));
        is_graph.then(|| PathBuf::from(GRAPH))
    };
    let unpacked = unpack(path, &into, &keep, &Limits::default(), progress)?;
    match unpacked.files {
        0 => Err(hd_download::Error::NoSuchEntry {
            archive: path.to_path_buf(),
            entry: FROZEN.join(" or "),
        }
        .into()),
        _ => Ok(file::read(&into.join(GRAPH))?),
    }
}

/// The first bytes of a file, as many as [`GZIP`] has.
fn begin(path: &Path) -> Result<Vec<u8>> {
    let mut begin = Vec::new();
    let file = File::open(path).map_err(Error::io(path, "open"))?;
    file.take(GZIP.len() as u64)
        .read_to_end(&mut begin)
        .map_err(Error::io(path, "read"))?;
    Ok(begin)
}
