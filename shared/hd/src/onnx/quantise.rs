//! A base in 8-bit integers: about a third less work for the processor, and a quarter of the file.
//!
//! Post-training static quantisation. Between two convolutions a number x is held as a byte q with x = scale (q - zero),
//! one scale and zero for a whole tensor, so that q covers what the tensor was seen to be on the images of the
//! calibration (Jacob et al.: "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
//! Inference", 2018). Weights have a scale for each output channel and no zero (Krishnamoorthi: "Quantizing deep
//! convolutional networks for efficient inference", 2018). The file says so in pairs of QuantizeLinear and
//! DequantizeLinear around operations on floats, which any runtime can follow to the letter, and which ONNX Runtime
//! turns into operations on integers.
//!
//! What rounding the weights does to the mean of a convolution's outputs is put right in its biases (`bias.rs`). In the
//! networks here, whose activations are never negative, that mean is most of the error.
//!
//! Weights have 7 bits: processors without VNNI add two products of 8 bits in 16, where those of 8-bit weights can
//! overflow, and a base should be the same on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost::Message;

use super::bias::lost;
use super::build::GraphBuilder;
use super::network::{ARCHITECTURE, FOREIGN, Network, PREPROCESS, QUANTISED};
use super::proto::{Graph, Model, Node, Tensor, ValueInfo};
use crate::error::{Error, Result};

/// The convolutions at the beginning that stay in floats. They see the image itself, and have so few channels that
/// bytes would make them slower.
const STEM: usize = 3;
/// The largest weight in 7 bits.
const WEIGHT: f64 = 64.0;
/// The largest byte.
const BYTE: f64 = 255.0;

/// The smallest and the largest value of a tensor on some images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The smallest value.
    pub min: f32,
    /// The largest value.
    pub max: f32,
}

/// What is known of a tensor from some images.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Over all of it.
    pub range: Range,
    /// The mean of each channel.
    pub means: Vec<f64>,
}

/// A base on its way to integers.
#[derive(Debug)]
pub struct Quantiser {
    model: Model,
    graph: Graph,
    /// The convolutions that change, by the name of their output.
    convolutions: BTreeSet<String>,
    /// The tensors that become bytes.
    tensors: Vec<String>,
}

impl Quantiser {
    /// Finds out what of `base` can be in integers.
    ///
    /// # Errors
    /// A network that this project did not build itself.
    pub fn new(base: &Network) -> Result<Self> {
        let foreign = || Error::Weights {
            path: base.path.clone(),
            reason: "only the bases of the catalogue and graphs of TensorFlow can be quantised"
                .to_owned(),
        };
        let mut model = Model::decode(base.bytes.clone()).map_err(|_| foreign())?;
        let graph = model.graph.take().unwrap_or_default();
        let pool = graph
            .node
            .iter()
            .position(|node| node.op_type == "GlobalAveragePool");
        let body = graph
            .node
            .get(..pool.ok_or_else(foreign)?)
            .unwrap_or_default();
        let convolutions: BTreeSet<String> = body
            .iter()
            .filter(|node| node.op_type == "Conv")
            .skip(STEM)
            .filter_map(|node| node.output.first().cloned())
            .collect();
        let tensors = bytes(body, &convolutions);
        // What a foreign network does with its weights is not known well enough to change them.
        let outputs = graph.node.iter().flat_map(|node| &node.output);
        let known = outputs
            .into_iter()
            .all(|output| !output.starts_with(FOREIGN));
        match convolutions.is_empty() || !known {
            true => Err(foreign()),
            false => Ok(Self {
                model,
                graph,
                convolutions,
                tensors,
            }),
        }
    }

    /// The tensors whose ranges have to be known.
    pub fn tensors(&self) -> &[String] {
        &self.tensors
    }

    /// The base with these tensors as its outputs.
    pub fn probe(&self) -> Vec<u8> {
        let output = |name: &String| ValueInfo {
            name: name.clone(),
            kind: None,
        };
        let mut model = self.model.clone();
        model.graph = Some(Graph {
            output: self.tensors.iter().map(output).collect(),
            ..self.graph.clone()
        });
        model.encode_to_vec()
    }

