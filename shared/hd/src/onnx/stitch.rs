//! A base and a head as one network.

use prost::Message;

use super::build::GraphBuilder;
use super::guide;
use super::network::{
    BASE, BOTTLENECK, FINAL_RESULT, FOLDERS, HEAD_INPUT, IMAGE, LABELS, Network, PREPROCESS,
    data_type,
};
use super::proto::{FLOAT, Graph, Model, ValueInfo};
use crate::error::{Error, Result};
use crate::photo::Element;

/// The head's part of a retrained graph.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// The labels, in output order.
    pub labels: &'a [String],
    /// Whether bottlenecks are brought to length one before W.
    pub unit_length: bool,
    /// W, C x D, in rows.
    pub weights: &'a [f32],
    /// b, C.
    pub biases: &'a [f32],
}

/// What a retrained graph is like at its ends.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// The name of the probabilities.
    pub result: &'a str,
    /// Whether images are given as float32 from 0 to 255, also where they are bytes.
    pub float_input: bool,
}

/// Errors if the probabilities behind `base` cannot have this name.
///
/// # Errors
/// A name that another tensor has.
pub fn check_name(base: &Network, name: &str) -> Result<()> {
    let graph = decode(base)?.graph.unwrap_or_default();
    let inputs = graph.input.iter().map(|input| &input.name);
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    let weights = graph.initializer.iter().map(|weights| &weights.name);
    let taken = inputs
        .chain(outputs)
        .chain(weights)
        .any(|taken| taken == name);
    if taken || name.is_empty() || HEAD.contains(&name) {
        return Err(Error::NameTaken {
            name: name.to_owned(),
            path: base.path.clone(),
        });
    }
    Ok(())
}

/// The bottleneck at length one.
const UNIT_LENGTH: &str = "final_training_ops/unit_length";

/// The names of the tensors of a head.
const HEAD: [&str; 5] = [
    HEAD_INPUT,
    UNIT_LENGTH,
    "final_training_ops/Wx_plus_b",
    "final_training_ops/weights",
    "final_training_ops/biases",
];

/// The retrained graph: `base` with a head behind its bottleneck, as an ONNX file.
///
/// # Errors
/// A head of another bottleneck size than the base's.
pub fn stitch(base: &Network, layer: Layer, ends: Ends) -> Result<Vec<u8>> {
    let Layer {
        labels,
        unit_length,
        weights,
        biases,
    } = layer;
    let size = weights.len() / biases.len().max(1);
    if base.bottleneck_size != size {
        let found = format!("gives {} values an image, not {size}", base.bottleneck_size);
        return Err(foreign(base, found));
    }
    behind(base, labels, ends, |builder| {
        let input = match unit_length {
            true => builder.unit_length(UNIT_LENGTH, HEAD_INPUT, size),
            false => HEAD_INPUT.to_owned(),
        };
        builder.softmax_layer(ends.result, &input, weights, biases);
    })
}

/// A plain classifier of images as a retrained graph. It was made a base whose bottleneck has a number for each label;
/// the numbers become probabilities by a softmax, unless they are probabilities already.
///
/// # Errors
/// Another number of labels.
pub fn classifier(base: &Network, labels: &[String], softmax: bool) -> Result<Vec<u8>> {
    let (values, known) = (base.bottleneck_size, labels.len());
    if values != known {
        let found = format!("gives {values} numbers an image, and there are {known} labels");
        return Err(Error::Foreign {
            path: base.path.clone(),
            expected: "a network for these labels",
            found,
        });
    }
    let ends = Ends {
        result: FINAL_RESULT,
        float_input: false,
    };
    behind(base, labels, ends, |builder| match softmax {
        true => builder.softmax(FINAL_RESULT, HEAD_INPUT),
        false => builder.identity(FINAL_RESULT, HEAD_INPUT),
    })
}

/// The network `base` with what `add` puts behind its bottleneck: probabilities of labels.
fn behind(
    base: &Network,
    labels: &[String],
    Ends {
        result,
        float_input,
    }: Ends,
    add: impl FnOnce(&mut GraphBuilder),
) -> Result<Vec<u8>> {
    let mut model = decode(base)?;
    let mut graph = model.graph.take().unwrap_or_default();
    rename(&mut graph, BOTTLENECK, HEAD_INPUT);
    let mut builder = GraphBuilder::from_graph(graph);
    add(&mut builder);
    builder.identity(BOTTLENECK, HEAD_INPUT);
    let mut graph = builder.finish();
    let probabilities = ValueInfo::batch_of(result, FLOAT, &[labels.len() as i64]);
    graph.output.insert(0, probabilities);
    let input = match float_input {
        true => Element::Float,
        false => base.input,
    };
    let sides = [base.preprocess.height, base.preprocess.width, 3].map(i64::from);
    graph.input = vec![ValueInfo::batch_of(IMAGE, data_type(input), &sides)];
    let labels = serde_json::to_string(labels).unwrap_or_default();
    let inherited = std::mem::take(&mut model.metadata_props);
    let inherited = inherited.iter().map(|p| (p.key.as_str(), p.value.clone()));
    let mut properties: Vec<_> = inherited.filter(|(key, _)| *key != PREPROCESS).collect();
    properties.push((LABELS, labels));
    if !base.folders.is_empty() {
        let folders = serde_json::to_string(&base.folders).unwrap_or_default();
        properties.push((FOLDERS, folders));
    }
    properties.push((BASE, base.digest.to_string()));
    let guide = guide::text(&base.preprocess, input, result);
    graph.doc_string.clone_from(&guide);
    model.doc_string = guide;
    model.graph = Some(graph);
    let rule = guide::rule(&base.preprocess);
    Ok(Network::encode_told(model, rule, &properties))
}

/// Gives a tensor another name wherever a node makes or takes it, and the node of that name, since no two may have one.
fn rename(graph: &mut Graph, from: &str, to: &str) {
    for node in &mut graph.node {
        let names = node.output.iter_mut().chain(&mut node.input);
        for name in names.chain([&mut node.name]) {
            if name == from {
                to.clone_into(name);
            }
        }
    }
}

fn decode(base: &Network) -> Result<Model> {
    Model::decode(base.bytes.clone()).map_err(|error| foreign(base, error.to_string()))
}

fn foreign(base: &Network, found: String) -> Error {
    Error::Foreign {
        path: base.path.clone(),
        expected: "a base for this head",
        found,
    }
}
