//! A base in 8-bit integers: about a third less work for the processor, and a quarter of the file.
//!
//! Post-training static quantisation. Between two layers a number x is held as a byte q with x = scale (q - zero), one
//! scale and zero for a whole tensor, chosen by what the tensor was on the images of the calibration (Jacob et al.:
//! "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018). Weights have a
//! scale for each output channel and no zero (Krishnamoorthi: "Quantizing deep convolutional networks for efficient
//! inference", 2018). The file says so in pairs of QuantizeLinear and DequantizeLinear around operations on floats, which
//! any runtime can follow to the letter, and which ONNX Runtime turns into operations on integers. So whatever is not
//! understood here goes on in floats, on what the bytes stand for.
//!
//! What rounding the weights does to the mean of a layer's outputs is put right in its biases (`bias.rs`). In networks
//! whose activations are never negative, that mean is most of the error.

mod bias;
mod bytes;
mod flow;
mod histogram;
mod layer;
mod opset;
mod scale;
mod untouched;
mod weights;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost::Message;

use self::bias::lost;
use self::bytes::Bytes;
use self::flow::{Flow, first};
pub use self::histogram::{Coverage, Histogram};
use self::layer::Layer;
use self::scale::Scale;
use super::build::{GraphBuilder, int};
use super::network::{ARCHITECTURE, Network, PREPROCESS, QUANTISED};
use super::proto::{Graph, Model, Node, Tensor, ValueInfo};
use crate::error::{Error, Result};

/// The layers at the beginning that stay in floats. They see the image itself, and have so few channels that bytes would
/// make them slower.
const STEM: usize = 3;

/// What is known of a tensor from some images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// How often each value occurred.
    pub histogram: Histogram,
    /// The mean of each channel, where it has channels.
    pub means: Vec<f64>,
}

/// A base on its way to integers.
#[derive(Debug)]
pub struct Quantiser {
    model: Model,
    graph: Graph,
    /// The layers that change, by the name of their output.
    layers: BTreeMap<String, Layer>,
    /// The tensors that become bytes.
    bytes: Bytes,
}

impl Quantiser {
    /// Finds out what of `base` can be in integers, or why nothing should be.
    ///
    /// # Errors
    /// A base that cannot be decoded.
    pub fn new(base: &Network) -> Result<std::result::Result<Self, String>> {
        let (model, graph) = decoded(base)?;
        Ok(Self::of(model, graph))
    }

    fn of(mut model: Model, mut graph: Graph) -> std::result::Result<Self, String> {
        opset::lift(&mut model, &mut graph)?;
        let flow = Flow::of(&graph);
        if let Some(reason) = untouched::reason(&graph, &flow) {
            return Err(reason);
        }
        let layers: Vec<(String, Layer)> = (graph.node.iter())
            .filter_map(|node| Some((first(&node.output).to_owned(), Layer::of(node, &flow)?)))
            .collect();
        let stem = STEM.min(layers.len() / 2);
        let layers: BTreeMap<String, Layer> = layers.into_iter().skip(stem).collect();
        if layers.is_empty() {
            return Err("it has no convolution over places with weights of its own".to_owned());
        }
        let bytes = Bytes::of(&graph, &flow, &layers.keys().cloned().collect());
        Ok(Self {
            model,
            layers,
            bytes,
            graph,
        })
    }

    /// The tensors whose values have to be known.
    pub fn tensors(&self) -> &[String] {
        &self.bytes.own
    }

    /// The base with these tensors as its outputs.
    pub fn probe(&self) -> Vec<u8> {
        let output = |name: &String| ValueInfo {
            name: name.clone(),
            kind: None,
        };
        let mut model = self.model.clone();
        model.graph = Some(Graph {
            output: self.tensors().iter().map(output).collect(),
            ..self.graph.clone()
        });
        model.encode_to_vec()
    }

    /// The base in integers, by the name `architecture`, for tensors of which this was observed; `calibration` says on
    /// what.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn finish(
        &self,
        base: &Network,
        architecture: &str,
        (observed, coverage): (&[Observed], Coverage),
        calibration: &str,
    ) -> Result<Vec<u8>> {
        let known = Known::of(&base.path, &self.bytes, observed, coverage)?;
        let mut builder = GraphBuilder::default();
        for mut node in self.graph.node.iter().cloned() {
            let layer = self.layers.get(first(&node.output));
            let scale = known.scale(first(&node.input));
            if let (Some(layer), Some(scale)) = (layer, scale) {
                let means = known.means.get(first(&node.input)).copied();
                rewrite(
                    &mut node,
                    layer,
                    scale,
                    means.unwrap_or_default(),
                    &mut builder,
                );
            }
            let is_known = |input: &&mut String| known.scale(input).is_some();
            let inputs = node.input.iter_mut().filter(is_known);
            inputs.for_each(|input| *input = dequantised(input));
            let outputs = node.output.clone();
            builder.push(node);
            for output in &outputs {
                if let Some(scale) = known.scale(output) {
                    builder.through_bytes(output, scale.scale, scale.zero, &dequantised(output));
                }
            }
        }
        let mut graph = builder.finish();
        graph.initializer.extend_from_slice(&self.graph.initializer);
        drop_unread(&mut graph);
        graph.name = architecture.to_owned();
        graph.input.clone_from(&self.graph.input);
        graph.output.clone_from(&self.graph.output);
        let quantised = (QUANTISED, format!("int8, {calibration}, {coverage}"));
        let model = self.model.clone();
        Ok(encode(model, graph, base, architecture, Some(quantised)))
    }
}

