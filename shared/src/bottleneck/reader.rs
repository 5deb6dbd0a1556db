//! Reading files, and running the base on what is new among them.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::cache::Bottlenecks;
use super::journal::Journal;
use crate::base::{Base, MakeBase};
use crate::dataset::{Dataset, Entry, Stamp};
use crate::digest::Digest;
use crate::error::Result;
use crate::onnx::Network;
use crate::photo;

/// A file changed within this many seconds before it was read may change again without a trace in its time.
const SETTLED: i64 = 2;

/// What became of one file.
pub(super) struct Found {
    pub(super) digest: Option<Digest>,
    pub(super) stamp: Option<Stamp>,
    pub(super) content: Content,
}

/// What a file holds.
pub(super) enum Content {
    /// A content whose fate is known by its digest.
    Known,
    /// A picture that was not known before, and its bottleneck.
    New(Vec<f32>),
    /// Nothing that can be used, and why.
    Bad(String),
}

impl Found {
    /// The floats are in the journal; there may be more of them than fit into memory.
    pub(super) fn without_bottleneck(self) -> Self {
        match self.content {
            Content::New(_) => Self {
                content: Content::Known,
                ..self
            },
            _ => self,
        }
    }
}

/// What is known of contents, by their digests.
pub(super) struct Contents {
    /// Those whose bottleneck is kept somewhere.
    pub(super) kept: HashSet<Digest>,
    /// Those that are of no use, and why.
    pub(super) bad: HashMap<Digest, String>,
}

impl Contents {
    pub(super) fn of(old: Option<&Bottlenecks>, journal: Option<&Journal>) -> Self {
        let (rows, skipped) = old.map_or((&[][..], &[][..]), |old| (old.rows(), old.skipped()));
        Self {
            kept: rows
                .iter()
                .map(|row| row.digest)
                .chain(journal.into_iter().flat_map(Journal::digests))
                .collect(),
            bad: skipped
                .iter()
                .filter_map(|bad| Some((bad.digest?, bad.reason.clone())))
                .collect(),
        }
    }
}

/// Reads files, and runs the base on contents that are new, each once.
pub(super) struct Reader<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) base: &'a Network,
    pub(super) make_base: &'a MakeBase<'a>,
    pub(super) contents: Contents,
    pub(super) claimed: Mutex<HashSet<Digest>>,
}

impl Reader<'_> {
    pub(super) fn read(&self, worker: &mut Option<Box<dyn Base>>, entry: &Entry) -> Result<Found> {
        let stamp = settled(&entry.stamp);
        let bytes = match photo::read(&self.dataset.root.join(&entry.path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Ok(Found {
                    digest: None,
                    stamp: None,
                    content: Content::Bad(error.to_string()),
                });
            }
        };
        let digest = Digest::of(&bytes);
        let content = match self.is_known(&digest) || !self.claim(digest) {
            true => Content::Known,
            false => self.compute(worker, &bytes)?,
        };
        Ok(Found {
            digest: Some(digest),
            stamp,
            content,
        })
    }

    fn is_known(&self, digest: &Digest) -> bool {
        self.contents.kept.contains(digest) || self.contents.bad.contains_key(digest)
    }

    /// True for the first to ask for this content.
    fn claim(&self, digest: Digest) -> bool {
        self.claimed
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(digest)
    }

    fn compute(&self, worker: &mut Option<Box<dyn Base>>, bytes: &[u8]) -> Result<Content> {
        let pixels = match self.base.preprocess.apply(bytes) {
            Ok(pixels) => pixels,
            Err(error) => return Ok(Content::Bad(error.to_string())),
        };
        let base = match worker {
            Some(base) => base,
            None => worker.insert((self.make_base)()?),
        };
        Ok(Content::New(base.run(&pixels)?))
    }
}

/// The stamp, if a change from now on is sure to show in it.
fn settled(stamp: &Stamp) -> Option<Stamp> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    (stamp.seconds + SETTLED < now as i64).then_some(*stamp)
}
