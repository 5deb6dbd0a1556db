//! Reuse: the rows of an earlier file of bottlenecks that can be taken over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::cache::Bottlenecks;
use super::precision::Precision;
use super::reader::{Content, Found, holds};
use crate::dataset::{Dataset, Entry};
use crate::digest::base_name;
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::photo::Distortion;

/// Each file as it was found, by its path.
pub(super) type Seen<'a> = HashMap<&'a Path, Found<()>>;

/// The file at `out` if its rows can be taken over, or else why not.
pub(super) fn reusable(
    out: &Path,
    base: &Network,
    precision: Precision,
) -> Result<(Option<Bottlenecks>, Option<String>)> {
    if !out.exists() {
        return Ok((None, None));
    }
    match Bottlenecks::open(out) {
        Ok(old) if old.is_of(base) && precision.takes(old.precision()) => Ok((Some(old), None)),
        Ok(old) if old.is_of(base) => {
            let (was, out) = (old.precision(), out.display());
            Ok((None, Some(format!("{out}: kept as {was}, now {precision}"))))
        }
        Ok(old) => {
            let was = base_name(old.architecture(), &old.base());
            Ok((
                None,
                Some(format!(
                    "{}: made with the base {was}, now {}",
                    out.display(),
                    base.name()
                )),
            ))
        }
        Err(error @ (Error::Version { .. } | Error::Damaged { .. })) => {
            Ok((None, Some(error.to_string())))
        }
        Err(Error::Foreign {
            path,
            expected,
            found,
        }) => {
            let detail = format!(", and is not {expected} (it {found})");
            Err(Error::Occupied { path, detail })
        }
        Err(error) => Err(error),
    }
}

/// Those of the files at `paths` whose rows can be taken over, and what is wrong with the others.
pub(super) fn reusable_of(
    paths: &[PathBuf],
    base: &Network,
    precision: Precision,
) -> Result<(Vec<Bottlenecks>, Vec<String>)> {
    let (mut files, mut unusable) = (Vec::new(), Vec::new());
    for path in paths {
        let (file, why) = reusable(path, base, precision)?;
        files.extend(file);
        unusable.extend(why);
    }
    Ok((files, unusable))
}

/// Whether every image in the old file has all the views that are wanted.
pub(super) fn covers(old: &Bottlenecks, wanted: Option<Distortion>) -> bool {
    match (wanted, old.distortion()) {
        (None, _) => true,
        (Some(wanted), Some(there)) => {
            let variants = wanted.variants;
            variants <= there.variants && wanted == Distortion { variants, ..*there }
        }
        (Some(_), None) => false,
    }
}

/// Divides the files into those that are known by path and stamp, and those that have to be
/// read.
pub(super) fn recognise<'a>(
    dataset: &'a Dataset,
    earlier: &[&Bottlenecks],
    max_pixels: u64,
) -> (Seen<'a>, Vec<&'a Entry>) {
    // Of two files that know a path the first one counts.
    let earlier = || earlier.iter().rev();
    let rows = earlier()
        .flat_map(|file| file.rows())
        .filter(|row| row.variant == 0 && row.facts.pixels() <= max_pixels)
        .filter_map(|row| Some((row.path.as_path(), (row.digest, row.stamp?))));
    let skipped = earlier()
        .flat_map(|file| file.skipped())
        .filter(|bad| holds(bad, max_pixels))
        .filter_map(|bad| Some((bad.path.as_path(), (bad.digest?, bad.stamp?))));
    let known: HashMap<_, _> = rows.chain(skipped).collect();
    let (mut seen, mut unread) = (HashMap::new(), Vec::new());
    for entry in &dataset.entries {
        match known.get(entry.path.as_path()) {
            Some(&(digest, stamp)) if stamp == entry.stamp => {
                let found = Found {
                    digest: Some(digest),
                    stamp: Some(stamp),
                    content: Content::Known,
                };
                seen.insert(entry.path.as_path(), found);
            }
            _ => unread.push(entry),
        }
    }
    (seen, unread)
}
