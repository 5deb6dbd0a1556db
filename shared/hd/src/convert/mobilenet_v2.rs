//! MobileNet v2 as torchvision builds it, from its state dict to a base.
//!
//! Sandler, Howard, Zhu, Zhmoginov, Chen: "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, table 2;
//! the names of the weights are those of torchvision.models.mobilenet_v2.

use std::collections::BTreeMap;
use std::path::Path;

use super::plan::{Cut, Plan};
use super::torch::{Tensor, read_state_dict};
use crate::error::{Error, Result};
use crate::onnx::build::{GraphBuilder, Window};
use crate::onnx::network::{BOTTLENECK, IMAGE};
use crate::onnx::proto::Model;

/// Expansion, output channels, repetitions and first stride of the seven groups of inverted residuals.
const GROUPS: [(i64, i64, i64, i64); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];
const STEM: i64 = 32;
/// Rows and columns of the images that it was trained on. It takes others too, since it ends in a mean over places.
const SIZE: u32 = 224;
/// The labels of ImageNet.
const CLASSES: i64 = 1000;

/// PyTorch's default for BatchNorm2d.
const EPSILON: f64 = 1e-5;

/// The base made from the PyTorch weights `weights`: the features before the classifier of ImageNet, or its logits.
/// `path` is what messages name.
///
/// # Errors
/// Bytes that are no legacy PyTorch state dict, or lacks a tensor of MobileNet v2, or has one of another shape.
pub fn base_from_weights(path: &Path, weights: &[u8], plan: &Plan) -> Result<Vec<u8>> {
    let weights = Weights::read(path, weights)?;
    let mut layers = Layers {
        weights: &weights,
        graph: GraphBuilder::default(),
    };
    let last = layers.features(plan)?;
    let mut builder = layers.graph;
    let pooled = builder.global_average_pool("pool", &last);
    let values = match plan.cut {
        Cut::Pooled => {
            builder.flatten(BOTTLENECK, &pooled);
            weights.bottleneck_size()?
        }
        Cut::Logits => {
            let features = builder.flatten("classifier.input", &pooled);
            let (matrix, biases) = weights.classifier()?;
            let (matrix, biases) = (
                ("classifier.1.weight", matrix),
                ("classifier.1.bias", biases),
            );
            builder.fully_connected(BOTTLENECK, &features, matrix, biases);
            CLASSES
        }
        Cut::Named(ref name) => {
            return Err(weights.wrong(format!("weights have no tensor '{name}' to take")));
        }
    };
    let size = plan.size.unwrap_or(SIZE);
    Ok(plan.encode(Model::of(builder.finish()), size, values as usize, None))
}

/// The tensors of a state dict.
struct Weights<'a> {
    path: &'a Path,
    tensors: BTreeMap<String, Tensor>,
}

