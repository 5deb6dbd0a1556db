//! Weights that lie in files of their own, as PyTorch writes them beside larger networks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::onnx::elsewhere::in_nodes;
use crate::onnx::proto::{EXTERNAL, Graph, Tensor};

/// Brings all weights into the graph of the file `path`.
///
/// # Errors
/// A file that is missing, does not lie below the folder of `path`, or is shorter than it has to be.
pub(super) fn bring_in(graph: &mut Graph, path: &Path) -> Result<(), String> {
    for tensor in graph
        .initializer
        .iter_mut()
        .filter(|tensor| tensor.data_location == EXTERNAL)
    {
        let bytes = read(tensor, path)
            .map_err(|reason| format!("the weights '{}': {reason}", tensor.name))?;
        tensor.raw_data = Some(bytes.into());
        tensor.data_location = 0;
        tensor.external_data.clear();
    }
    match in_nodes(&graph.node) {
        true => Err(CONSTANT.to_owned()),
        false => Ok(()),
    }
}

/// The words for what is not brought in.
pub(super) const CONSTANT: &str = "a constant lies in a file of its own, which is not supported";

fn read(tensor: &Tensor, network: &Path) -> Result<Vec<u8>, String> {
    let value = |key: &str| {
        let mut pairs = tensor.external_data.iter();
        pairs
            .find(|pair| pair.key == key)
            .map(|pair| pair.value.as_str())
    };
    let number = |key: &str| value(key).map(str::parse::<u64>).transpose();
    let location =
        PathBuf::from(value("location").ok_or("the file that they lie in is not named")?);
    let path = network.with_file_name(&location);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let below = location
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !below || leads_out(&path, network).map_err(failed)? {
        return Err(format!(
            "'{}' leads out of the network's folder",
            location.display()
        ));
    }
    if !path.is_file() {
        return Err(format!("{}: it is no file", path.display()));
    }
    let mut file = File::open(&path).map_err(failed)?;
    let there = file.metadata().map_err(failed)?.len();
    let wrong = |_| "a position that is no number".to_owned();
    let offset = number("offset").map_err(wrong)?.unwrap_or(0);
    let length = number("length")
        .map_err(wrong)?
        .unwrap_or(there.saturating_sub(offset));
    if offset.checked_add(length).is_none_or(|end| end > there) {
        return Err(format!("{}: it is too short", path.display()));
    }
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Whether links lead from `path` to another folder than that of `network`. Some keep a network and its weights under other
/// names in one folder, and have links to both.
fn leads_out(path: &Path, network: &Path) -> io::Result<bool> {
    let path = path.canonicalize()?;
    let named = folder_of(network).canonicalize()?;
    let real = network.canonicalize().unwrap_or_default();
    Ok(!path.starts_with(named) && !path.starts_with(folder_of(&real)))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
