//! Reading files, and preparing what is new among them for the base.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use super::cache::Bottlenecks;
use super::facts::Facts;
use super::layout::Skipped;
use super::precision::Precision;
use crate::dataset::{Dataset, Entry};
use crate::digest::Digest;
use crate::error::Result;
use crate::error::words;
use crate::onnx::Network;
use crate::photo::{DecodeError, Distortion, View};
use crate::stamp::Stamp;

/// One file as it was found. For each new view of it there is a `T`: an input of the base, and
/// later the base's output.
pub(super) struct Found<T> {
    pub(super) digest: Option<Digest>,
    pub(super) stamp: Option<Stamp>,
    pub(super) content: Content<T>,
}

/// The content of a file.
pub(super) enum Content<T> {
    /// A content whose fate is known by its digest.
    Known,
    /// An image of which these views were not known.
    New(Facts, Vec<(Digest, T)>),
    /// Nothing that can be used.
    Bad(Unusable),
}

/// Why a content is of no use.
#[derive(Clone, Debug)]
pub(super) struct Unusable {
    pub(super) reason: String,
    /// How many pixels it has, if there being too many is why; otherwise 0.
    pub(super) pixels: u64,
    /// Whether it may be of use as it is another time, when the system has another library or more
    /// memory. The next run has to look at it again.
    pub(super) passing: bool,
}

impl From<DecodeError> for Unusable {
    fn from(error: DecodeError) -> Self {
        let passing = matches!(
            error,
            DecodeError::Missing { .. } | DecodeError::Memory { .. }
        );
        let pixels = match error {
            DecodeError::TooLarge { width, height, .. } => u64::from(width) * u64::from(height),
            _ => 0,
        };
        Self {
            reason: error.to_string(),
            pixels,
            passing,
        }
    }
}

impl<T> Found<T> {
    /// Every new view replaced by what `run` makes of it.
    ///
    /// # Errors
    /// Those of `run`.
    pub(super) fn map<U>(self, mut run: impl FnMut(T) -> Result<U>) -> Result<Found<U>> {
        let content = match self.content {
            Content::Known => Content::Known,
            Content::Bad(unusable) => Content::Bad(unusable),
            Content::New(facts, views) => {
                let views = views.into_iter().map(|(key, view)| Ok((key, run(view)?)));
                Content::New(facts, views.collect::<Result<_>>()?)
            }
        };
        Ok(Found {
            digest: self.digest,
            stamp: self.stamp,
            content,
        })
    }

    /// The same without its views, when these are taken care of.
    pub(super) fn without_views(self) -> Found<()> {
        let content = match self.content {
            Content::Bad(unusable) => Content::Bad(unusable),
            Content::Known | Content::New(..) => Content::Known,
        };
        Found {
            digest: self.digest,
            stamp: self.stamp,
            content,
        }
    }
}

/// Contents that are known, by their digests.
pub(super) struct Contents {
    /// The images whose bottlenecks are kept somewhere, by the keys of these.
    pub(super) kept: HashMap<Digest, Facts>,
    /// Those that are of no use, by their digests.
    pub(super) bad: HashMap<Digest, Unusable>,
}

impl Contents {
    /// The contents that are in earlier files, as far as these hold with this limit on the size of an
    /// image.
    pub(super) fn of(earlier: &[&Bottlenecks], max_pixels: u64) -> Self {
        let rows = earlier.iter().flat_map(|file| {
            let facts = file.rows().iter().map(|row| row.facts);
            file.keys().zip(facts)
        });
        let skipped = earlier.iter().flat_map(|file| file.skipped());
        Self {
            kept: rows
                .filter(|(_, facts)| facts.pixels() <= max_pixels)
                .collect(),
            bad: skipped
                .filter(|skipped| holds(skipped, max_pixels))
                .filter_map(|skipped| Some((skipped.digest?, unusable(skipped))))
                .collect(),
        }
    }
}

/// Whether a file would be skipped with this limit too.
pub(super) fn holds(skipped: &Skipped, max_pixels: u64) -> bool {
    skipped.pixels == 0 || skipped.pixels > max_pixels
}

