//! Weights that lie in files of their own, as PyTorch writes them beside larger networks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use crate::file::folder_of;
use crate::onnx::elsewhere::in_nodes;
use crate::onnx::proto::{EXTERNAL, Graph, Tensor};

/// The most bytes that an ONNX file can have.
const MOST: u64 = i32::MAX as u64;

/// Brings all weights into the graph of the file `path`: those of the graph, and the constants of its nodes.
///
/// # Errors
/// A file that is missing, does not lie below the folder of `path`, or is shorter than it has to be; weights of another
/// size than their shape says, or more of them than an ONNX file can hold.
pub(super) fn bring_in(graph: &mut Graph, path: &Path) -> Result<(), String> {
    let mut left = MOST;
    outside(graph, &mut |tensor| {
        let bytes = read(tensor, path, &mut left)
            .map_err(|reason| format!("the weights '{}': {reason}", tensor.name))?;
        tensor.raw_data = Some(bytes.into());
        tensor.data_location = 0;
        tensor.external_data.clear();
        Ok(())
    })?;
    match in_nodes(&graph.node) {
        true => Err(
            "a sparse constant lies in a file of its own, which is not supported; export \
                     it with all weights in one file"
                .to_owned(),
        ),
        false => Ok(()),
    }
}

/// The words for what is not brought in.
pub(super) const CONSTANT: &str = "a constant of an operation that it brings along lies in a file of its own, which is \
                                   not supported; export it with all weights in one file";

/// Gives `change` every tensor of a graph that lies in a file of its own.
fn outside(
    graph: &mut Graph,
    change: &mut dyn FnMut(&mut Tensor) -> Result<(), String>,
) -> Result<(), String> {
    let is_outside = |tensor: &&mut Tensor| tensor.data_location == EXTERNAL;
    (graph.initializer.iter_mut())
        .filter(is_outside)
        .try_for_each(&mut *change)?;
    let nodes = graph.node.iter_mut();
    for attribute in nodes.flat_map(|node| &mut node.attribute) {
        let tensors = attribute.t.iter_mut().chain(&mut attribute.tensors);
        tensors.filter(is_outside).try_for_each(&mut *change)?;
        let mut graphs = attribute.g.iter_mut().chain(&mut attribute.graphs);
        graphs.try_for_each(|graph| outside(graph, change))?;
    }
    Ok(())
}

/// The bytes of `tensor`, of which no more than `left` may still be read.
fn read(tensor: &Tensor, network: &Path, left: &mut u64) -> Result<Vec<u8>, String> {
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
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{}: {error}; it has to lie beside the network",
            path.display()
        ),
        _ => format!("{}: {error}", path.display()),
    };
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
    let size = size(tensor).ok_or_else(|| {
        format!(
            "no size follows from their shape {:?} and data type {}",
            tensor.dims, tensor.data_type
        )
    })?;
    let length = number("length").map_err(wrong)?.unwrap_or(size);
    if offset.checked_add(length).is_none_or(|end| end > there) {
        return Err(format!("{}: it is too short", path.display()));
    }
    if length != size {
        return Err(format!(
            "they have {length} bytes in {}, where their shape {:?} takes {size}",
            path.display(),
            tensor.dims
        ));
    }
    *left = left
        .checked_sub(size)
        .ok_or("with them the base would be larger than the 2 GiB that an ONNX file can be")?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// How many bytes a tensor takes, by its shape and the data types of onnx.proto3.
fn size(tensor: &Tensor) -> Option<u64> {
    let bits = match tensor.data_type {
        1 | 6 | 12 => 32,
        2 | 3 | 9 | 17..=20 => 8,
        4 | 5 | 10 | 16 => 16,
        7 | 11 | 13 | 14 => 64,
        15 => 128,
        21..=23 => 4,
        _ => return None,
    };
    let mut dims = tensor.dims.iter();
    let count = dims.try_fold(1u64, |count, &dim| {
        count.checked_mul(u64::try_from(dim).ok()?)
    })?;
    Some(count.checked_mul(bits)?.div_ceil(8))
}

/// Whether links lead from `path` to another folder than that of `network`. Some keep a network and its weights under other
/// names in one folder, and have links to both.
fn leads_out(path: &Path, network: &Path) -> io::Result<bool> {
    let path = path.canonicalize()?;
    let named = folder_of(network).canonicalize()?;
    let real = network.canonicalize().unwrap_or_default();
    Ok(!path.starts_with(named) && !path.starts_with(folder_of(&real)))
}
