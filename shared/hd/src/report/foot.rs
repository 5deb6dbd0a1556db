//! What the figures were made from.

use super::Report;
use crate::split::SplitBy;

/// Names and values, as they stand at the foot.
pub(super) fn foot(report: &Report) -> Vec<(&'static str, String)> {
    let (head, samples) = (report.head, report.samples);
    let mut facts = Vec::new();
    for origin in samples.origins() {
        let kind = if origin.drawings { "drawings, " } else { "" };
        let mut source = format!("{kind}{}: {}", origin.name, origin.source);
        if let Some(sha256) = &origin.sha256 {
            source += &format!(", SHA-256 {sha256}");
        }
        facts.push(("Source of the images", source));
    }
    let [training, validation, testing] = head.totals();
    facts.push((
        "Images of the head",
        format!("{training} for training, {validation} for validation, {testing} for testing"),
    ));
    let rule = match &head.split.by {
        SplitBy::Content => "by their content".to_owned(),
        SplitBy::Path { prefix } => format!("by their paths below '{prefix}', as in retrain.py"),
        SplitBy::Folder => "as their folders or their list say, the rest by content".to_owned(),
    };
    facts.push((
        "Split",
        format!(
            "{rule}; {} % for validation, {} % for testing; seed {}",
            head.split.validation, head.split.testing, head.split.seed
        ),
    ));
    facts.push(("Base", format!("{}, {}", head.architecture, head.base)));
    facts.push(("Preprocessing", head.preprocess.to_string()));
    facts.push(("Digest of the images", head.images.to_string()));
    if let Some(init) = &head.init {
        facts.push(("Begun from the head of", init.to_string()));
    }
    facts.push((
        "Training",
        match &head.sgd {
            Some(sgd) => format!("gradient descent, {} steps", sgd.steps),
            None => format!("L-BFGS, l2 = {}", head.strength()),
        },
    ));
    facts.push(("Temperature", format!("{:.2}", head.temperature)));
    facts.push(("Made by", format!("hd {}", env!("CARGO_PKG_VERSION"))));
    facts
}
