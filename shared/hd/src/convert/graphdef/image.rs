//! The image, at a graph's beginning: its input, or what it decodes and resizes itself.

use super::convert::{Added, Converter, NodeOutput};
use super::layer::{Layer, Source};
use super::proto::NodeDef;
use crate::onnx::build::scale_and_shift;

impl<'a> Converter<'a> {
    /// The input, whose pixels are brought to what the network was trained with.
    pub(super) fn placeholder(&mut self, node: &'a NodeDef) -> Added {
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
        let mut image = self.image()?;
        self.set_size(&mut image, own)?;
        let [scale, shift] = scale_and_shift(self.plan.mean, self.plan.std);
        (image.scale, image.shift) = (scale.to_vec(), shift.to_vec());
        Ok(NodeOutput::Layer(image))
    }

    /// An image that the graph decodes. It says itself what it does to the pixels.
    pub(super) fn decoded(&mut self, node: &'a NodeDef) -> Added {
        // 0 is as many as the file has.
        let channels = node.attr.get("channels").and_then(|attr| attr.i);
        match channels.unwrap_or(0) {
            0 | 3 => self.image().map(NodeOutput::Layer),
            other => Err(format!("it decodes {other} channels, not three colours")),
        }
    }

    /// The pixels of the image, of whose size nothing is known.
    fn image(&self) -> Added<Layer> {
        let is_constant = |value: &NodeOutput| matches!(value, NodeOutput::Constant(_));
        match self.values.values().all(is_constant) {
            true => Ok(Layer::new(Source::Image, [3, 0, 0])),
            false => Err("the network takes more than one input".to_owned()),
        }
    }

    /// The image as a tensor of another type or rank, which is the same here.
    pub(super) fn same_image(&self, node: &'a NodeDef) -> Added {
        self.taken_image(node).map(NodeOutput::Layer)
    }

    /// The image at the size of the network, which hd brings it to.
    pub(super) fn resized(&mut self, node: &'a NodeDef) -> Added {
        let mut image = self.taken_image(node)?;
        let own = match self.constant(node, 1)?.integers() {
            Some(&[height, width]) if height == width && height > 0 => u32::try_from(height).ok(),
            other => {
                return Err(format!(
                    "its size is {other:?}, and only square images are supported"
                ));
            }
        };
        self.set_size(&mut image, own)?;
        Ok(NodeOutput::Layer(image))
    }

    fn taken_image(&self, node: &'a NodeDef) -> Added<Layer> {
        match self.taken(node, 0)? {
            NodeOutput::Layer(layer) if matches!(layer.source, Source::Image) => Ok(layer.clone()),
            _ => Err("it is known at the image only".to_owned()),
        }
    }

    /// Notes the size that the image has by itself, or else the one that is wanted.
    fn set_size(&mut self, image: &mut Layer, own: Option<u32>) -> Added<()> {
        let own = own.filter(|&own| own > 0);
        let size = match (own, self.size) {
            (Some(own), Some(wanted)) if own != wanted => {
                return Err(format!(
                    "it takes images of {own} x {own} pixels, not of {wanted} x {wanted}"
                ));
            }
            (own, wanted) => own.or(wanted),
        };
        self.size = size;
        let side = size.map_or(0, i64::from);
        image.output = [3, side, side];
        Ok(())
    }
}
