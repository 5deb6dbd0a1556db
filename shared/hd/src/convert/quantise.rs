//! A base brought to integers, calibrated on images of the user's.

use std::path::Path;

use super::calibrate::calibrate;
use crate::base::Runtime;
use crate::dataset::{Dataset, Entry};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::onnx::{Network, Quantiser};
use crate::photo::{self, MAX_PIXELS};
use crate::split::{Split, SplitRule};

/// The end of the name of a base in integers, as retrain.py has it.
pub const QUANTIZED: &str = "_quantized";

/// Images to calibrate on. From here on the ranges hardly change.
const IMAGES: usize = 200;

/// `base` in integers, by the name `architecture`, calibrated on images in the folder `images`.
///
/// Which images follows from their paths, so that the same folder gives the same base. They are taken from those that
/// are for training where hd-train divides them as it does by default.
///
/// # Errors
/// A base that cannot be quantised; no image to calibrate on; trouble in ONNX Runtime.
pub fn quantise(
    runtime: &Runtime,
    base: &Network,
    architecture: &str,
    images: &Path,
) -> Result<Vec<u8>> {
    // Images that hd-train tests on by default are not looked at, lest a head be tested on what its base was fitted to.
    let rule = SplitRule::default();
    let quantiser = Quantiser::new(base)?;
    let dataset = Dataset::scan(images)?;
    let for_training =
        |entry: &&Entry| !matches!(entry.split, Some(Split::Validation | Split::Testing));
    let entries = dataset.entries.iter().filter(for_training);
    let mut paths: Vec<&Path> = entries.map(|entry| entry.path.as_path()).collect();
    paths.sort_by_cached_key(|path| Digest::of(path.as_os_str().as_encoded_bytes()));
    let mut seen = Vec::new();
    let pixels = |path: &&Path| {
        let bytes = photo::read(&dataset.root.join(path)).ok()?;
        let digest = Digest::of(&bytes);
        if rule.by_content(&digest) != Split::Training {
            return None;
        }
        let pixels = base.preprocess.apply(&bytes, MAX_PIXELS).ok()?;
        seen.push(digest);
        Some(Ok(pixels))
    };
    let inputs = paths.iter().filter_map(pixels).take(IMAGES);
    let observed = calibrate(runtime, base, &quantiser, inputs)?;
    if seen.is_empty() {
        return Err(Error::Dataset {
            path: images.to_path_buf(),
            reason: "no image to calibrate on".to_owned(),
        });
    }
    let digests = Digest::of_parts(seen.iter().map(|digest| digest.as_bytes().as_slice()));
    let calibration = format!("calibrated on {} images ({})", seen.len(), digests.short());
    quantiser.finish(base, architecture, &observed, &calibration)
}