/// The base as it is, by the name `architecture`.
///
/// # Errors
/// A base that cannot be decoded.
pub fn rename(base: &Network, architecture: &str) -> Result<Vec<u8>> {
    let (model, mut graph) = decoded(base)?;
    graph.name = architecture.to_owned();
    Ok(encode(model, graph, base, architecture, None))
}

/// The base, and its graph taken out of it.
fn decoded(base: &Network) -> Result<(Model, Graph)> {
    let mut model = Model::decode(base.bytes.clone()).map_err(|error| Error::Weights {
        path: base.path.clone(),
        reason: error.to_string(),
    })?;
    let graph = model.graph.take().unwrap_or_default();
    Ok((model, graph))
}

fn encode(
    model: Model,
    graph: Graph,
    base: &Network,
    architecture: &str,
    more: Option<(&str, String)>,
) -> Vec<u8> {
    let properties = base.properties.iter();
    let mut properties: Vec<(&str, String)> = properties
        .filter(|(key, _)| ![ARCHITECTURE, PREPROCESS].contains(&key.as_str()))
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    properties.push((ARCHITECTURE, architecture.to_owned()));
    properties.extend(more);
    let model = Model {
        graph: Some(graph),
        metadata_props: Vec::new(),
        ..model
    };
    Network::encode(model, &base.preprocess, &properties)
}

/// What the calibration has shown, by the names of tensors.
struct Known<'a> {
    bytes: &'a Bytes,
    scales: BTreeMap<&'a str, Scale>,
    means: BTreeMap<&'a str, &'a [f64]>,
}

impl<'a> Known<'a> {
    fn of(
        path: &Path,
        bytes: &'a Bytes,
        observed: &'a [Observed],
        coverage: Coverage,
    ) -> Result<Self> {
        let wrong = |name: &str| Error::Weights {
            path: path.to_path_buf(),
            reason: format!("'{name}' was not finite on the images of the calibration"),
        };
        let (mut scales, mut means) = (BTreeMap::new(), BTreeMap::new());
        for (name, observed) in bytes.own.iter().zip(observed) {
            let range = observed
                .histogram
                .range(coverage)
                .ok_or_else(|| wrong(name))?;
            let scale = Scale::of(&range).ok_or_else(|| wrong(name))?;
            scales.insert(name.as_str(), scale);
            means.insert(name.as_str(), observed.means.as_slice());
        }
        Ok(Self {
            bytes,
            scales,
            means,
        })
    }

    /// That of a tensor that becomes bytes.
    fn scale(&self, name: &str) -> Option<Scale> {
        self.scales.get(self.bytes.origin(name)).copied()
    }
}

/// Turns the weights and biases of a layer into integers; `means` are those of its input's channels.
fn rewrite(
    node: &mut Node,
    layer: &Layer,
    scale: Scale,
    means: &[f64],
    builder: &mut GraphBuilder,
) {
    let filters = layer.filters();
    let rounded = filters.round(&layer.biases, scale.scale);
    let values = rounded.values();
    let lost = lost(
        filters.values,
        &values,
        filters.outputs,
        filters.inputs,
        means,
    );
    let products: Vec<f32> = rounded
        .steps
        .iter()
        .map(|&step| step * scale.scale)
        .collect();
    let biases = layer.biases.iter().zip(lost).zip(&products);
    let biases = biases.map(|((&bias, lost), &product)| {
        ((f64::from(bias) + lost) / f64::from(product)).round() as i32
    });
    let name = first(&node.output).to_owned();
    let (weights, bias) = (
        format!("{name}/quantised/weights"),
        format!("{name}/quantised/bias"),
    );
    let dims = &layer.dims;
    let weights = builder.dequantised_weights(&weights, dims, &rounded.integers, &rounded.steps);
    let bias = builder.dequantised_biases(&bias, &biases.collect::<Vec<i32>>(), &products);
    node.input.truncate(1);
    node.input.extend([weights, bias]);
    if node.op_type == "Gemm" {
        node.attribute
            .retain(|attribute| attribute.name != "transB");
        node.attribute.push(int("transB", 1));
    }
}

