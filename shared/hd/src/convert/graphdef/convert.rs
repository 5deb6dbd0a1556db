//! Node by node from TensorFlow's operations to ONNX.

use std::collections::HashMap;
use std::sync::Arc;

use super::constant::Constant;
use super::layer::{Layer, Plane, Source};
use super::order::{data, is_decoder};
use super::proto::NodeDef;
use crate::convert::plan::Plan;
use crate::onnx::build::GraphBuilder;
use crate::onnx::network::{BOTTLENECK, IMAGE};
use crate::onnx::proto::Graph;

/// The output of a node.
#[derive(Clone, Debug)]
pub(super) enum NodeOutput {
    Constant(Arc<Constant>),
    Layer(Layer),
    Plane(Plane),
    /// One vector an image, and its size.
    Vector(String, i64),
}

/// A graph on its way.
pub(super) struct Converter<'a> {
    pub(super) plan: &'a Plan,
    /// Rows and columns of the image, as far as they are known.
    pub(super) size: Option<u32>,
    pub(super) values: HashMap<&'a str, NodeOutput>,
    pub(super) builder: GraphBuilder,
    /// How many values may still be made. A graph that uses its weights again and again would fill the memory, and none
    /// that was ever trained does.
    left: usize,
}

pub(super) type Added<T = NodeOutput> = Result<T, String>;

impl<'a> Converter<'a> {
    /// `size` is that of the images, where it is known beforehand; `bytes` the length of the graph's file.
    pub(super) fn new(plan: &'a Plan, size: Option<u32>, bytes: usize) -> Self {
        Self {
            plan,
            size,
            values: HashMap::new(),
            builder: GraphBuilder::default(),
            left: bytes * 2 + (1 << 20),
        }
    }

    /// Adds a node; those that it takes were added before.
    pub(super) fn add(&mut self, node: &'a NodeDef) -> Added<()> {
        let value = self
            .convert(node)
            .map_err(|reason| format!("node '{}' ({}): {reason}", node.name, node.op))?;
        let made = match &value {
            NodeOutput::Constant(constant) => constant.len(),
            NodeOutput::Layer(layer) => layer.len(),
            NodeOutput::Plane(_) | NodeOutput::Vector(..) => 0,
        };
        self.left = self.left.checked_sub(made).ok_or_else(|| {
            format!(
                "node '{}' ({}): the graph uses its weights too often",
                node.name, node.op
            )
        })?;
        self.values.insert(&node.name, value);
        Ok(())
    }

    /// The graph up to the node `wanted`, with the size of an image and the number of values of a bottleneck.
    pub(super) fn finish(mut self, wanted: &'a str) -> Added<(u32, usize, Graph)> {
        let (name, values) = match self.activation(wanted)? {
            NodeOutput::Plane(Plane {
                name,
                channels,
                height: 1,
                width: 1,
            })
            | NodeOutput::Vector(name, channels) => (name, channels),
            NodeOutput::Plane(Plane { height, width, .. }) => {
                return Err(format!(
                    "'{wanted}' has {height} x {width} vectors an image, and a bottleneck is one"
                ));
            }
            _ => return Err(format!("'{wanted}' does not depend on the image")),
        };
        self.builder.flatten(BOTTLENECK, &name);
        let size = self
            .size
            .ok_or_else(|| format!("'{wanted}' does not depend on the image"))?;
        let graph = self.builder.finish();
        match graph.first_twice() {
            Some(name) => Err(format!("two tensors would have the name '{name}'")),
            None => Ok((size, values as usize, graph)),
        }
    }

