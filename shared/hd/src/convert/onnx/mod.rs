//! Any network for images as a base: an image's bytes in front of it, and what follows the bottleneck cut off.
//!
//! The network is taken as it is, whatever its operations are. What cannot be known from its file alone, such as the size
//! of a tensor, its caller finds out by running it.

mod external;
mod first_convolution;
mod graph;
mod input;
mod tokens;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prost::Message;
use prost::bytes::Bytes;

pub use self::tokens::Tokens;

use self::first_convolution::FirstConvolution;
use self::graph::{Links, prefix_names};
use self::input::{Layout, image};
use super::plan::{Cut, Plan};
use crate::error::{Error, Result};
use crate::onnx::build::GraphBuilder;
use crate::onnx::elsewhere::in_functions;
use crate::onnx::network::{BOTTLENECK, FOREIGN, IMAGE};
use crate::onnx::proto::{Graph, IR_VERSION, Model, ValueInfo};

/// Operations that turn logits into probabilities.
const PROBABILITIES: [&str; 3] = ["Softmax", "LogSoftmax", "Sigmoid"];
/// Operations that leave one number of each channel.
const POOLS: [&str; 3] = ["GlobalAveragePool", "AveragePool", "ReduceMean"];

/// A network for images in ONNX, as it was found.
#[derive(Debug)]
pub struct Foreign {
    path: PathBuf,
    model: Model,
    graph: Graph,
    input: String,
    layout: Layout,
    first: Option<FirstConvolution>,
    /// Rows and columns of an image, where the network takes one size only.
    size: Option<u32>,
}

/// A tensor of a foreign network that can be its bottleneck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name in the network.
    pub name: String,
    /// How many values it has for an image, or each of its tokens.
    pub values: usize,
    /// Its tokens, if it has several vectors an image.
    pub tokens: Option<Tokens>,
}

impl Foreign {
    /// Reads the network in `bytes`; weights that lie in files of their own are looked for beside `path`.
    ///
    /// # Errors
    /// Bytes that are no ONNX network; a network that takes anything but one float32 image of three colours.
    pub fn read(path: &Path, bytes: Bytes) -> Result<Self> {
        Self::parse(path, bytes).map_err(|reason| Error::Weights {
            path: path.to_path_buf(),
            reason,
        })
    }