impl<'a> Weights<'a> {
    fn read(path: &'a Path, bytes: &[u8]) -> Result<Self> {
        let tensors = read_state_dict(bytes).map_err(|error| Error::Weights {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        Ok(Self { path, tensors })
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Weights {
            path: self.path.to_path_buf(),
            reason,
        }
    }

    fn tensor(&self, name: &str, shape: &[i64]) -> Result<&[f32]> {
        let tensor = self.tensors.get(name);
        let tensor = tensor
            .ok_or_else(|| self.wrong(format!("no tensor '{name}'; is this MobileNet v2?")))?;
        if !tensor
            .shape
            .iter()
            .map(|&size| size as i64)
            .eq(shape.iter().copied())
        {
            let reason = format!(
                "tensor '{name}' has the shape {:?}, not {shape:?}",
                tensor.shape
            );
            return Err(self.wrong(reason));
        }
        Ok(&tensor.data)
    }

    /// The classifier of ImageNet: W in rows, and b.
    fn classifier(&self) -> Result<(&[f32], &[f32])> {
        let matrix = self.tensor("classifier.1.weight", &[CLASSES, self.bottleneck_size()?])?;
        Ok((matrix, self.tensor("classifier.1.bias", &[CLASSES])?))
    }

    /// The number of channels of the last convolution.
    fn bottleneck_size(&self) -> Result<i64> {
        let last = self
            .tensors
            .get("features.18.1.bias")
            .and_then(|bias| bias.shape.first());
        last.map(|&size| size as i64)
            .ok_or_else(|| self.wrong("no tensor 'features.18.1.bias'".to_owned()))
    }

    /// A convolution and the batch norm behind it as one convolution with bias:
    /// `w gamma / sqrt(variance + epsilon)` and `beta - mean gamma / sqrt(variance + epsilon)`.
    fn folded(&self, conv: &str, norm: &str, shape: &[i64]) -> Result<(Vec<f32>, Vec<f32>)> {
        let channels = shape.get(..1).unwrap_or_default();
        let weights = self.tensor(&format!("{conv}.weight"), shape)?;
        let statistic = |name: &str| self.tensor(&format!("{norm}.{name}"), channels);
        let (gamma, beta) = (statistic("weight")?, statistic("bias")?);
        let (mean, variance) = (statistic("running_mean")?, statistic("running_var")?);
        let factors: Vec<f64> = gamma
            .iter()
            .zip(variance)
            .map(|(&g, &v)| f64::from(g) / (f64::from(v) + EPSILON).sqrt())
            .collect();
        let per_channel = (weights.len() / factors.len().max(1)).max(1);
        let folded = weights.chunks(per_channel).zip(&factors);
        let folded = folded
            .flat_map(|(chunk, factor)| chunk.iter().map(move |&w| (f64::from(w) * factor) as f32));
        let bias = beta.iter().zip(mean).zip(&factors);
        let bias = bias
            .map(|((&beta, &mean), factor)| (f64::from(beta) - f64::from(mean) * factor) as f32);
        Ok((folded.collect(), bias.collect()))
    }
}

/// The network's layers, from the state dict into a graph.
struct Layers<'a> {
    weights: &'a Weights<'a>,
    graph: GraphBuilder,
}

impl Layers<'_> {
    /// All convolutions; returns the name of the last one's output.
    fn features(&mut self, plan: &Plan) -> Result<String> {
        let input = self.graph.normalise(IMAGE, plan.mean, plan.std);
        let mut x = self.convolution("features.0", ("0", "1"), &input, [3, STEM, 3], 2, true)?;
        let mut channels = STEM;
        let mut index = 1;
        for (expansion, out, repetitions, first_stride) in GROUPS {
            for repetition in 0..repetitions {
                let stride = if repetition == 0 { first_stride } else { 1 };
                x = self.inverted_residual(index, &x, [channels, out], expansion, stride)?;
                channels = out;
                index += 1;
            }
        }
        let last = self.weights.bottleneck_size()?;
        self.convolution(
            &format!("features.{index}"),
            ("0", "1"),
            &x,
            [channels, last, 1],
            1,
            true,
        )
    }

    /// Expand (1 x 1), filter each channel (3 x 3), project (1 x 1, linear), and add the input where shapes allow.
    fn inverted_residual(
        &mut self,
        index: i64,
        input: &str,
        [from, to]: [i64; 2],
        expansion: i64,
        stride: i64,
    ) -> Result<String> {
        let block = format!("features.{index}.conv");
        let hidden = from * expansion;
        let mut x = input.to_owned();
        let mut part = 0;
        if expansion > 1 {
            x = self.convolution(
                &format!("{block}.0"),
                ("0", "1"),
                &x,
                [from, hidden, 1],
                1,
                true,
            )?;
            part = 1;
        }
        x = self.convolution(
            &format!("{block}.{part}"),
            ("0", "1"),
            &x,
            [1, hidden, 3],
            stride,
            true,
        )?;
        let (conv, norm) = ((part + 1).to_string(), (part + 2).to_string());
        x = self.convolution(&block, (&conv, &norm), &x, [hidden, to, 1], 1, false)?;
        match stride == 1 && from == to {
            true => Ok(self.graph.add(&format!("features.{index}.add"), &x, input)),
            false => Ok(x),
        }
    }

    /// Convolution `prefix.conv` with batch norm `prefix.norm`; depthwise where it sees one channel.
    fn convolution(
        &mut self,
        prefix: &str,
        (conv, norm): (&str, &str),
        input: &str,
        [from, to, kernel]: [i64; 3],
        stride: i64,
        activated: bool,
    ) -> Result<String> {
        let name = format!("{prefix}.{conv}");
        let shape = [to, from, kernel, kernel];
        let (weights, bias) = self
            .weights
            .folded(&name, &format!("{prefix}.{norm}"), &shape)?;
        let window = Window::square(kernel, stride, if from == 1 { to } else { 1 });
        let x = self
            .graph
            .convolution(&name, input, (&shape, &weights), &bias, &window);
        match activated {
            true => Ok(self.graph.relu6(&format!("{name}/relu6"), &x)),
            false => Ok(x),
        }
    }
}
