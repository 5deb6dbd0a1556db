//! Arithmetic on constants, which is done here, and with constants, which a layer takes up.

use std::sync::Arc;

use super::constant::Constant;
use super::convert::{Added, Converter, NodeOutput};
use super::layer::{Layer, Plane};
use super::order::data;
use super::proto::NodeDef;

impl<'a> Converter<'a> {
    /// An operation on constants; with one input it is given that twice.
    pub(super) fn constants(
        &self,
        node: &'a NodeDef,
        operation: impl Fn(f32, f32) -> f32,
    ) -> Added {
        let a = self.constant(node, 0)?;
        let b = match node.input.len() {
            1 => a,
            _ => self.constant(node, 1)?,
        };
        let result = a.zip(b, operation);
        result
            .map(|constant| NodeOutput::Constant(Arc::new(constant)))
            .ok_or_else(|| format!("it cannot join the shapes {:?} and {:?}", a.shape, b.shape))
    }

    /// The layer that an input is, if it can take things up.
    fn layer(&self, node: &'a NodeDef, number: usize) -> Added<Layer> {
        match self.taken(node, number)? {
            NodeOutput::Layer(layer) => Ok(layer.clone()),
            NodeOutput::Plane(plane) => Ok(Layer::of_plane(plane)),
            _ => Err(format!("its input {number} is not a plane of pixels")),
        }
    }

    /// An operation on two constants, or one that a layer takes up, on whichever side.
    pub(super) fn arithmetic(
        &self,
        node: &'a NodeDef,
        take_up: impl Fn(&mut Layer, &Constant) -> Option<()>,
        operation: impl Fn(f32, f32) -> f32,
    ) -> Added {
        match (self.taken(node, 0)?, self.taken(node, 1)?) {
            (NodeOutput::Constant(_), NodeOutput::Constant(_)) => self.constants(node, operation),
            (_, NodeOutput::Constant(constant)) => {
                taken_up(self.layer(node, 0)?, constant, take_up)
            }
            (NodeOutput::Constant(constant), _) => {
                taken_up(self.layer(node, 1)?, constant, take_up)
            }
            _ => Err("it has two inputs that depend on the image".to_owned()),
        }
    }

    /// A difference of two constants, or of a layer and a constant.
    pub(super) fn difference(&self, node: &'a NodeDef) -> Added {
        match (self.taken(node, 0)?, self.taken(node, 1)?) {
            (NodeOutput::Constant(_), NodeOutput::Constant(_)) => {
                self.constants(node, |a, b| a - b)
            }
            (_, NodeOutput::Constant(constant)) => {
                let negative = constant
                    .map(|value| -value)
                    .ok_or("its constant is not floats")?;
                taken_up(self.layer(node, 0)?, &negative, Layer::add)
            }
            _ => Err("it does not take a constant off".to_owned()),
        }
    }

    /// A sum that a layer takes up, or of two planes, as at the end of a residual block.
    pub(super) fn sum(&mut self, node: &'a NodeDef) -> Added {
        let is_constant =
            |number| Ok::<_, String>(matches!(self.taken(node, number)?, NodeOutput::Constant(_)));
        if is_constant(0)? || is_constant(1)? {
            return self.arithmetic(node, Layer::add, |a, b| a + b);
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
    pub(super) fn fused_norm(&self, node: &'a NodeDef) -> Added {
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
        let [gamma, beta, mean, variance] = [1, 2, 3, 4].map(|number| self.constant(node, number));
        let statistics = (mean?, variance?, epsilon);
        self.norm(node, statistics, Some(gamma?), beta?)
    }

    /// The same in an older form, where `gamma` may be there for nothing.
    pub(super) fn global_norm(&self, node: &'a NodeDef) -> Added {
        let [mean, variance, beta, gamma] = [1, 2, 3, 4].map(|number| self.constant(node, number));
        let epsilon = node.attr.get("variance_epsilon").and_then(|attr| attr.f);
        let scales = (node.attr.get("scale_after_normalization")).and_then(|attr| attr.b);
        let statistics = (
            mean?,
            variance?,
            epsilon.ok_or("it has no variance_epsilon")?,
        );
        let gamma = gamma?;
        self.norm(
            node,
            statistics,
            scales.unwrap_or(false).then_some(gamma),
            beta?,
        )
    }

    fn norm(
        &self,
        node: &'a NodeDef,
        (mean, variance, epsilon): (&Constant, &Constant, f32),
        gamma: Option<&Constant>,
        beta: &Constant,
    ) -> Added {
        let mut layer = self.layer(node, 0)?;
        let done = (|| {
            layer.add(&mean.map(|m| -m)?)?;
            layer.multiply(&variance.map(|v| 1.0 / (v + epsilon).sqrt())?)?;
            if let Some(gamma) = gamma {
                layer.multiply(gamma)?;
            }
            layer.add(beta)
        })();
        match done {
            Some(()) => Ok(NodeOutput::Layer(layer)),
            None => Err("its statistics are not one number a channel".to_owned()),
        }
    }
}

/// `layer` with a constant taken up.
fn taken_up(
    mut layer: Layer,
    constant: &Constant,
    take_up: impl Fn(&mut Layer, &Constant) -> Option<()>,
) -> Added {
    match take_up(&mut layer, constant) {
        Some(()) => Ok(NodeOutput::Layer(layer)),
        None => Err(format!(
            "its constant of the shape {:?} is not one number a channel",
            constant.shape
        )),
    }
}