    fn parse(path: &Path, bytes: Bytes) -> std::result::Result<Self, String> {
        let mut model = Model::decode(bytes)
            .map_err(|_| "not an ONNX network: it is cut short or something else".to_owned())?;
        let mut graph = model
            .graph
            .take()
            .filter(|graph| !graph.node.is_empty())
            .ok_or("not an ONNX network: it has no nodes")?;
        if let Some(name) = graph.first_twice() {
            return Err(format!("two tensors have the name '{name}'"));
        }
        if in_functions(&model.functions) {
            return Err(external::CONSTANT.to_owned());
        }
        if !graph.sparse_initializer.is_empty() {
            return Err("it has sparse weights, which are not supported".to_owned());
        }
        let weights: BTreeSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
        let inputs = graph
            .input
            .iter()
            .filter(|input| !weights.contains(input.name.as_str()));
        let inputs = inputs.collect::<Vec<_>>();
        let &[input] = inputs.as_slice() else {
            return Err(format!(
                "it takes {} inputs, where one image was expected; export the part of it that takes the image alone",
                inputs.len()
            ));
        };
        let first = FirstConvolution::of(&graph, &input.name);
        let (layout, size) = image(input, first.as_ref())
            .map_err(|reason| format!("its input '{}' {reason}", input.name))?;
        let input = input.name.clone();
        graph.input.clear();
        // It is about the network as it was.
        model.doc_string.clear();
        graph::check(&graph, &input)?;
        Ok(Self {
            path: path.to_path_buf(),
            model,
            graph,
            input,
            layout,
            first,
            size,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it takes images of any size.
    pub fn takes_any_size(&self) -> bool {
        self.size.is_none()
    }

    /// Whether each colour is a plane of its own, as in networks of PyTorch.
    pub fn is_planar(&self) -> bool {
        self.layout == Layout::Planes
    }

    /// Rows and columns of an image: its own, or else `wanted`.
    ///
    /// # Errors
    /// Neither is known, or they differ.
    pub fn size(&self, wanted: Option<u32>) -> Result<u32> {
        match (self.size, wanted) {
            (Some(own), Some(wanted)) if own != wanted => Err(self.wrong(format!(
                "it takes images of {own} x {own} pixels, not of {wanted} x {wanted}"
            ))),
            (Some(size), _) | (None, Some(size)) if size > 0 => Ok(size),
            _ => Err(self.wrong(
                "it takes images of any size; --size N says which to bring them to, and so does a \
                 preprocessor_config.json beside the file"
                    .to_owned(),
            )),
        }
    }

    /// Every tensor that depends on the image, in the order of the network.
    pub fn tensors(&self) -> Vec<String> {
        let links = Links::of(&self.graph, &self.input);
        let outputs = self.graph.node.iter().flat_map(|node| &node.output);
        outputs
            .filter(|name| links.is_seen(name))
            .cloned()
            .collect()
    }

    /// The tensor to cut at.
    ///
    /// # Errors
    /// A tensor that is not there or does not depend on the image; no fully connected layer to walk back to.
    pub fn tensor(&self, cut: &Cut) -> Result<String> {
        let links = Links::of(&self.graph, &self.input);
        let output = self.graph.output.first().map(|output| output.name.as_str());
        let output = output.filter(|output| links.is_seen(output));
        let found = match cut {
            Cut::Named(name) if links.is_seen(name) => Ok(name.clone()),
            Cut::Named(name) => Err(format!(
                "it has no tensor '{name}' that depends on the image; `hd-fetch base --from FILE --list` shows those \
                 that can be taken"
            )),
            Cut::Logits => output
                .map(|output| links.before(output, &PROBABILITIES).to_owned())
                .ok_or_else(|| "it has no output that depends on its input".to_owned()),
            Cut::Pooled => output
                .and_then(|output| links.last_fully_connected(output, &POOLS))
                .map(str::to_owned)
                .ok_or_else(|| {
                    "no fully connected layer leads to its output; `hd-fetch base --from FILE --list` shows the tensors \
                     that can be taken, and --output names one"
                        .to_owned()
                }),
        };
        found.map_err(|reason| self.wrong(reason))
    }

    /// Its own outputs, as far as they depend on the image.
    pub fn outputs(&self) -> Vec<String> {
        let links = Links::of(&self.graph, &self.input);
        let outputs = self.graph.output.iter().map(|output| &output.name);
        outputs
            .filter(|name| links.is_seen(name))
            .cloned()
            .collect()
    }

    /// So many tokens for images of `size` rows and columns.
    pub fn tokens(&self, count: usize, size: u32) -> Tokens {
        Tokens::of(count, &self.graph, self.first.as_ref(), size)
    }

    /// The network with an image's bytes in front of it and these tensors as outputs, for a runtime to find out what
    /// comes of them.
    ///
    /// # Errors
    /// Weights in another file that cannot be read.
    pub fn probe(&self, tensors: &[String], plan: &Plan) -> Result<Vec<u8>> {
        let size = self.size(plan.size)?;
        let (builder, outputs) = self.begin(tensors, plan)?;
        let mut graph = builder.finish();
        graph.name = "probe".to_owned();
        graph.input = vec![plan.image(size, Some(1))];
        graph.output = outputs
            .iter()
            .map(|name| ValueInfo {
                name: name.clone(),
                kind: None,
            })
            .collect();
        Ok(self.of(graph).encode_to_vec())
    }

    /// The base that ends in `tensor`, whose tokens are pooled as `plan` has it; it takes several images at a time only if
    /// it is `batched`.
    ///
    /// # Errors
    /// As [`Self::probe`]; more weights than an ONNX file can hold.
    pub fn base(&self, tensor: &Candidate, batched: bool, plan: &Plan) -> Result<Vec<u8>> {
        let size = self.size(plan.size)?;
        let (mut builder, outputs) = self.begin(std::slice::from_ref(&tensor.name), plan)?;
        let output = outputs.first().map_or("", String::as_str);
        let pooled = (tensor.tokens.zip(plan.pool))
            .map(|(tokens, pool)| tokens.pool(&mut builder, output, pool));
        builder.flatten(BOTTLENECK, pooled.as_deref().unwrap_or(output));
        let batch = if batched { None } else { Some(1) };
        let base = plan.encode(self.of(builder.finish()), size, tensor.values, batch);
        match i32::try_from(base.len()) {
            Ok(_) => Ok(base),
            Err(_) => {
                Err(self.wrong("it is larger than the 2 GiB that an ONNX file can be".to_owned()))
            }
        }
    }

    /// A graph of the added input and all that `tensors` depend on, and what they are called in it.
    fn begin(&self, tensors: &[String], plan: &Plan) -> Result<(GraphBuilder, Vec<String>)> {
        let links = Links::of(&self.graph, &self.input);
        let mut graph = links.needed_for(&self.graph, tensors);
        external::bring_in(&mut graph, &self.path).map_err(|reason| self.wrong(reason))?;
        let mut builder = GraphBuilder::default();
        let input = match self.layout {
            Layout::Planes => builder.normalise(IMAGE, plan.mean, plan.std),
            Layout::Pixels => builder.normalise_pixels(IMAGE, plan.mean, plan.std),
        };
        let name = |name: &str| match name == self.input {
            true => input.clone(),
            false => format!("{FOREIGN}{name}"),
        };
        prefix_names(&mut graph, &name);
        builder.append(graph);
        Ok((builder, tensors.iter().map(|tensor| name(tensor)).collect()))
    }

    /// This model with another graph.
    fn of(&self, graph: Graph) -> Model {
        Model {
            // From version 4 on, weights need not be inputs too.
            ir_version: self.model.ir_version.max(IR_VERSION),
            opset_import: self.model.opset_import.clone(),
            functions: self.model.functions.clone(),
            graph: Some(graph),
            ..Model::default()
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Weights {
            path: self.path.clone(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests;
