//! Convolutions, and products with a matrix.

use std::sync::Arc;

use super::convert::{Added, Converter, NodeOutput};
use super::layer::{Layer, Source, window};
use super::order::data;
use super::proto::NodeDef;

impl<'a> Converter<'a> {
    pub(super) fn convolution(&mut self, node: &'a NodeDef, depthwise: bool) -> Added {
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
        let source = Source::Convolution {
            input: plane.name,
            shape: [out as i64, each as i64, sides[0], sides[1]],
            weights: Arc::new(turned),
            window,
        };
        let output = [out as i64, rows, columns];
        Ok(NodeOutput::Layer(Layer::new(source, output)))
    }

    /// The product of one vector an image with a matrix.
    pub(super) fn product(&mut self, node: &'a NodeDef) -> Added {
        let is_set = |name: &str| node.attr.get(name).and_then(|attr| attr.b) == Some(true);
        if is_set("transpose_a") || is_set("transpose_b") {
            return Err("it is of transposed matrices, which is not supported".to_owned());
        }
        let name = node.input.first().and_then(|input| data(input));
        let (input, values) = match self.activation(name.ok_or("it has no input")?)? {
            NodeOutput::Vector(name, values) => (name, values),
            _ => return Err("its input is not one vector an image".to_owned()),
        };
        let matrix = self.constant(node, 1)?;
        let (&[rows, columns], Some(weights)) = (matrix.shape.as_slice(), matrix.floats()) else {
            return Err("it is not with a matrix".to_owned());
        };
        if rows as i64 != values {
            return Err(format!(
                "its matrix has {rows} rows, and its input {values} values"
            ));
        }
        let column = |column: usize| weights.iter().skip(column).step_by(columns.max(1)).copied();
        let source = Source::Product {
            input,
            weights: Arc::new((0..columns).flat_map(column).collect()),
        };
        let output = [columns as i64, 1, 1];
        Ok(NodeOutput::Layer(Layer::new(source, output)))
    }
}
