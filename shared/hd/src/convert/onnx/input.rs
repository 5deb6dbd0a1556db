//! The input of a network for images: where the colours of a pixel lie, and how large an image is.

use super::first_convolution::FirstConvolution;
use crate::counted::counted;
use crate::onnx::proto::{FLOAT, FLOAT16, TensorType, UINT8, ValueInfo};

/// More rows than any network takes.
const LARGEST: u32 = 1 << 14;

/// Where the three colours of a pixel lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// [N, 3, H, W].
    Planes,
    /// [N, H, W, 3].
    Pixels,
}

/// The layout of an image, and its rows and columns where the network takes one size only. What the shape of `input`
/// leaves open the network's first convolution tells.
///
/// # Errors
/// Anything but one float32 image of three colours, or that cannot be known.
pub(super) fn image(
    input: &ValueInfo,
    first: Option<&FirstConvolution>,
) -> Result<(Layout, Option<u32>), String> {
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let tensor = tensor.ok_or("is not a tensor")?;
    check_kind(tensor)?;
    let dims = dims(tensor);
    let shape = shape(&dims);
    let &[batch, second, third, fourth] = dims.as_slice() else {
        return Err(format!("has the shape {shape}, where {EXPECTED}"));
    };
    let layout = match (second, third, fourth) {
        (Some(3), ..) => Layout::Planes,
        (.., Some(3)) => Layout::Pixels,
        (None, Some(_), Some(_)) => Layout::Planes,
        (Some(_), Some(_), None) => Layout::Pixels,
        (Some(_), _, Some(_)) => return Err(format!("has the shape {shape}, where {EXPECTED}")),
        _ => told(first).map_err(|reason| format!("has the shape {shape}, and {reason}"))?,
    };
    let (colours, sides) = match layout {
        Layout::Planes => (second, [third, fourth]),
        Layout::Pixels => (fourth, [second, third]),
    };
    if colours.is_some_and(|colours| colours != 3) {
        return Err(format!("has the shape {shape}, where {EXPECTED}"));
    }
    if batch.is_some_and(|batch| batch != 1) {
        return Err(format!(
            "has the shape {shape}; export the network for any number of images, or for one"
        ));
    }
    let side = side(sides).map_err(|reason| format!("has the shape {shape}{reason}"))?;
    Ok((layout, side))
}

const EXPECTED: &str = "[N, 3, H, W] or [N, H, W, 3] was expected";

fn check_kind(tensor: &TensorType) -> Result<(), String> {
    match tensor.elem_type {
        FLOAT => Ok(()),
        UINT8 => Err("is uint8; export the network so that it takes float32".to_owned()),
        FLOAT16 => Err("is float16; export the network in float32".to_owned()),
        other => Err(format!(
            "is of data type {other}, where float32 was expected"
        )),
    }
}

/// The sizes that are fixed. A tensor without any shape has four that are not, if it is an image.
fn dims(tensor: &TensorType) -> Vec<Option<i64>> {
    let positive = |value: &i64| *value > 0;
    match &tensor.shape {
        None => vec![None; 4],
        Some(shape) => (shape.dim.iter())
            .map(|dim| dim.value.filter(positive))
            .collect(),
    }
}

fn shape(dims: &[Option<i64>]) -> String {
    let dims = dims
        .iter()
        .map(|dim| dim.map_or("?".to_owned(), |dim| dim.to_string()));
    format!("[{}]", dims.collect::<Vec<_>>().join(", "))
}

/// The layout that the first convolution tells.
fn told(first: Option<&FirstConvolution>) -> Result<Layout, String> {
    match first {
        Some(first) if first.channels != 3 => Err(format!(
            "its first convolution takes {}, where the three colours were expected",
            counted(first.channels, "channel")
        )),
        Some(FirstConvolution { axis: 1, .. }) => Ok(Layout::Planes),
        Some(FirstConvolution { axis: 3, .. }) => Ok(Layout::Pixels),
        _ => Err(
            "no convolution tells which of its sizes is colour; export the network with a fixed [1, 3, H, W] or \
                  [1, H, W, 3]"
                .to_owned(),
        ),
    }
}

/// The rows and columns of a square, if they are fixed.
fn side(sides: [Option<i64>; 2]) -> Result<Option<u32>, &'static str> {
    match sides {
        [Some(height), Some(width)] if height != width => {
            Err(", and only square images are supported")
        }
        [Some(side), _] | [_, Some(side)] => match u32::try_from(side) {
            Ok(side) if side <= LARGEST => Ok(Some(side)),
            _ => Err(", which is too large"),
        },
        [None, None] => Ok(None),
    }
}
