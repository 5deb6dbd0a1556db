//! What a file of bottlenecks lacks, without any of it being computed.

use std::collections::HashMap;
use std::path::Path;

use super::cache::Bottlenecks;
use super::layout::Row;
use super::reader::holds;
use super::reuse::{covers, reusable};
use super::update::Options;
use crate::dataset::{Dataset, Entry};
use crate::error::Result;
use crate::onnx::Network;
use crate::stamp::Stamp;

/// Why a file of bottlenecks is not what a run over `entries` of `dataset` would leave there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// It is not there.
    All,
    /// It is there, and this is wrong with it.
    Some(String),
}

/// What the file `out` lacks, if anything. Size and time of an image tell that it did not change, since
/// the number of a file may be another one on another machine. What cannot be read is not missed, since
/// a run could not read it either, and nothing else is read but the first image that is.
///
/// # Errors
/// Something else in the place of `out`; the operating system's.
pub fn lack(
    dataset: &Dataset,
    entries: &[&Entry],
    base: &Network,
    out: &Path,
    options: &Options,
) -> Result<Option<Lack>> {
    if !out.exists() {
        return Ok(Some(Lack::All));
    }
    let path = out.display();
    let some = |why: String| Ok(Some(Lack::Some(why)));
    match reusable(out, base, options.precision)? {
        (Some(old), _) if old.labels() != dataset.labels_of(entries) => {
            some(format!("{path}: made when there were other labels"))
        }
        (Some(old), _) if !covers(&old, options.distortion) => {
            some(format!("{path}: made without these distortions"))
        }
        (Some(old), _) if !agrees(&old, dataset, entries) => some(format!(
            "{path}: some of its images are gone, or have another label or split now"
        )),
        (Some(old), _) => {
            let known = known(&old, options.max_pixels);
            let is_known = |entry: &Entry| {
                let stamp = known.get(entry.path.as_path());
                stamp.is_some_and(|stamp| is_same(*stamp, &entry.stamp))
            };
            let is_new = |entry: &&Entry| !is_known(entry) && dataset.read(&entry.path).is_ok();
            match entries.iter().any(is_new) {
                true => some(format!("{path}: some of its images are new or changed")),
                false => Ok(None),
            }
        }
        (None, why) => Ok(Some(why.map_or(Lack::All, Lack::Some))),
    }
}

/// Whether every file that is in `old` is still there, an image under the same label and in the same
/// split. What cannot be looked at, or lies in a folder that cannot be entered, is not gone; what is
/// listed as of no use may well have been an image before.
fn agrees(old: &Bottlenecks, dataset: &Dataset, entries: &[&Entry]) -> bool {
    let entries = entries.iter().map(|entry| (entry.path.as_path(), *entry));
    let entries: HashMap<&Path, &Entry> = entries.collect();
    let unreadable = dataset.unreadable.iter();
    let unreadable = unreadable.map(|one| (one.path.as_path(), one.may_be_image));
    let unreadable: HashMap<&Path, bool> = unreadable.collect();
    let may_be_there = |path: &Path| {
        let mut above = path.ancestors();
        above.any(|folder| unreadable.get(folder) == Some(&true))
    };
    let is_same = |row: &Row| match entries.get(row.path.as_path()) {
        Some(entry) => {
            let label = dataset.labels.get(entry.label as usize);
            row.split == entry.split && old.labels().get(row.label as usize) == label
        }
        None => may_be_there(&row.path),
    };
    let is_listed = |path: &Path| entries.contains_key(path) || unreadable.contains_key(path);
    // The views of an image say no more than it does.
    let mut images = old.rows().iter().filter(|row| row.variant == 0);
    let mut skipped = old.skipped().iter().map(|bad| bad.path.as_path());
    images.all(is_same) && skipped.all(|path| is_listed(path) || may_be_there(path))
}

/// The files that are in a file of bottlenecks, skipped ones among them.
fn known(old: &Bottlenecks, max_pixels: u64) -> HashMap<&Path, Option<Stamp>> {
    let rows = old.rows().iter();
    let rows = rows.filter(|row| row.variant == 0 && row.facts.pixels() <= max_pixels);
    let skipped = old.skipped().iter().filter(|bad| holds(bad, max_pixels));
    rows.map(|row| (row.path.as_path(), row.stamp))
        .chain(skipped.map(|bad| (bad.path.as_path(), bad.stamp)))
        .collect()
}

fn is_same(then: Option<Stamp>, now: &Stamp) -> bool {
    then.is_none_or(|then| (then.size, then.modified) == (now.size, now.modified))
}