    /// The base in integers, by the name `architecture`, for tensors of which this was observed; `calibration` says on
    /// what.
    ///
    /// # Errors
    /// A range that is not finite.
    pub fn finish(
        mut self,
        base: &Network,
        architecture: &str,
        observed: &[Observed],
        calibration: &str,
    ) -> Result<Vec<u8>> {
        let (mut scales, mut means) = (BTreeMap::new(), BTreeMap::new());
        for (name, observed) in self.tensors.iter().zip(observed) {
            let scale = Scale::of(&observed.range).ok_or_else(|| wrong(&base.path, name))?;
            scales.insert(name.clone(), scale);
            means.insert(name.clone(), observed.means.as_slice());
        }
        let nodes = std::mem::take(&mut self.graph.node);
        let initializers = std::mem::take(&mut self.graph.initializer);
        let mut weights: BTreeMap<String, Tensor> = initializers
            .into_iter()
            .map(|tensor| (tensor.name.clone(), tensor))
            .collect();
        let mut builder = GraphBuilder::default();
        for mut node in nodes {
            let is_integer = node
                .output
                .first()
                .is_some_and(|name| self.convolutions.contains(name));
            if is_integer {
                let means = node.input.first().and_then(|input| means.get(input));
                let means = means.copied().unwrap_or_default();
                self.weights(&mut node, &mut weights, &scales, means, &mut builder);
            }
            if is_integer || self.takes_bytes(&node) {
                for input in &mut node.input {
                    if scales.contains_key(input) {
                        *input = dequantised(input);
                    }
                }
            }
            let output = node.output.first().cloned().unwrap_or_default();
            builder.push(node);
            if let Some(scale) = scales.get(&output) {
                builder.through_bytes(&output, scale.scale, scale.zero, &dequantised(&output));
            }
        }
        let mut graph = builder.finish();
        graph.initializer.extend(weights.into_values());
        graph.name = architecture.to_owned();
        graph.input = std::mem::take(&mut self.graph.input);
        graph.output = std::mem::take(&mut self.graph.output);
        let mut properties: Vec<(&str, String)> = self
            .model
            .metadata_props
            .iter()
            .filter(|property| ![ARCHITECTURE, PREPROCESS].contains(&property.key.as_str()))
            .map(|property| (property.key.as_str(), property.value.clone()))
            .collect();
        properties.push((ARCHITECTURE, architecture.to_owned()));
        properties.push((QUANTISED, format!("int8, {calibration}")));
        let model = Model {
            graph: Some(graph),
            metadata_props: Vec::new(),
            ..self.model.clone()
        };
        Ok(Network::encode(model, &base.preprocess, &properties))
    }

    /// Sums, and what reads the last convolution, work on what the bytes stand for.
    fn takes_bytes(&self, node: &Node) -> bool {
        node.op_type == "GlobalAveragePool"
            || node.op_type == "Add"
                && node
                    .output
                    .first()
                    .is_some_and(|name| self.tensors.contains(name))
    }

    /// Turns the weights and biases of a convolution into integers; `means` are those of its input's channels.
    fn weights(
        &self,
        node: &mut Node,
        weights: &mut BTreeMap<String, Tensor>,
        scales: &BTreeMap<String, Scale>,
        means: &[f64],
        builder: &mut GraphBuilder,
    ) {
        let [input, kernel, bias] = node.input.as_mut_slice() else {
            return;
        };
        let (Some(scale), Some(own), Some(biases)) = (
            scales.get(input),
            weights.remove(kernel),
            weights.remove(bias),
        ) else {
            return;
        };
        let values = own.values();
        let channels = biases
            .dims
            .first()
            .map_or(1, |&channels| channels.max(1) as usize);
        let each = (values.len() / channels).max(1);
        let largest = |chunk: &[f32]| chunk.iter().fold(0f32, |largest, w| largest.max(w.abs()));
        // A channel of zeros has any scale.
        let steps: Vec<f32> = values
            .chunks(each)
            .map(|chunk| {
                (f64::from(largest(chunk)) / WEIGHT).max(f64::from(f32::MIN_POSITIVE)) as f32
            })
            .collect();
        let integers = values.chunks(each).zip(&steps).flat_map(|(chunk, &step)| {
            let integer = move |&w: &f32| (f64::from(w) / f64::from(step)).round() as i8;
            chunk.iter().map(integer)
        });
        let integers = integers.collect::<Vec<i8>>();
        let rounded: Vec<f64> = integers
            .chunks(each)
            .zip(&steps)
            .flat_map(|(chunk, &step)| {
                let value = move |&integer: &i8| f64::from(integer) * f64::from(step);
                chunk.iter().map(value)
            })
            .collect();
        let inputs = own.dims.get(1).map_or(1, |&inputs| inputs.max(1) as usize);
        let lost = lost(&values, &rounded, channels, inputs, means);
        let products: Vec<f32> = steps.iter().map(|&step| step * scale.scale).collect();
        let sums = biases.values();
        let sums: Vec<i32> = sums
            .iter()
            .zip(lost)
            .zip(&products)
            .map(|((&bias, lost), &product)| {
                ((f64::from(bias) + lost) / f64::from(product)).round() as i32
            })
            .collect();
        *kernel = builder.dequantised_weights(kernel, &own.dims, &integers, &steps);
        *bias = builder.dequantised_biases(bias, &sums, &products);
    }
}

