//! A base brought to integers, calibrated on images of the user's.

use std::path::Path;

use super::calibrate::calibrate;
use super::nearest::nearest;
use super::simplify::simplified;
use crate::base::Runtime;
use crate::dataset::{Dataset, Entry};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::onnx::{Coverage, Network, Quantiser, rename};
use crate::photo::MAX_PIXELS;
use crate::split::{Split, SplitRule};

/// The end of the name of a base in integers, as retrain.py has it.
pub const QUANTIZED: &str = "_quantized";

/// Images to calibrate on. From here on the ranges hardly change.
const IMAGES: usize = 200;
/// So many of them show which ranges give bottlenecks that are nearest to those in floats.
const COMPARED: usize = 32;

/// A base that was to be brought to integers.
#[derive(Debug)]
pub struct Quantised {
    /// The file.
    pub base: Vec<u8>,
    /// Why it is still in floats, if it is.
    pub left: Option<String>,
}

/// `base` in integers, by the name `architecture`, calibrated on images in the folder `images`.
///
/// Which images follows from their paths, so that the same folder gives the same base. They are taken from those that
/// are for training where hd-train divides them as it does by default. A base that integers do not suit is left in
/// floats, with the reason.
///
/// # Errors
/// No image to calibrate on; trouble in ONNX Runtime.
pub fn quantise(
    runtime: &Runtime,
    base: &Network,
    architecture: &str,
    images: &Path,
) -> Result<Quantised> {
    let simple = simplified(runtime, base)?;
    let quantiser = match Quantiser::new(&simple)? {
        Ok(quantiser) => quantiser,
        Err(reason) => {
            return Ok(Quantised {
                base: rename(base, architecture)?,
                left: Some(reason),
            });
        }
    };
    let rule = SplitRule::default();
    let dataset = Dataset::scan(images)?;
    let paths = for_training(&dataset);
    let (mut seen, mut compared) = (Vec::new(), Vec::new());
    let pixels = |path: &&Path| {
        let bytes = dataset.read(path).ok()?;
        let digest = Digest::of(&bytes);
        // Images that hd-train tests on by default are not looked at, lest a head be tested on what its base was fitted
        // to.
        if rule.by_content(&digest) != Split::Training {
            return None;
        }
        let pixels = base.preprocess.apply(&bytes, MAX_PIXELS).ok()?;
        seen.push(digest);
        if compared.len() < COMPARED {
            compared.push(pixels.clone());
        }
        Some(Ok(pixels))
    };
    let inputs = paths.iter().filter_map(pixels).take(IMAGES);
    let observed = calibrate(runtime, &simple, &quantiser, inputs)?;
    if seen.is_empty() {
        return Err(Error::Dataset {
            path: images.to_path_buf(),
            reason: "no image to calibrate on".to_owned(),
        });
    }
    let digests = Digest::of_parts(seen.iter().map(|digest| digest.as_bytes().as_slice()));
    let calibration = format!("calibrated on {} images ({})", seen.len(), digests.short());
    // One at a time, since each has all weights.
    let candidates = Coverage::ALL
        .into_iter()
        .map(|coverage| quantiser.finish(base, architecture, (&observed, coverage), &calibration));
    Ok(Quantised {
        base: nearest(runtime, base, candidates, &compared)?,
        left: None,
    })
}

/// The images that were not put aside for another purpose, in an order that follows from their paths.
fn for_training(dataset: &Dataset) -> Vec<&Path> {
    let is_so = |entry: &&Entry| !matches!(entry.split, Some(Split::Validation | Split::Testing));
    let entries = dataset.entries.iter().filter(is_so);
    let mut paths: Vec<&Path> = entries.map(|entry| entry.path.as_path()).collect();
    paths.sort_by_cached_key(|path| Digest::of(path.as_os_str().as_encoded_bytes()));
    paths
}
