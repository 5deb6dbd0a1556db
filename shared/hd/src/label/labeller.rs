//! The labeller: a retrained graph at work on images.

use std::sync::Arc;

use super::heatmap::{self, Heatmap};
use super::outcome::Outcome;
use crate::base::{Base, OnnxBase, Runtime};
use crate::error::Result;
use crate::onnx::Network;
use crate::photo::{Notes, View};

/// A retrained graph at work. It takes one image at a time; for more at a time there is one for
/// each thread.
#[derive(Debug)]
pub struct Labeller {
    network: Arc<Network>,
    base: OnnxBase,
    max_pixels: u64,
}

impl Labeller {
    /// Loads a retrained graph, or a base to see its bottlenecks. Images of more than `max_pixels`
    /// will be refused.
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

    /// The graph's result for the image in `bytes`: a probability for each label, and notes on the
    /// image.
    ///
    /// # Errors
    /// ONNX Runtime's.
    pub fn scores(&mut self, bytes: &[u8]) -> Result<Outcome<(Vec<f32>, Notes)>> {
        let rule = &self.network.preprocess;
        let prepared = rule.decode(bytes, self.max_pixels).and_then(|image| {
            let pixels = rule.pixels(&image.rgb, &View::PLAIN)?;
            Ok((pixels, image.notes))
        });
        match prepared {
            Ok((pixels, notes)) => self.base.run(&pixels).map(|scores| Ok((scores, notes))),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Where in the image in `bytes` the evidence for its most probable label lies, and notes on the
    /// image.
    ///
    /// # Errors
    /// ONNX Runtime's.
    pub fn heatmap(&mut self, bytes: &[u8]) -> Result<Outcome<(Heatmap, Notes)>> {
        let rule = &self.network.preprocess;
        match rule.decode(bytes, self.max_pixels) {
            Ok(image) => {
                let map = heatmap::of(rule, &mut self.base, &image.rgb)?;
                Ok(map.map(|map| (map, image.notes)))
            }
            Err(reason) => Ok(Err(reason)),
        }
    }
}
