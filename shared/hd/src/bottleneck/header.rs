//! The header of the new file of bottlenecks, put together from the files as they were found.

use std::path::Path;

use super::cache::Bottlenecks;
use super::layout::{Header, Row, Skipped};
use super::noted::Noted;
use super::reader::{Content, Found, Reader, Unusable};
use super::reuse::Seen;
use crate::dataset::bytes;
use crate::digest::Digest;
use crate::split::Split;
use crate::stamp::Stamp;

/// The header of the new file, and the images in it that could not be read this time: what the old
/// file has of them is kept.
pub(super) fn of(reader: &Reader, seen: &Seen, old: Option<&Bottlenecks>) -> (Header, Vec<Noted>) {
    let (dataset, base) = (reader.dataset, reader.base);
    let mut parts = Parts {
        reader,
        old,
        rows: Vec::new(),
        skipped: Vec::new(),
        unread: Vec::new(),
    };
    for one in &dataset.unreadable {
        let place = Place {
            path: &one.path,
            label: one.label,
            split: one.split,
        };
        let skipped = Skipped {
            path: one.path.clone(),
            digest: None,
            stamp: None,
            reason: one.reason.clone(),
            pixels: 0,
        };
        if !one.may_be_image || !parts.keep(&place, &one.reason) {
            parts.skipped.push(skipped);
        }
    }
    for entry in &dataset.entries {
        let Some(found) = seen.get(entry.path.as_path()) else {
            continue;
        };
        let place = Place {
            path: &entry.path,
            label: entry.label,
            split: entry.split,
        };
        parts.add(&place, found);
    }
    let Parts {
        mut rows,
        mut skipped,
        unread,
        ..
    } = parts;
    rows.sort_by(|a, b| bytes(&a.path).cmp(bytes(&b.path)));
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    let header = Header {
        architecture: base.architecture.clone(),
        base: base.digest,
        preprocess: base.preprocess.clone(),
        fingerprint: base.preprocess.fingerprint(),
        size: base.bottleneck_size as u32,
        precision: reader.precision,
        labels: dataset.labels.clone(),
        origin: dataset.origin.clone(),
        distortion: reader.distortion,
        rows,
        skipped,
    };
    (header, unread)
}

/// Where a file stands in the data set.
struct Place<'a> {
    path: &'a Path,
    label: u32,
    split: Option<Split>,
}

/// What the header is put together from.
struct Parts<'a> {
    reader: &'a Reader<'a>,
    old: Option<&'a Bottlenecks>,
    rows: Vec<Row>,
    skipped: Vec<Skipped>,
    unread: Vec<Noted>,
}

impl Parts<'_> {
    fn add(&mut self, place: &Place, found: &Found<()>) {
        match (unusable(self.reader, found), found.digest) {
            // A file that cannot be read is not gone.
            (Some(unusable), None) if self.keep(place, &unusable.reason) => {}
            (Some(unusable), digest) => self.skipped.push(Skipped {
                path: place.path.to_path_buf(),
                // Without its digest it is not known the next time.
                digest: digest.filter(|_| !unusable.passing),
                stamp: found.stamp,
                reason: unusable.reason.clone(),
                pixels: unusable.pixels,
            }),
            (None, Some(digest)) => self.add_views(place, place.path, digest, found.stamp),
            (None, None) => {}
        }
    }

    /// Takes over what the old file has of an image, or of the images in a folder, and says whether
    /// there was any.
    fn keep(&mut self, place: &Place, reason: &str) -> bool {
        let rows = self.old.map_or(&[][..], Bottlenecks::rows);
        let first = rows.partition_point(|row| bytes(&row.path) < bytes(place.path));
        let below = |row: &&Row| bytes(&row.path).starts_with(bytes(place.path));
        let below = rows.iter().skip(first).take_while(below);
        let kept = below.filter(|row| {
            let is_there = row.variant == 0 && row.path.starts_with(place.path);
            is_there && self.reader.has_all_views(&row.digest)
        });
        let kept: Vec<&Row> = kept.collect();
        for row in &kept {
            self.add_views(place, &row.path, row.digest, row.stamp);
            self.unread.push(Noted {
                path: row.path.clone(),
                why: format!("{reason}; what was computed of it before is kept"),
            });
        }
        !kept.is_empty()
    }

    /// Adds the rows of an image: one for itself and one for each of its views.
    fn add_views(&mut self, place: &Place, path: &Path, digest: Digest, stamp: Option<Stamp>) {
        let facts = self.reader.contents.kept.get(&digest).copied();
        let facts = facts.unwrap_or_default();
        self.rows.extend(self.reader.variants().map(|variant| Row {
            path: path.to_path_buf(),
            label: place.label,
            digest,
            stamp,
            facts,
            split: place.split,
            variant,
        }));
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
