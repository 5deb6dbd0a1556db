//! Weights that lie in files of their own, as PyTorch writes them beside larger networks.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::onnx::proto::{EXTERNAL, Graph, Tensor};

/// Brings all weights into the graph of the file `path`.
///
/// # Errors
/// A file that is missing, does not lie below the folder of `path`, or is shorter than it has to be.
pub(super) fn bring_in(graph: &mut Graph, path: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    for tensor in graph
        .initializer
        .iter_mut()
        .filter(|tensor| tensor.data_location == EXTERNAL)
    {
        let bytes = read(tensor, folder)
            .map_err(|reason| format!("the weights '{}': {reason}", tensor.name))?;
        tensor.raw_data = Some(bytes.into());
        tensor.data_location = 0;
        tensor.external_data.clear();
    }
    let constants = graph.node.iter().flat_map(|node| &node.attribute);
    let mut constants = constants.filter_map(|attribute| attribute.t.as_ref());
    match constants.any(|tensor| tensor.data_location == EXTERNAL) {
        true => Err("a constant lies in a file of its own, which is not supported".to_owned()),
        false => Ok(()),
    }
}

fn read(tensor: &Tensor, folder: &Path) -> Result<Vec<u8>, String> {
    let value = |key: &str| {
        let mut pairs = tensor.external_data.iter();
        pairs
            .find(|pair| pair.key == key)
            .map(|pair| pair.value.as_str())
    };
    let number = |key: &str| value(key).map(str::parse::<u64>).transpose();
    let location =
        PathBuf::from(value("location").ok_or("the file that they lie in is not named")?);
    if !location
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Err(format!(
            "'{}' leads out of the network's folder",
            location.display()
        ));
    }
    let path = folder.join(&location);
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
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