fn unusable(skipped: &Skipped) -> Unusable {
    Unusable {
        reason: skipped.reason.clone(),
        pixels: skipped.pixels,
        passing: false,
    }
}

/// Reads files, and prepares the views of contents that are new, each once.
pub(super) struct Reader<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) base: &'a Network,
    pub(super) distortion: Option<Distortion>,
    pub(super) precision: Precision,
    pub(super) max_pixels: u64,
    pub(super) contents: Contents,
    pub(super) claimed: Mutex<HashSet<Digest>>,
}

impl Reader<'_> {
    pub(super) fn read(&self, entry: &Entry) -> Found<Vec<u8>> {
        let stamp = entry.stamp.settled();
        let bytes = match self.dataset.read(&entry.path) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Found {
                    digest: None,
                    stamp: None,
                    content: Content::Bad(Unusable {
                        reason: words(&error),
                        pixels: 0,
                        passing: true,
                    }),
                };
            }
        };
        let digest = Digest::of(&bytes);
        let missing = self.missing(&digest);
        let content = match missing.is_empty() || !self.claim(digest) {
            true => Content::Known,
            false => self
                .prepare(&bytes, &digest, missing)
                .unwrap_or_else(|error| Content::Bad(error.into())),
        };
        Found {
            digest: Some(digest),
            stamp,
            content,
        }
    }

    /// The views of this content that are not known, none where it is known to be of no use.
    fn missing(&self, digest: &Digest) -> Vec<(Digest, View)> {
        if self.contents.bad.contains_key(digest) {
            return Vec::new();
        }
        let view = |variant| match self.distortion {
            Some(distortion) => (
                distortion.key(digest, variant),
                distortion.view(digest, variant),
            ),
            None => (*digest, View::PLAIN),
        };
        self.variants()
            .map(view)
            .filter(|(key, _)| !self.contents.kept.contains_key(key))
            .collect()
    }

    /// Whether the bottlenecks of all views of this content are kept.
    pub(super) fn has_all_views(&self, digest: &Digest) -> bool {
        !self.contents.bad.contains_key(digest) && self.missing(digest).is_empty()
    }

    /// Remembers that these bottlenecks are kept somewhere.
    pub(super) fn keep(&mut self, keys: impl Iterator<Item = (Digest, Facts)>) {
        let within = keys.filter(|(_, facts)| facts.pixels() <= self.max_pixels);
        self.contents.kept.extend(within);
    }

    /// Forgets bottlenecks that were kept, so that they are made again.
    pub(super) fn forget(&mut self, keys: &HashSet<Digest>) {
        self.contents.kept.retain(|key, _| !keys.contains(key));
        self.claimed = Mutex::default();
    }

    /// The numbers of the views that every image has.
    pub(super) fn variants(&self) -> impl Iterator<Item = u32> + use<> {
        0..=self.distortion.map_or(0, |distortion| distortion.variants)
    }

    /// True for the first to ask for this content.
    fn claim(&self, digest: Digest) -> bool {
        self.claimed
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(digest)
    }

    fn prepare(
        &self,
        bytes: &[u8],
        digest: &Digest,
        views: Vec<(Digest, View)>,
    ) -> Result<Content<Vec<u8>>, DecodeError> {
        let rule = &self.base.preprocess;
        let image = rule.decode(bytes, self.max_pixels)?;
        let inputs = views
            .into_iter()
            .map(|(key, view)| Ok((key, rule.pixels(&image.rgb, &view)?)));
        let inputs = inputs.collect::<Result<Vec<_>, DecodeError>>()?;
        // The image itself comes first, unless it is known already.
        let plain = inputs.first().filter(|(key, _)| key == digest);
        let known = self.contents.kept.get(digest).copied();
        let facts = Facts {
            width: image.width,
            height: image.height,
            format: image.format,
            look: plain.map_or(known.unwrap_or_default().look, |(_, input)| {
                rule.look(input)
            }),
            notes: image.notes,
        };
        Ok(Content::New(facts, inputs))
    }
}
