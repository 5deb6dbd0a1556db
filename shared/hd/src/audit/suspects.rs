//! Images ranked by how little a fit that has not seen them believes in their labels.
//!
//! The measure is self-confidence, the out-of-fold probability of an image's own label (Northcutt,
//! Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", 2021). Where
//! people have made the mistakes it ranks them better than the margin to the best other label.

use std::path::Path;

use crate::bottleneck::Samples;
use crate::error::Result;
use crate::file;
use crate::head::{Head, out_of_fold};
use crate::label::CONFIDENT;
use crate::tsv;
use crate::twins::Twins;

/// An image, and what a fit that has not seen it says of its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// The number of its sample.
    pub row: usize,
    /// The number of its label among those of the head.
    pub label: u32,
    /// The number of the most probable label there, which may be its own.
    pub suggested: u32,
    /// The probability of its own label.
    pub self_confidence: f64,
    /// The probability of the suggested one.
    pub score: f64,
}

impl Suspect {
    /// Whether the fit is sure of another label.
    pub fn is_serious(&self) -> bool {
        self.suggested != self.label && self.score > CONFIDENT
    }
}

/// All images of labels that have more than one, the most suspicious first; of equals the first by
/// path. No image is judged by a fit that has seen a near-duplicate of it in `twins`.
///
/// # Errors
/// Samples of another base than the head's, or with labels that it does not know.
pub fn suspects(head: &Head, samples: &Samples, twins: &Twins) -> Result<Vec<Suspect>> {
    let examples = head.examples(samples)?;
    let predicted = out_of_fold(head, &twins.images(samples), &examples);
    let mut all = Vec::new();
    for (row, (predicted, example)) in predicted.into_iter().zip(&examples).enumerate() {
        all.extend(predicted.map(|predicted| Suspect {
            row,
            label: example.label,
            suggested: predicted.answer.0,
            self_confidence: predicted.self_confidence,
            score: predicted.answer.1,
        }));
    }
    all.sort_by(|a, b| a.self_confidence.total_cmp(&b.self_confidence));
    Ok(all)
}

/// Writes them as a table, below the names of its columns.
pub fn write_suspects(
    path: &Path,
    suspects: &[Suspect],
    head: &Head,
    samples: &Samples,
) -> Result<()> {
    let name = |label: u32| head.labels.get(label as usize).map_or("", String::as_str);
    file::replace(path, |out| {
        writeln!(out, "path\tlabel\tsuggested\tself_confidence")?;
        for suspect in suspects {
            let image = samples.image(suspect.row).unwrap_or(Path::new(""));
            out.write_all(&tsv::field(image))?;
            let (label, suggested) = (name(suspect.label), name(suspect.suggested));
            writeln!(
                out,
                "\t{label}\t{suggested}\t{:.6}",
                suspect.self_confidence
            )?;
        }
        Ok(())
    })
}
