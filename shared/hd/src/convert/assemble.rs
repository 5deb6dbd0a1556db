//! A blueprint and its weights become a base.

use super::blueprint::{
    Activation, Block, Blueprint, Conv, Neck, NeckLayer, Padding, Squeeze, Step,
};
use super::padding::same;
use super::plan::{Cut, Plan};
use super::weights::Weights;
use crate::error::Result;
use crate::onnx::build::{GraphBuilder, Window};
use crate::onnx::network::{BOTTLENECK, IMAGE};
use crate::onnx::proto::Model;

/// The base of the network that `blueprint` describes: the features before its own classifier, or its logits.
///
/// # Errors
/// Weights that lack a tensor of the network, or have one of another shape; a tensor that only other kinds of files name.
pub(super) fn base_from_weights(
    weights: &Weights<'_>,
    blueprint: &Blueprint,
    plan: &Plan,
) -> Result<Vec<u8>> {
    let size = plan.size.unwrap_or(blueprint.size);
    let mut assembly = Assembly {
        weights,
        blueprint,
        graph: GraphBuilder::default(),
        side: size.into(),
    };
    let last = assembly.blocks(plan)?;
    let pooled = assembly.graph.global_average_pool("pool", &last);
    let values = match plan.cut {
        Cut::Pooled => {
            assembly.features(BOTTLENECK, &pooled)?;
            blueprint.features
        }
        Cut::Logits => {
            let features = assembly.features("classifier.input", &pooled)?;
            assembly.classifier(&features)?
        }
        Cut::Named(ref name) => {
            return Err(weights.wrong(format!("weights have no tensor '{name}' to take")));
        }
    };
    let model = Model::of(assembly.graph.finish());
    Ok(plan.encode(model, size, values as usize, None))
}

/// A network on its way from its weights into a graph.
struct Assembly<'a> {
    weights: &'a Weights<'a>,
    blueprint: &'a Blueprint,
    graph: GraphBuilder,
    /// Rows and columns of the plane that the next layer sees.
    side: i64,
}

impl Assembly<'_> {
    /// All blocks; returns the name of the last one's output.
    fn blocks(&mut self, plan: &Plan) -> Result<String> {
        let mut x = self.graph.normalise(IMAGE, plan.mean, plan.std);
        for block in &self.blueprint.blocks {
            x = self.block(block, &x)?;
        }
        Ok(x)
    }

    fn block(&mut self, block: &Block, input: &str) -> Result<String> {
        let mut x = input.to_owned();
        for step in &block.steps {
            x = match step {
                Step::Conv(conv) => self.convolution(conv, &x)?,
                Step::Squeeze(squeeze) => self.squeeze(squeeze, &x)?,
            };
        }
        Ok(match block.is_residual {
            true => self.graph.add(&format!("{}.add", block.name), &x, input),
            false => x,
        })
    }

    fn convolution(&mut self, conv: &Conv, input: &str) -> Result<String> {
        let (weights, bias) = self.weights.folded(conv, self.blueprint)?;
        let window = self.window(conv);
        let kernel = (&conv.shape()[..], &weights[..]);
        let x = (self.graph).convolution(&conv.name, input, kernel, &bias, &window);
        Ok(match conv.activation {
            Some(activation) => self.activate(activation, &conv.name, &x),
            None => x,
        })
    }

    /// How a kernel moves over the plane, which then has another size.
    fn window(&mut self, conv: &Conv) -> Window {
        let [_, to] = conv.channels;
        let group = if conv.is_depthwise { to } else { 1 };
        let window = Window::square(conv.kernel, conv.stride, group);
        match self.blueprint.padding {
            Padding::Even => window,
            Padding::Same => {
                let [before, outputs, behind] = same(self.side, conv.kernel, conv.stride);
                self.side = outputs;
                let pads = [before, before, behind, behind];
                Window { pads, ..window }
            }
        }
    }

    fn activate(&mut self, activation: Activation, layer: &str, input: &str) -> String {
        match activation {
            Activation::Relu => self.graph.relu(&format!("{layer}/relu"), input),
            Activation::Relu6 => self.graph.relu6(&format!("{layer}/relu6"), input),
            Activation::HardSwish => self.graph.hard_swish(&format!("{layer}/hardswish"), input),
        }
    }

    fn squeeze(&mut self, squeeze: &Squeeze, input: &str) -> Result<String> {
        let Squeeze {
            names: [first, second],
            channels,
            squeezed,
        } = squeeze;
        let one = Window::square(1, 1, 1);
        let pooled = self
            .graph
            .global_average_pool(&format!("{first}/pool"), input);
        let shape = [*squeezed, *channels, 1, 1];
        let (weights, bias) = self.weights.biased(first, &shape)?;
        let x = self
            .graph
            .convolution(first, &pooled, (&shape, weights), bias, &one);
        let x = self.activate(Activation::Relu, first, &x);
        let shape = [*channels, *squeezed, 1, 1];
        let (weights, bias) = self.weights.biased(second, &shape)?;
        let x = self
            .graph
            .convolution(second, &x, (&shape, weights), bias, &one);
        let gate = self.graph.hard_sigmoid(&format!("{second}/gate"), &x);
        Ok(self
            .graph
            .multiply(&format!("{second}/scaled"), input, &gate))
    }

    /// What the classifier takes, from the mean over places: the tensor `output`.
    fn features(&mut self, output: &str, pooled: &str) -> Result<String> {
        let Some(Neck { layer, activation }) = &self.blueprint.neck else {
            return Ok(self.graph.flatten(output, pooled));
        };
        let input = self.graph.flatten("neck.input", pooled);
        let (name, x) = match layer {
            NeckLayer::Linear(name, [inputs, _]) => {
                let (matrix, biases) = self.weights.linear(name, *inputs)?;
                (*name, self.fully_connected(name, &input, matrix, biases))
            }
            NeckLayer::Conv(conv) => {
                let (matrix, biases) = self.weights.folded(conv, self.blueprint)?;
                (
                    conv.name.as_str(),
                    self.fully_connected(&conv.name, &input, &matrix, &biases),
                )
            }
        };
        let activated = self.activate(*activation, name, &x);
        self.graph.identity(output, &activated);
        Ok(output.to_owned())
    }

    fn fully_connected(
        &mut self,
        name: &str,
        input: &str,
        matrix: &[f32],
        biases: &[f32],
    ) -> String {
        let (w, b) = (format!("{name}.weight"), format!("{name}.bias"));
        self.graph
            .fully_connected(name, input, (&w, matrix), (&b, biases))
    }

    /// The logits of these features as the bottleneck, and how many there are.
    fn classifier(&mut self, features: &str) -> Result<i64> {
        let Blueprint {
            classifier,
            features: inputs,
            ..
        } = self.blueprint;
        let (matrix, biases) = self.weights.linear(classifier, *inputs)?;
        let (w, b) = (format!("{classifier}.weight"), format!("{classifier}.bias"));
        self.graph
            .fully_connected(BOTTLENECK, features, (&w, matrix), (&b, biases));
        Ok(biases.len() as i64)
    }
}
