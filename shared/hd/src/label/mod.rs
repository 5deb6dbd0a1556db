//! Labelling images with a retrained graph.

mod answer;
mod heatmap;
mod plain;
mod sort;
mod table;

use std::sync::Arc;

pub use answer::{Answer, CANT_TELL, CONFIDENT, Record};
pub use heatmap::Heatmap;
pub use plain::{plain, read_labels};
pub use sort::Sorter;
pub use table::{Format, Table};

use crate::base::{Base, OnnxBase, Runtime};
use crate::error::Result;
use crate::onnx::Network;
use crate::photo::DecodeError;

/// A retrained graph at work. It takes one image at a time; for more at a time there is one for each thread.
#[derive(Debug)]
pub struct Labeller {
    network: Arc<Network>,
    base: OnnxBase,
    max_pixels: u64,
}

/// What came of an image, or why it is none. That is no failure of the labeller, which can go on with the next.
pub type Outcome<T> = std::result::Result<T, DecodeError>;

impl Labeller {
    /// Loads a retrained graph, or a base to see its bottlenecks. Images of more than `max_pixels` will be refused.
    ///
    /// # Errors
    /// A graph that ONNX Runtime refuses.
    pub fn load(runtime: &Runtime, network: &Arc<Network>, max_pixels: u64) -> Result<Self> {
        Ok(Self {
            base: OnnxBase::load(runtime, network)?,
            network: Arc::clone(network),
            max_pixels,
        })
    }

    /// The graph's result for the image in `bytes`: a probability for each label.
    ///
    /// # Errors
    /// ONNX Runtime's.
    pub fn scores(&mut self, bytes: &[u8]) -> Result<Outcome<Vec<f32>>> {
        match self.network.preprocess.apply(bytes, self.max_pixels) {
            Ok(pixels) => self.base.run(&pixels).map(Ok),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Where in the image in `bytes` the evidence for its most probable label lies.
    ///
    /// # Errors
    /// ONNX Runtime's.
    pub fn heatmap(&mut self, bytes: &[u8]) -> Result<Outcome<Heatmap>> {
        let rule = &self.network.preprocess;
        match rule.decode(bytes, self.max_pixels) {
            Ok(image) => heatmap::of(rule, &mut self.base, &image.rgb),
            Err(reason) => Ok(Err(reason)),
        }
    }
}
