//! The description of a head for people, as `hd-train --describe` prints it.

use std::fmt;

use super::model::Head;
use super::score::Score;
use super::sgd::Sgd;
use crate::split::SplitBy;

/// One fact a line, name and value separated by a tab.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "base\t{}\t{}", self.architecture, self.base)?;
        writeln!(f, "preprocessing\t{}", self.preprocess)?;
        writeln!(f, "labels\t{}", self.labels.join("\t"))?;
        if self.unit_length {
            writeln!(f, "bottlenecks\tbrought to length one")?;
        }
        writeln!(f, "weights\t{} x {}", self.labels.len(), self.features())?;
        let line = |[training, validation, testing]: [u64; 3]| {
            format!("{training} training\t{validation} validation\t{testing} testing")
        };
        writeln!(f, "images\t{}", line(self.totals()))?;
        for (label, counts) in self.labels.iter().zip(&self.counts) {
            writeln!(f, "images of {label}\t{}", line(*counts))?;
        }
        writeln!(f, "digest of the images\t{}", self.images)?;
        if let Some(init) = &self.init {
            writeln!(f, "begun from the head of the images\t{init}")?;
        }
        writeln!(f, "validation percentage\t{}", self.split.validation)?;
        writeln!(f, "testing percentage\t{}", self.split.testing)?;
        match &self.split.by {
            SplitBy::Content => writeln!(f, "split by\tcontent")?,
            SplitBy::Folder => writeln!(f, "split by\tfolder")?,
            SplitBy::Path { prefix } => writeln!(f, "split by\tpath\t{prefix}")?,
        }
        match self.split.twins {
            Some(distance) => writeln!(f, "near-duplicates together\twithin {distance:.6}")?,
            None => writeln!(f, "near-duplicates together\tno")?,
        }
        writeln!(f, "seed\t{}", self.split.seed)?;
        if let Some(accuracy) = self.validation_accuracy {
            writeln!(f, "validation accuracy\t{accuracy:.4}")?;
        }
        if let Some(sgd) = &self.sgd {
            let Sgd {
                steps,
                learning_rate,
                train_batch_size,
                ..
            } = sgd;
            return writeln!(
                f,
                "sgd\t{steps} steps\trate {learning_rate}\tbatches of {train_batch_size}"
            );
        }
        writeln!(f, "l2\t{}", self.l2)?;
        writeln!(f, "temperature\t{}", self.temperature)?;
        for (label, weight) in self.labels.iter().zip(&self.class_weights) {
            writeln!(f, "class weight\t{label}\t{weight}")?;
        }
        for (label, share) in self.labels.iter().zip(&self.prior) {
            writeln!(f, "prior\t{label}\t{share}")?;
        }
        for score in &self.scores {
            let Score {
                temperature,
                cross_entropy,
                accuracy,
                ..
            } = score;
            let l2 = score.strength();
            writeln!(
                f,
                "cross-validation at l2 {l2}\ttemperature {temperature:.4}\tcross-entropy {cross_entropy:.4}\taccuracy {accuracy:.4}"
            )?;
        }
        Ok(())
    }
}
