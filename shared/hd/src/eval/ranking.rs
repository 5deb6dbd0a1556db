//! How well a label's score alone tells its images from the others: areas below two curves.

use std::ops::Range;

use hd_rows::{floats, slices};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::judged::Judged;
use crate::bottleneck::Samples;
use crate::head::Head;

/// Scores that are held at a time: all labels of some thousand images, or some labels of more.
const SCORES: usize = 1 << 22;

/// Images that one thread works on at a time.
const PART: usize = 64;

/// The areas below the curves of one label against all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Areas {
    /// The area below the ROC curve: how probably an image of the label has a higher score for it
    /// than an image of another, where a tie counts half. Absent where all images have the label, or
    /// none.
    pub roc_auc: Option<f64>,
    /// The precision at each image of the label, in the order of the scores, mean over these
    /// images; those of one score come together. Absent where no image has the label.
    pub average_precision: Option<f64>,
}

impl Areas {
    /// Those of the images' scores for a label, each with whether the image has it.
    pub(super) fn of(mut images: Vec<(f64, bool)>) -> Self {
        images.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        let [mut with, mut without] = [0u64; 2];
        let (mut below, mut precision) = (0.0, 0.0);
        for ties in images.chunk_by(|(a, _), (b, _)| a == b) {
            let more = ties.iter().filter(|(_, has)| *has).count() as u64;
            let others = ties.len() as u64 - more;
            // The others of this score have so many images of the label above them.
            below += others as f64 * (with as f64 + more as f64 / 2.0);
            (with, without) = (with + more, without + others);
            precision += more as f64 * with as f64 / (with + without) as f64;
        }
        let pairs = with as f64 * without as f64;
        Self {
            roc_auc: (pairs > 0.0).then(|| below / pairs),
            average_precision: (with > 0).then(|| precision / with as f64),
        }
    }
}

/// The areas of each of the head's labels.
///
/// The scores are computed once more, some labels at a time, since those of many images for many
/// labels would not fit into memory.
pub(super) fn areas(head: &Head, samples: &Samples, judged: &[Judged]) -> Vec<Areas> {
    let labels = head.labels.len();
    let at_once = (SCORES / judged.len().max(1)).clamp(1, labels.max(1));
    let blocks = (0..labels).step_by(at_once);
    let blocks = blocks.map(|from| from..labels.min(from + at_once));
    blocks
        .flat_map(|block| {
            let scores: Vec<f64> =
                in_parts(judged, |part| logits(head, samples, part, block.clone()));
            of_block(&scores, judged, block)
        })
        .collect()
}

/// The images' scores for one label, each with whether the image has it, from the highest down.
pub(super) fn ranked(
    head: &Head,
    samples: &Samples,
    judged: &[Judged],
    label: usize,
) -> Vec<(f64, bool)> {
    let column = in_parts(judged, |part| logits(head, samples, part, label..label + 1));
    let images = column.iter().zip(judged);
    let images = images.map(|(&logit, image)| {
        let score = image.softmax.of_logit(logit);
        (score, image.label as usize == label)
    });
    let mut ranked: Vec<(f64, bool)> = images.collect();
    ranked.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked
}

/// The areas of some labels, from their logits: [images, labels].
fn of_block(logits: &[f64], judged: &[Judged], block: Range<usize>) -> Vec<Areas> {
    let width = block.len().max(1);
    let of_label = |label: usize| {
        let column = logits.iter().skip(label - block.start).step_by(width);
        let images = column.zip(judged).map(|(&logit, image)| {
            let score = image.softmax.of_logit(logit);
            (score, image.label as usize == label)
        });
        Areas::of(images.collect())
    };
    block.clone().into_par_iter().map(of_label).collect()
}

fn in_parts<T: Send>(judged: &[Judged], of: impl Fn(&[Judged]) -> Vec<T> + Sync + Send) -> Vec<T> {
    judged.par_chunks(PART).flat_map_iter(of).collect()
}

fn logits(head: &Head, samples: &Samples, images: &[Judged], labels: Range<usize>) -> Vec<f64> {
    let bottlenecks = floats(images.iter().map(|image| samples.row(image.row)));
    let bottlenecks = slices(&bottlenecks);
    let mut logits = vec![0.0; images.len() * labels.len()];
    head.logits(&bottlenecks, labels, &mut logits);
    logits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_by_hand() {
        // Above: one of the label. Then a tie of one and one. Last one of another.
        let areas = Areas::of(vec![(0.9, true), (0.1, false), (0.5, true), (0.5, false)]);
        assert_eq!(areas.roc_auc, Some(3.5 / 4.0));
        assert_eq!(areas.average_precision, Some((1.0 + 2.0 / 3.0) / 2.0));
    }

    #[test]
    fn a_label_of_all_images_or_of_none_has_no_curve() {
        assert_eq!(Areas::of(vec![(0.5, true)]).roc_auc, None);
        assert_eq!(Areas::of(vec![(0.5, true)]).average_precision, Some(1.0));
        assert_eq!(Areas::of(vec![(0.5, false)]), Areas::default());
        assert_eq!(Areas::of(Vec::new()), Areas::default());
    }
}
