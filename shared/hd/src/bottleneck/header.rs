//! The header of the new file of bottlenecks, put together from the files as they were found.

use super::layout::{Header, Row, Skipped};
use super::reader::{Content, Found, Reader, Unusable};
use super::reuse::Seen;
use crate::dataset::{Entry, Stamp};
use crate::digest::Digest;

/// The header of the new file, from each file as it was found.
pub(super) fn of(reader: &Reader, seen: &Seen) -> Header {
    let (dataset, base) = (reader.dataset, reader.base);
    let unreadable = dataset.unreadable.iter().map(|(path, reason)| Skipped {
        path: path.clone(),
        digest: None,
        stamp: None,
        reason: reason.clone(),
        pixels: 0,
    });
    let (mut rows, mut skipped) = (Vec::new(), unreadable.collect::<Vec<_>>());
    for entry in &dataset.entries {
        let Some(found) = seen.get(entry.path.as_path()) else {
            continue;
        };
        match (unusable(reader, found), found.digest) {
            (Some(unusable), digest) => skipped.push(Skipped {
                path: entry.path.clone(),
                // Without its digest it is not known the next time.
                digest: digest.filter(|_| !unusable.passing),
                stamp: found.stamp,
                reason: unusable.reason.clone(),
                pixels: unusable.pixels,
            }),
            (None, Some(digest)) => rows.extend(views(reader, entry, digest, found.stamp)),
            (None, None) => {}
        }
    }
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    Header {
        architecture: base.architecture.clone(),
        base: base.digest,
        preprocess: base.preprocess.clone(),
        fingerprint: base.preprocess.fingerprint(),
        size: base.bottleneck_size as u32,
        labels: dataset.labels.clone(),
        origin: dataset.origin.clone(),
        distortion: reader.distortion,
        rows,
        skipped,
    }
}

/// Why a file is of no use, if it is not.
fn unusable<'a>(reader: &'a Reader, found: &'a Found<()>) -> Option<&'a Unusable> {
    match (&found.content, found.digest) {
        (Content::Bad(unusable), _) => Some(unusable),
        (_, Some(digest)) => reader.contents.bad.get(&digest),
        _ => None,
    }
}

/// The rows of an image: one for itself and one for each of its views.
fn views(
    reader: &Reader,
    entry: &Entry,
    digest: Digest,
    stamp: Option<Stamp>,
) -> impl Iterator<Item = Row> {
    let facts = reader.contents.kept.get(&digest).copied();
    let facts = facts.unwrap_or_default();
    reader.variants().map(move |variant| Row {
        path: entry.path.clone(),
        label: entry.label,
        digest,
        stamp,
        pixels: facts.pixels,
        notes: facts.notes,
        split: entry.split,
        variant,
    })
}