/// How numbers are held in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    scale: f32,
    zero: u8,
}

impl Scale {
    /// The scale that covers a range, and 0 exactly, which padding is made of.
    fn of(range: &Range) -> Option<Self> {
        let (min, max) = (f64::from(range.min.min(0.0)), f64::from(range.max.max(0.0)));
        let scale = ((max - min) / BYTE) as f32;
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let zero = (-min / f64::from(scale)).round().clamp(0.0, BYTE) as u8;
        scale.is_finite().then_some(Self { scale, zero })
    }
}

fn wrong(path: &Path, tensor: &str) -> Error {
    Error::Weights {
        path: path.to_path_buf(),
        reason: format!("'{tensor}' was not finite on the images of the calibration"),
    }
}

fn dequantised(name: &str) -> String {
    format!("{name}/dequantised")
}

/// The tensors that become bytes, in the order of the network: what the convolutions take and give, and both sides of the
/// sums among them.
fn bytes(body: &[Node], convolutions: &BTreeSet<String>) -> Vec<String> {
    let first = |names: &[String]| names.first().cloned().unwrap_or_default();
    let activated: BTreeMap<String, String> = body
        .iter()
        .filter(|node| ["Clip", "Relu"].contains(&node.op_type.as_str()))
        .map(|node| (first(&node.input), first(&node.output)))
        .collect();
    let mut wanted = BTreeSet::new();
    for node in body {
        let output = first(&node.output);
        if convolutions.contains(&output) {
            wanted.insert(first(&node.input));
            wanted.insert(activated.get(&output).cloned().unwrap_or(output));
        } else if node.op_type == "Add" && node.input.iter().any(|input| wanted.contains(input)) {
            wanted.extend(node.input.iter().cloned());
            wanted.insert(output);
        }
    }
    let outputs = body.iter().map(|node| first(&node.output));
    outputs.filter(|output| wanted.contains(output)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::build::Window;
    use crate::onnx::proto::{FLOAT, UINT8};
    use crate::photo::{Filter, Preprocess, ResizeRule};

    #[test]
    fn a_network_of_other_making_is_left_alone() {
        let path = Path::new("base.onnx");
        let made = |output: &str| {
            let mut graph = GraphBuilder::default();
            let mut last = graph.normalise("image", [0.5; 3], [0.5; 3]);
            for index in 0..5 {
                let weights = (&[3, 3, 1, 1][..], &[0.1f32; 9][..]);
                let window = Window::square(1, 1, 1);
                let name = format!("{output}{index}");
                last = graph.convolution(&name, &last, weights, &[0.0; 3], &window);
            }
            let pooled = graph.global_average_pool("pool", &last);
            graph.flatten("bottleneck", &pooled);
            let rule = Preprocess {
                width: 8,
                height: 8,
                resize: ResizeRule::Squash,
                filter: Filter::Antialiased,
                full_decode: false,
                keep_truncated: false,
            };
            let mut graph = graph.finish();
            graph.input = vec![ValueInfo::batch_of("image", UINT8, &[8, 8, 3])];
            graph.output = vec![ValueInfo::batch_of("bottleneck", FLOAT, &[3])];
            let architecture = [(ARCHITECTURE, "net".to_owned())];
            let base = Network::encode(Model::of(graph), &rule, &architecture);
            Quantiser::new(&Network::made(path, base).unwrap())
        };
        // Three convolutions stay in floats; the two behind them take one tensor and give two.
        assert_eq!(made("own").unwrap().tensors(), ["own2", "own3", "own4"]);
        let message = made("network/own").unwrap_err().to_string();
        assert!(message.contains("can be quantised"), "{message}");
    }

    #[test]
    fn a_scale_covers_its_range_and_holds_zero_exactly() {
        let scale = |min, max| Scale::of(&Range { min, max }).unwrap();
        let six = scale(0.0, 6.0);
        // No more than 6, or the activation could not be left to the bytes.
        assert!(six.zero == 0 && six.scale * 255.0 <= 6.0);
        let both = scale(-1.0, 3.0);
        assert_eq!(both.zero, 64);
        assert!(((255.0 - 64.0) * both.scale - 3.0).abs() < both.scale);
        // Ranges that do not hold zero are stretched to it; one of zeros alone has some scale.
        assert_eq!(scale(2.0, 5.0), scale(0.0, 5.0));
        assert_eq!(scale(-5.0, -2.0).zero, 255);
        assert_eq!(
            scale(0.0, 0.0),
            Scale {
                scale: 1.0,
                zero: 0
            }
        );
        assert_eq!(
            Scale::of(&Range {
                min: 0.0,
                max: f32::INFINITY
            }),
            None
        );
    }
}
