//! The labels that a head is trained for, in the order of its outputs.

use super::model::Head;
use crate::bottleneck::Samples;
use crate::error::{Error, Result};

/// The labels in the order of the head's outputs: those of `init` as they stand there, then the
/// others.
pub(super) fn in_order(samples: &Samples, init: Option<&Head>) -> Result<Vec<String>> {
    check_labels(samples)?;
    let Some(head) = init else {
        return Ok(samples.labels().to_vec());
    };
    head.check_base(samples, "the head to start from")?;
    let gone = |label: &&String| !samples.labels().contains(label);
    if let Some(gone) = head.labels.iter().find(gone) {
        return Err(Error::Mismatch {
            path: samples.path().to_path_buf(),
            reason: format!("it has no image of '{gone}', a label of the head to start from"),
        });
    }
    let new = samples
        .labels()
        .iter()
        .filter(|label| !head.labels.contains(label));
    Ok(head.labels.iter().chain(new).cloned().collect())
}

fn check_labels(samples: &Samples) -> Result<()> {
    let path = || samples.path().to_path_buf();
    match samples.labels() {
        [] => Err(Error::NoImage { path: path() }),
        [only] => Err(Error::OneLabel {
            path: path(),
            label: only.clone(),
        }),
        _ => Ok(()),
    }
}

/// The first of so many labels that is not among `seen`.
pub(super) fn first_missing(labels: usize, seen: impl Iterator<Item = u32>) -> Option<usize> {
    let mut missing = vec![true; labels];
    for label in seen {
        if let Some(missing) = missing.get_mut(label as usize) {
            *missing = false;
        }
    }
    missing.iter().position(|&missing| missing)
}