/// Drops weights that no node takes any more.
fn drop_unread(graph: &mut Graph) {
    // The bodies of loops and branches take what is around them too.
    let mut attributes = graph.node.iter().flat_map(|node| &node.attribute);
    if attributes.any(|attribute| attribute.g.is_some() || !attribute.graphs.is_empty()) {
        return;
    }
    let read: BTreeSet<&str> = (graph.node.iter())
        .flat_map(|node| &node.input)
        .map(String::as_str)
        .collect();
    let is_read = |tensor: &Tensor| read.contains(tensor.name.as_str());
    graph.initializer.retain(is_read);
}

fn dequantised(name: &str) -> String {
    format!("{name}/dequantised")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::build::Window;
    use crate::onnx::proto::{FLOAT, UINT8};
    use crate::photo::Preprocess;

    /// A base of `convolutions`, on which `more` builds on to what is pooled.
    fn base(
        convolutions: usize,
        more: impl FnOnce(&mut GraphBuilder, String) -> String,
    ) -> std::result::Result<Quantiser, String> {
        let mut graph = GraphBuilder::default();
        let mut last = graph.normalise("image", [0.5; 3], [0.5; 3]);
        for index in 0..convolutions {
            let weights = (&[3, 3, 1, 1][..], &[0.1f32; 9][..]);
            let window = Window::square(1, 1, 1);
            let name = format!("network/{index}");
            last = graph.convolution(&name, &last, weights, &[0.0; 3], &window);
        }
        let last = more(&mut graph, last);
        let pooled = graph.global_average_pool("pool", &last);
        graph.flatten("bottleneck", &pooled);
        let rule = Preprocess::of_size(8, 8);
        let mut graph = graph.finish();
        graph.input = vec![ValueInfo::batch_of("image", UINT8, &[8, 8, 3])];
        graph.output = vec![ValueInfo::batch_of("bottleneck", FLOAT, &[3])];
        let architecture = [(ARCHITECTURE, "net".to_owned())];
        let base = Network::encode(Model::of(graph), &rule, &architecture);
        Quantiser::new(&Network::made(Path::new("base.onnx"), base).unwrap()).unwrap()
    }

    #[test]
    fn the_first_layers_stay_in_floats_and_all_between_others_is_bytes() {
        let plain = |count| base(count, |_, last| last).map(|quantiser| quantiser.bytes.own);
        let names = |from: usize, to: usize| (from..to).map(|i| format!("network/{i}"));
        assert_eq!(plain(8).unwrap(), names(2, 8).collect::<Vec<_>>());
        // Of few layers, half.
        assert_eq!(plain(2).unwrap(), names(0, 2).collect::<Vec<_>>());
        assert!(plain(0).unwrap_err().contains("no convolution"));
        // What an activation makes of an output alone is what becomes bytes.
        let swish = base(4, |graph, last| {
            let sum = graph.add("sum", &last, "network/2");
            let last = graph.relu("relu", &sum);
            graph.hard_swish("swish", &last)
        });
        let own = swish.unwrap().bytes.own;
        let wanted = [
            "network/1",
            "network/2",
            "network/3",
            "relu",
            "swish/gate",
            "swish",
        ];
        assert_eq!(own, wanted);
    }

    #[test]
    fn what_a_mean_over_places_leads_to_stays_in_floats() {
        let squeezed = base(4, |graph, last| {
            let mean = graph.global_average_pool("mean", &last);
            let weights = (&[3, 3, 1, 1][..], &[0.1f32; 9][..]);
            let window = Window::square(1, 1, 1);
            let gate = graph.convolution("gate", &mean, weights, &[0.0; 3], &window);
            graph.multiply("gated", &last, &gate)
        });
        let quantiser = squeezed.unwrap();
        assert!(!quantiser.layers.contains_key("gate"));
        assert_eq!(quantiser.layers.len(), 2);
        assert!(quantiser.bytes.own.contains(&"gated".to_owned()));
    }

    #[test]
    fn attention_and_normalisation_of_tokens_are_left_alone() {
        let reason = base(4, |graph, last| {
            graph.softmax("softmax", &last);
            "softmax".to_owned()
        });
        assert!(reason.unwrap_err().contains("Softmax"));
        let reason = base(4, |graph, last| {
            graph.push(Node {
                op_type: "MatMul".to_owned(),
                input: vec![last.clone(), last],
                output: vec!["product".to_owned()],
                ..Node::default()
            });
            "product".to_owned()
        });
        assert!(reason.unwrap_err().contains("attention"));
    }
}
