//! The least memory that training and evaluating get along with, however many bottlenecks there are.
//!
//! Bottlenecks are in files that are mapped, and take what is left. All else grows with the number of
//! images, and with many labels it is what fits keep. The numbers here were measured, on a million images
//! and on a thousand labels, and are a little more than that.

use hd_softmax::memory_of_fit;

use super::optimum::ENOUGH;
use super::task::FOLDS;
use crate::bottleneck::Samples;

/// The program, its threads, and bottlenecks that are read at a time.
const PROGRAM: usize = 64 << 20;

/// What is known of an image beside its path: in the samples, as it is divided, and in looking for
/// near-duplicates or going through the figures.
const IMAGE: usize = 340;

/// A distorted view of an image that a head is fitted to.
const VIEW: usize = 64;

/// The least memory, in bytes, to train a head on these samples or to evaluate one.
pub fn least_memory(samples: &Samples) -> u64 {
    let images = samples.len();
    let views = (0..images).map(|image| samples.views(image) as usize);
    let views: usize = views.sum();
    let (labels, size) = (samples.labels().len(), samples.size());
    let trials = ENOUGH.div_ceil(images / FOLDS + 1).min(FOLDS);
    let fit = memory_of_fit(images + views, labels, size, trials + 1);
    (PROGRAM + images * IMAGE + samples.bytes_of_paths() + views * VIEW + fit) as u64
}
