//! Node by node from TensorFlow's operations to ONNX.

use std::collections::HashMap;

use super::constant::Constant;
use super::layer::{Convolution, Plane, list, window};
use super::order::data;
use super::proto::NodeDef;
use crate::convert::plan::Plan;
use crate::onnx::build::GraphBuilder;
use crate::onnx::network::{BOTTLENECK, IMAGE};
use crate::onnx::proto::Graph;

/// The output of a node.
#[derive(Clone, Debug)]
enum NodeOutput {
    Constant(Constant),
    Convolution(Convolution),
    Plane(Plane),
    /// One vector an image, and its size.
    Vector(String, i64),
}

/// A graph on its way.
pub(super) struct Converter<'a> {
    plan: &'a Plan,
    /// Rows and columns of the image, as far as they are known.
    size: Option<u32>,
    values: HashMap<&'a str, NodeOutput>,
    builder: GraphBuilder,
    /// How many values may still be made. A graph that uses its weights again and again would fill the memory, and none
    /// that was ever trained does.
    left: usize,
}

type Added<T = NodeOutput> = Result<T, String>;

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
            NodeOutput::Convolution(convolution) => convolution.weights.len(),
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
            "Placeholder" => self.image(node),
            "Const" => constant(node),
            "Identity" | "StopGradient" => self.taken(node, 0).cloned(),
            "Conv2D" => self.convolution(node, false),
            "DepthwiseConv2dNative" => self.convolution(node, true),
            "Rsqrt" => self.constants(node, |a, _| 1.0 / a.sqrt()),
            "Mul" => self.arithmetic(node, Convolution::multiply, |a, b| a * b),
            "Add" | "AddV2" | "BiasAdd" => self.sum(node),
            "Sub" => self.constants(node, |a, b| a - b),
            "FusedBatchNorm" | "FusedBatchNormV2" | "FusedBatchNormV3" => self.batch_norm(node),
            "Relu6" => self.activated(node, |builder, input| builder.relu6(&node.name, input)),
            "Relu" => self.activated(node, |builder, input| builder.relu(&node.name, input)),
            "AvgPool" => self.average_pool(node),
            "Mean" => self.mean(node),
            "Squeeze" => self.squeeze(node),
            "Reshape" => self.reshape(node),
            _ => Err("this reader does not know the operation".to_owned()),
        }
    }

    /// The value of the input of this number.
    fn taken(&self, node: &'a NodeDef, number: usize) -> Added<&NodeOutput> {
        let name = node.input.get(number).and_then(|input| data(input));
        name.and_then(|name| self.values.get(name))
            .ok_or_else(|| format!("it has no input {number}"))
    }

    fn constant(&self, node: &'a NodeDef, number: usize) -> Added<&Constant> {
        match self.taken(node, number)? {
            NodeOutput::Constant(constant) => Ok(constant),
            _ => Err(format!("its input {number} is not a constant")),
        }
    }

    /// The value of the node `name`, which is written if it is a convolution that still took things up.
    fn activation(&mut self, name: &'a str) -> Added {
        let value = self
            .values
            .get(name)
            .ok_or_else(|| format!("'{name}' is missing"))?;
        let NodeOutput::Convolution(convolution) = value else {
            return Ok(value.clone());
        };
        let (weights, biases) = convolution.folded();
        let shape = (convolution.shape.as_slice(), weights.as_slice());
        let window = &convolution.window;
        let [channels, height, width] = convolution.output;
        let written = NodeOutput::Plane(Plane {
            name: self
                .builder
                .convolution(name, &convolution.input, shape, &biases, window),
            channels,
            height,
            width,
        });
        self.values.insert(name, written.clone());
        Ok(written)
    }

    /// The plane that the node's first input is.
    fn plane(&mut self, node: &'a NodeDef) -> Added<Plane> {
        let name = node.input.first().and_then(|input| data(input));
        match self.activation(name.ok_or("it has no input")?)? {
            NodeOutput::Plane(plane) => Ok(plane),
            _ => Err("its input is not a plane of pixels".to_owned()),
        }
    }

    /// The image, brought to what the network was trained with.
    fn image(&mut self, node: &'a NodeDef) -> Added {
        if self
            .values
            .values()
            .any(|value| !matches!(value, NodeOutput::Constant(_)))
        {
            return Err("the network takes more than one input".to_owned());
        }
        let shape = node.attr.get("shape").and_then(|attr| attr.shape.as_ref());
        let dims: Vec<i64> = shape
            .iter()
            .flat_map(|shape| &shape.dim)
            .map(|dim| dim.size)
            .collect();
        let own = match dims.as_slice() {
            [] => None,
            &[_, height, width, 3] if height == width => u32::try_from(height).ok(),
            _ => {
                return Err(format!(
                    "its shape is {dims:?}, where [batch, size, size, 3] was expected"
                ));
            }
        };
        let own = own.filter(|&own| own > 0);
        let size = match (own, self.size) {
            (Some(own), Some(wanted)) if own != wanted => {
                return Err(format!(
                    "it takes images of {own} x {own} pixels, not of {wanted} x {wanted}"
                ));
            }
            (own, wanted) => own
                .or(wanted)
                .ok_or("it does not say how large its images are; --size N does")?,
        };
        self.size = Some(size);
        Ok(NodeOutput::Plane(Plane {
            name: self.builder.normalise(IMAGE, self.plan.mean, self.plan.std),
            channels: 3,
            height: size.into(),
            width: size.into(),
        }))
    }

    fn convolution(&mut self, node: &'a NodeDef, depthwise: bool) -> Added {
        let plane = self.plane(node)?;
        let kernel = self.constant(node, 1)?;
        let (&[height, width, channels, last], Some(weights)) =
            (kernel.shape.as_slice(), kernel.floats())
        else {
            return Err("its kernel is not four-dimensional".to_owned());
        };
        if channels as i64 != plane.channels {
            return Err(format!(
                "its kernel is for {channels} channels, and its input has {}",
                plane.channels
            ));
        }
        // From [height, width, in, out] to [out, in, height, width], or from [height, width, in, each] to
        // [in each, 1, height, width].
        let (out, each) = match depthwise {
            true => (channels * last, 1),
            false => (last, channels),
        };
        let place = |row: usize, o: usize, i: usize| match depthwise {
            true => row * out + o,
            false => (row * channels + i) * last + o,
        };
        let mut turned = Vec::with_capacity(weights.len());
        for o in 0..out {
            for i in 0..each {
                let rows = (0..height * width).map(|row| weights.get(place(row, o, i)));
                turned.extend(rows.flatten());
            }
        }
        let sides = [height as i64, width as i64];
        let (mut window, [rows, columns]) = window(node, &plane, sides)?;
        if depthwise {
            window.group = plane.channels;
        }
        Ok(NodeOutput::Convolution(Convolution {
            input: plane.name,
            output: [out as i64, rows, columns],
            shape: [out as i64, each as i64, sides[0], sides[1]],
            weights: turned,
            window,
            scale: vec![1.0; out],
            shift: vec![0.0; out],
        }))
    }

    /// An operation on constants; with one input it is given that twice.
    fn constants(&self, node: &'a NodeDef, operation: impl Fn(f32, f32) -> f32) -> Added {
        let a = self.constant(node, 0)?;
        let b = match node.input.len() {
            1 => a,
            _ => self.constant(node, 1)?,
        };
        let result = a.zip(b, operation);
        result
            .map(NodeOutput::Constant)
            .ok_or_else(|| format!("it cannot join the shapes {:?} and {:?}", a.shape, b.shape))
    }

    /// An operation on two constants, or one that a convolution takes up, on whichever side.
    fn arithmetic(
        &self,
        node: &'a NodeDef,
        take_up: impl Fn(&mut Convolution, &Constant) -> Option<()>,
        operation: impl Fn(f32, f32) -> f32,
    ) -> Added {
        match (self.taken(node, 0)?, self.taken(node, 1)?) {
            (NodeOutput::Constant(_), NodeOutput::Constant(_)) => self.constants(node, operation),
            (NodeOutput::Convolution(convolution), NodeOutput::Constant(constant))
            | (NodeOutput::Constant(constant), NodeOutput::Convolution(convolution)) => {
                let mut convolution = convolution.clone();
                match take_up(&mut convolution, constant) {
                    Some(()) => Ok(NodeOutput::Convolution(convolution)),
                    None => Err(format!(
                        "its constant of the shape {:?} is not one number a channel",
                        constant.shape
                    )),
                }
            }
            _ => Err("neither constants nor a convolution and a constant".to_owned()),
        }
    }

    /// A sum that a convolution takes up, or of two planes, as at the end of a residual block.
    fn sum(&mut self, node: &'a NodeDef) -> Added {
        let is_constant =
            |number| Ok::<_, String>(matches!(self.taken(node, number)?, NodeOutput::Constant(_)));
        if is_constant(0)? || is_constant(1)? {
            return self.arithmetic(node, Convolution::add, |a, b| a + b);
        }
        let first = self.plane(node)?;
        let second = node.input.get(1).and_then(|input| data(input));
        match self.activation(second.ok_or("it has no second input")?)? {
            NodeOutput::Plane(second)
                if (first.channels, first.height, first.width)
                    == (second.channels, second.height, second.width) =>
            {
                let name = self.builder.add(&node.name, &first.name, &second.name);
                Ok(NodeOutput::Plane(Plane { name, ..first }))
            }
            _ => Err("its inputs differ in shape".to_owned()),
        }
    }

    /// `(x - mean) * gamma / sqrt(variance + epsilon) + beta`.
    fn batch_norm(&self, node: &'a NodeDef) -> Added {
        if node
            .attr
            .get("is_training")
            .is_none_or(|attr| attr.b.unwrap_or_default())
        {
            return Err("it is for training; freeze the graph for inference".to_owned());
        }
        let epsilon = node
            .attr
            .get("epsilon")
            .and_then(|attr| attr.f)
            .unwrap_or(1e-4);
        let NodeOutput::Convolution(convolution) = self.taken(node, 0)? else {
            return Err("its input is not a convolution".to_owned());
        };
        let [gamma, beta, mean, variance] = [1, 2, 3, 4].map(|number| self.constant(node, number));
        let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
        let mut convolution = convolution.clone();
        let done = (|| {
            convolution.add(&mean.map(|m| -m)?)?;
            convolution.multiply(&variance.map(|v| 1.0 / (v + epsilon).sqrt())?)?;
            convolution.multiply(gamma)?;
            convolution.add(beta)
        })();
        match done {
            Some(()) => Ok(NodeOutput::Convolution(convolution)),
            None => Err("its statistics are not one number a channel".to_owned()),
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

    fn average_pool(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let kernel = match list(node, "ksize") {
            Some([1, height, width, 1]) => [*height, *width],
            _ => return Err("its window is not two numbers".to_owned()),
        };
        let (window, [height, width]) = window(node, &plane, kernel)?;
        let whole = kernel == [plane.height, plane.width] && window.pads == [0; 4];
        let name = match whole {
            true => self.builder.global_average_pool(&node.name, &plane.name),
            false => self.builder.average_pool(&node.name, &plane.name, &window),
        };
        Ok(NodeOutput::Plane(Plane {
            name,
            height,
            width,
            ..plane
        }))
    }

    /// The mean over all pixels.
    fn mean(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let axes = self.constant(node, 1)?.integers().unwrap_or_default();
        if !matches!(axes, [1, 2] | [2, 1] | [-3, -2]) {
            return Err(format!("it is over the axes {axes:?}, not over the pixels"));
        }
        let name = self.builder.global_average_pool(&node.name, &plane.name);
        Ok(NodeOutput::Plane(Plane {
            name,
            height: 1,
            width: 1,
            ..plane
        }))
    }

    fn squeeze(&mut self, node: &'a NodeDef) -> Added {
        let plane = self.plane(node)?;
        let axes = list(node, "squeeze_dims").unwrap_or_default();
        match (plane.height, plane.width, axes) {
            (1, 1, [] | [1, 2] | [-3, -2]) => Ok(self.vector(node, &plane.name, plane.channels)),
            _ => Err(format!(
                "it squeezes the axes {axes:?} of {} x {} pixels",
                plane.height, plane.width
            )),
        }
    }

    fn reshape(&mut self, node: &'a NodeDef) -> Added {
        let shape = self
            .constant(node, 1)?
            .integers()
            .unwrap_or_default()
            .to_vec();
        let input = node.input.first().and_then(|input| data(input));
        let (name, values) = match self.activation(input.ok_or("it has no input")?)? {
            NodeOutput::Vector(name, values) => (name, values),
            NodeOutput::Plane(plane) if (plane.height, plane.width) == (1, 1) => {
                (plane.name, plane.channels)
            }
            _ => return Err("its input is not one vector an image".to_owned()),
        };
        match shape.as_slice() {
            &[_, last] if last == -1 || i64::from(last) == values => {
                Ok(self.vector(node, &name, values))
            }
            _ => Err(format!("it makes {shape:?} of {values} values an image")),
        }
    }

    fn vector(&mut self, node: &NodeDef, input: &str, values: i64) -> NodeOutput {
        NodeOutput::Vector(self.builder.flatten(&node.name, input), values)
    }
}

fn constant(node: &NodeDef) -> Added {
    let tensor = node.attr.get("value").and_then(|attr| attr.tensor.as_ref());
    Constant::read(tensor.ok_or("it has no value")?).map(NodeOutput::Constant)
}
