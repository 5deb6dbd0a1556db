//! Heat maps of some images: where the evidence for an answer lies.

use std::sync::Arc;

use rayon::prelude::*;

use super::gallery::{Gallery, data_uri};
use crate::base::Runtime;
use crate::error::Result;
use crate::label::Labeller;
use crate::onnx::Network;
use crate::photo::MAX_PIXELS;

/// The longer side of a heat map, in pixels.
const SIDE: u32 = 320;

/// The quality of a heat map as JPEG, of 100.
const QUALITY: u8 = 80;

/// What paints heat maps: a retrained graph, and what runs it.
#[derive(Debug)]
pub struct Painter {
    runtime: Runtime,
    network: Arc<Network>,
}

impl Painter {
    /// One with this graph.
    pub fn new(runtime: Runtime, network: Arc<Network>) -> Self {
        Self { runtime, network }
    }

    /// The heat maps of the images in these rows, as addresses that hold them; none of what cannot be
    /// read.
    pub(super) fn paint(&self, rows: &[usize], gallery: &Gallery) -> Result<Vec<Option<String>>> {
        let load = || Labeller::load(&self.runtime, &self.network, MAX_PIXELS);
        let each = rows.len().div_ceil(rayon::current_num_threads()).max(1);
        let parts = rows.par_chunks(each).map(|rows| {
            let mut labeller = load()?;
            let painted = rows
                .iter()
                .map(|row| paint(&mut labeller, gallery.bytes(*row)));
            painted.collect::<Result<Vec<_>>>()
        });
        let parts: Vec<Vec<Option<String>>> = parts.collect::<Result<_>>()?;
        Ok(parts.into_iter().flatten().collect())
    }
}

fn paint(labeller: &mut Labeller, bytes: Option<Vec<u8>>) -> Result<Option<String>> {
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let painted = labeller.heatmap(&bytes)?.ok();
    let small = painted.and_then(|(heatmap, _)| heatmap.image.fitted(SIDE).ok());
    Ok(small.and_then(|image| data_uri(&image, QUALITY).ok()))
}
