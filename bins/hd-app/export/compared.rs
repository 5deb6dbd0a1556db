//! The scores of a page beside those of hd-label.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use hd::counted;
use hd_cli::Advice;

/// The scores of an image, by label.
pub(super) type Scores = BTreeMap<String, f64>;

/// What a page tells: the scores by image, None where one was refused, or why it labels nothing.
pub(super) type Told = Result<Vec<Option<Scores>>, String>;

/// What hd-label and a page say of the same images.
pub(super) struct Compared {
    pub(super) own: Vec<Option<Scores>>,
    pub(super) theirs: Told,
}

impl Compared {
    /// The largest difference over the images that both take, in words; `kind` is what they are.
    ///
    /// # Errors
    /// A page that labels nothing; no image that both take.
    pub(super) fn said(self, kind: &str) -> Result<String> {
        let theirs = self
            .theirs
            .map_err(|reason| anyhow!("the page labels no image: {reason}"))?;
        let pairs: Vec<_> = self.own.iter().zip(&theirs).collect();
        let undecoded = pairs
            .iter()
            .filter(|(own, theirs)| own.is_some() && theirs.is_none());
        let refused = pairs.iter().filter(|(own, _)| own.is_none());
        let mut left_out = String::new();
        for (count, reason) in [
            (undecoded.count(), "cannot be decoded by the browser"),
            (refused.count(), "cannot be decoded by hd-label"),
        ] {
            if count > 0 {
                left_out += &format!("; {count} of them {reason}");
            }
        }
        let images = counted(pairs.len(), kind);
        let both = pairs
            .iter()
            .filter_map(|(own, theirs)| Some(difference(own.as_ref()?, theirs.as_ref()?)));
        match both.reduce(f64::max) {
            Some(worst) => Ok(format!(
                "{images} in Chromium: the scores differ from hd-label's by {worst:.6} at most{left_out}"
            )),
            None => Err(Advice::new(
                format!("{images} in Chromium, and none to compare the page by{left_out}"),
                "name a folder that has JPEG or PNG",
            )
            .into()),
        }
    }
}

/// The largest difference between the scores of an image.
fn difference(own: &Scores, theirs: &Scores) -> f64 {
    let pairs = own
        .iter()
        .map(|(label, score)| (score - theirs.get(label).copied().unwrap_or_default()).abs());
    pairs.fold(0.0, f64::max)
}