    fn convert(&mut self, node: &'a NodeDef) -> Added {
        match node.op.as_str() {
            "Placeholder" => self.placeholder(node),
            _ if is_decoder(node) => self.decoded(node),
            "Cast" | "ExpandDims" => self.same_image(node),
            "ResizeBilinear" => self.resized(node),
            "Const" => constant(node),
            "Identity" | "StopGradient" | "CheckNumerics" => self.taken(node, 0).cloned(),
            "Conv2D" => self.convolution(node, false),
            "DepthwiseConv2dNative" => self.convolution(node, true),
            "Rsqrt" => self.constants(node, |a, _| 1.0 / a.sqrt()),
            "MatMul" => self.product(node),
            "Mul" => self.arithmetic(node, Layer::multiply, |a, b| a * b),
            "Add" | "AddV2" | "BiasAdd" => self.sum(node),
            "Sub" => self.difference(node),
            "FusedBatchNorm" | "FusedBatchNormV2" | "FusedBatchNormV3" => self.fused_norm(node),
            "BatchNormWithGlobalNormalization" => self.global_norm(node),
            "Relu6" => self.activated(node, |builder, input| builder.relu6(&node.name, input)),
            "Relu" => self.activated(node, |builder, input| builder.relu(&node.name, input)),
            "Concat" | "ConcatV2" => self.concat(node),
            "Pad" => self.pad(node),
            "MaxPool" => self.max_pool(node),
            "AvgPool" => self.average_pool(node),
            "Mean" => self.mean(node),
            "Squeeze" => self.squeeze(node),
            "Reshape" => self.reshape(node),
            _ => Err("this reader does not know the operation".to_owned()),
        }
    }

    fn activated(
        &mut self,
        node: &'a NodeDef,
        write: impl Fn(&mut GraphBuilder, &str) -> String,
    ) -> Added {
        let plane = self.plane(node)?;
        let name = write(&mut self.builder, &plane.name);
        Ok(NodeOutput::Plane(Plane { name, ..plane }))
    }

    /// The value of the input of this number.
    pub(super) fn taken(&self, node: &'a NodeDef, number: usize) -> Added<&NodeOutput> {
        let name = node.input.get(number).and_then(|input| data(input));
        name.and_then(|name| self.values.get(name))
            .ok_or_else(|| format!("it has no input {number}"))
    }

    pub(super) fn constant(&self, node: &'a NodeDef, number: usize) -> Added<&Constant> {
        match self.taken(node, number)? {
            NodeOutput::Constant(constant) => Ok(constant),
            _ => Err(format!("its input {number} is not a constant")),
        }
    }

    /// The value of the node `name`, which is written if it is a layer that still took things up.
    pub(super) fn activation(&mut self, name: &'a str) -> Added {
        let value = self
            .values
            .get(name)
            .ok_or_else(|| format!("'{name}' is missing"))?;
        let NodeOutput::Layer(layer) = value else {
            return Ok(value.clone());
        };
        let written = write(&mut self.builder, name, layer)?;
        self.values.insert(name, written.clone());
        Ok(written)
    }

    /// The plane that the node's first input is.
    pub(super) fn plane(&mut self, node: &'a NodeDef) -> Added<Plane> {
        let name = node.input.first().and_then(|input| data(input));
        match self.activation(name.ok_or("it has no input")?)? {
            NodeOutput::Plane(plane) => Ok(plane),
            _ => Err("its input is not a plane of pixels".to_owned()),
        }
    }
}

/// Adds a layer, with all that it took up.
fn write(builder: &mut GraphBuilder, name: &str, layer: &Layer) -> Added {
    let [channels, height, width] = layer.output;
    let name = match &layer.source {
        Source::Image if height == 0 => {
            return Err("it does not say how large its images are; --size N does".to_owned());
        }
        Source::Image => {
            let three = |values: &[f64]| <[f64; 3]>::try_from(values).unwrap_or_default();
            builder.normalise_by(IMAGE, [three(&layer.scale), three(&layer.shift)])
        }
        Source::Plane(input) => {
            let scale: Vec<f32> = layer.scale.iter().map(|&scale| scale as f32).collect();
            builder.scale_channels(name, input, &scale, &layer.biases())
        }
        Source::Convolution {
            input,
            shape,
            weights,
            window,
        } => {
            let weights = layer.folded(weights);
            builder.convolution(name, input, (shape, &weights), &layer.biases(), window)
        }
        Source::Product { input, weights } => {
            let names = ["weights", "biases"].map(|part| format!("{name}/{part}"));
            let (weights, biases) = (layer.folded(weights), layer.biases());
            let [w, b] = names;
            let name = builder.fully_connected(name, input, (&w, &weights), (&b, &biases));
            return Ok(NodeOutput::Vector(name, channels));
        }
    };
    Ok(NodeOutput::Plane(Plane {
        name,
        channels,
        height,
        width,
    }))
}

fn constant(node: &NodeDef) -> Added {
    let tensor = node.attr.get("value").and_then(|attr| attr.tensor.as_ref());
    Constant::read(tensor.ok_or("it has no value")?)
        .map(|constant| NodeOutput::Constant(Arc::new(constant)))
}
