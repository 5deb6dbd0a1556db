//! Bounds that the figures have to keep, from --min-accuracy, --min and --max.

use anyhow::bail;
use hd::eval::{Bound, Metrics};
use hd_cli::misuse;

use crate::arguments::Arguments;

/// The names that are shown instead of one that is unknown.
const SHOWN: usize = 3;

/// All bounds, in the order in which they are told.
pub(crate) fn of(arguments: &Arguments) -> Vec<Bound> {
    let accuracy = arguments
        .min_accuracy
        .map(|limit| ("accuracy".to_owned(), limit));
    let min = accuracy
        .into_iter()
        .chain(arguments.min.iter().cloned())
        .map(|figure| (true, figure));
    let max = arguments.max.iter().cloned().map(|figure| (false, figure));
    let bound = |(at_least, (name, limit))| Bound {
        name,
        at_least,
        limit,
    };
    min.chain(max).map(bound).collect()
}

/// Refuses a bound on what is no figure of these metrics.
pub(crate) fn check_names(bounds: &[Bound], metrics: &Metrics) -> anyhow::Result<()> {
    if bounds.is_empty() {
        return Ok(());
    }
    let figures = metrics.named();
    let is_known = |bound: &Bound| {
        // An end of an interval that is undefined has no entry of its own.
        let interval = bound
            .name
            .strip_suffix(".0")
            .or(bound.name.strip_suffix(".1"));
        figures.iter().any(|(name, figure)| {
            *name == bound.name || (figure.is_none() && Some(name.as_str()) == interval)
        })
    };
    let unknown = bounds.iter().find(|bound| !is_known(bound));
    let Some(Bound { name, .. }) = unknown else {
        return Ok(());
    };
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let mut near: Vec<&str> = figures.iter().map(|(name, _)| name.as_str()).collect();
    near.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    near.truncate(SHOWN);
    misuse(format!(
        "there is no figure '{name}'; near to it are '{}'",
        near.join("', '")
    ))
}

/// Errors if some bounds are not kept, with all of these in one line.
pub(crate) fn check(bounds: &[Bound], metrics: &Metrics) -> anyhow::Result<()> {
    let missed: Vec<String> = metrics
        .missed(bounds)
        .iter()
        .map(ToString::to_string)
        .collect();
    match missed.is_empty() {
        true => Ok(()),
        false => bail!("{}", missed.join("; ")),
    }
}
