//! Windows that move over a plane, and layers that still take up what follows them.

use std::sync::Arc;

use super::constant::Constant;
use super::proto::NodeDef;
use crate::convert::padding::same;
use crate::onnx::build::Window;

/// Larger planes, kernels and channels than any network has.
pub(super) const MOST: i64 = 1 << 20;

/// A tensor of the network: where it is, and its size without the batch.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) name: String,
    pub(super) channels: i64,
    pub(super) height: i64,
    pub(super) width: i64,
}

/// The source of a layer's values.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The image: its pixels, from 0 to 255.
    Image,
    /// A plane that is written already.
    Plane(String),
    /// A convolution of `input`, with weights [out, in / group, rows, columns].
    Convolution {
        input: String,
        shape: [i64; 4],
        weights: Arc<Vec<f32>>,
        window: Window,
    },
    /// The product of vectors with the rows of a matrix [out, in].
    Product {
        input: String,
        weights: Arc<Vec<f32>>,
    },
}

/// Values that are multiplied by `scale` and added to `shift`, channel by channel. Behind a convolution or a product that
/// is the same with other weights, and so nothing is written until all that is to be taken up is known.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) source: Source,
    /// Channels, rows and columns; both are 1 behind a product, and 0 where the size of the image is not known yet.
    pub(super) output: [i64; 3],
    pub(super) scale: Vec<f64>,
    pub(super) shift: Vec<f64>,
}

impl Layer {
    /// The values of `source` as they are.
    pub(super) fn new(source: Source, output: [i64; 3]) -> Self {
        let channels = usize::try_from(output[0]).unwrap_or(0);
        Self {
            source,
            output,
            scale: vec![1.0; channels],
            shift: vec![0.0; channels],
        }
    }

    pub(super) fn of_plane(plane: &Plane) -> Self {
        let output = [plane.channels, plane.height, plane.width];
        Self::new(Source::Plane(plane.name.clone()), output)
    }

    /// How much room it takes, in values of float32.
    pub(super) fn len(&self) -> usize {
        let weights = match &self.source {
            Source::Image | Source::Plane(_) => 0,
            Source::Convolution { weights, .. } | Source::Product { weights, .. } => weights.len(),
        };
        // Scale and shift are float64.
        weights + 4 * self.scale.len()
    }

    /// `weights`, with everything taken up that is a factor.
    pub(super) fn folded(&self, weights: &[f32]) -> Vec<f32> {
        let each = (weights.len() / self.scale.len().max(1)).max(1);
        let chunks = weights.chunks(each).zip(&self.scale);
        let scaled = chunks
            .flat_map(|(chunk, scale)| chunk.iter().map(move |&w| (f64::from(w) * scale) as f32));
        scaled.collect()
    }

    /// What is added in the end.
    pub(super) fn biases(&self) -> Vec<f32> {
        self.shift.iter().map(|&b| b as f32).collect()
    }

    /// Multiplies the outputs: one factor a channel, or one for all.
    pub(super) fn multiply(&mut self, factors: &Constant) -> Option<()> {
        let factors = spread(factors, self.scale.len())?;
        for ((scale, shift), factor) in self.scale.iter_mut().zip(&mut self.shift).zip(factors) {
            *scale *= factor;
            *shift *= factor;
        }
        Some(())
    }

    /// Adds to the outputs: one number a channel, or one for all.
    pub(super) fn add(&mut self, numbers: &Constant) -> Option<()> {
        let numbers = spread(numbers, self.shift.len())?;
        for (shift, number) in self.shift.iter_mut().zip(numbers) {
            *shift += number;
        }
        Some(())
    }
}

/// One number for each of the channels, which are the last dimension.
fn spread(constant: &Constant, channels: usize) -> Option<Vec<f64>> {
    let values = constant.floats()?;
    match (values, constant.shape.last()) {
        (&[one], _) => Some(vec![one.into(); channels]),
        (_, Some(&last)) if last == channels && values.len() == channels => {
            Some(values.iter().map(|&value| value.into()).collect())
        }
        _ => None,
    }
}

/// How `node` moves a kernel over `plane`, and the height and width that come of it.
pub(super) fn window(
    node: &NodeDef,
    plane: &Plane,
    kernel: [i64; 2],
) -> Result<(Window, [i64; 2]), String> {
    if let Some(format) = text(node, "data_format").filter(|format| format != "NHWC") {
        return Err(format!("its data format is {format}, not NHWC"));
    }
    if list(node, "dilations").is_some_and(|dilations| dilations.iter().any(|&d| d != 1)) {
        return Err("its kernel is dilated, which is not supported".to_owned());
    }
    let strides = match list(node, "strides") {
        Some([1, down, across, 1]) => [*down, *across],
        _ => return Err("its strides are not two numbers".to_owned()),
    };
    let is_same = match text(node, "padding").as_deref() {
        Some("SAME") => true,
        Some("VALID") => false,
        other => {
            return Err(format!(
                "its padding is {}, not SAME or VALID",
                other.unwrap_or("missing")
            ));
        }
    };
    let [top, height, bottom] = along(plane.height, kernel[0], strides[0], is_same)?;
    let [left, width, right] = along(plane.width, kernel[1], strides[1], is_same)?;
    let window = Window {
        kernel,
        strides,
        pads: [top, left, bottom, right],
        group: 1,
    };
    Ok((window, [height, width]))
}

/// Along one side: the padding before, the number of outputs, the padding behind.
fn along(size: i64, kernel: i64, stride: i64, is_same: bool) -> Result<[i64; 3], String> {
    let possible = |value: i64| (1..=MOST).contains(&value);
    if !(possible(size) && possible(kernel) && possible(stride)) {
        return Err(format!(
            "a kernel of {kernel} with stride {stride} cannot move over {size} pixels"
        ));
    }
    if is_same {
        return Ok(same(size, kernel, stride));
    }
    match size >= kernel {
        true => Ok([0, (size - kernel) / stride + 1, 0]),
        false => Err(format!(
            "a kernel of {kernel} does not fit into {size} pixels"
        )),
    }
}

pub(super) fn text(node: &NodeDef, name: &str) -> Option<String> {
    let value = node.attr.get(name)?.s.as_ref()?;
    Some(String::from_utf8_lossy(value).into_owned())
}

pub(super) fn list<'a>(node: &'a NodeDef, name: &str) -> Option<&'a [i64]> {
    Some(&node.attr.get(name)?.list.as_ref()?.i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_that_of_tensorflow() {
        // An even size with stride 2 pads only behind, an odd one on both sides.
        assert_eq!(along(224, 3, 2, true), Ok([0, 112, 1]));
        assert_eq!(along(7, 3, 2, true), Ok([1, 4, 1]));
        assert_eq!(along(14, 3, 1, true), Ok([1, 14, 1]));
        assert_eq!(along(5, 1, 2, true), Ok([0, 3, 0]));
        assert_eq!(along(7, 7, 2, false), Ok([0, 1, 0]));
        assert_eq!(along(8, 3, 2, false), Ok([0, 3, 0]));
    }

    #[test]
    fn impossible_windows_are_errors() {
        for (size, kernel, stride, same) in [
            (0, 1, 1, true),
            (7, 0, 1, true),
            (7, 3, 0, true),
            (7, -3, 1, false),
            (6, 7, 1, false),
            (i64::MAX, 1, 1, true),
        ] {
            assert!(along(size, kernel, stride, same).is_err());
        }
    }
}
