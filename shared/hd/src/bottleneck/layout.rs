//! `bottlenecks.bin`: one row an image or view of one, sorted by path, and a matrix of floats
//! beside it.
//!
//! Behind the frame that [`crate::file`] describes, the header holds, in this order: the base's
//! architecture, its digest, the preprocessing as JSON, its fingerprint, the bottleneck size D, how
//! the numbers are kept (0: float32, 1: float16), the labels, where the images came from, how they were distorted, the rows, and the files that were
//! skipped. A row is a path relative to the folder of images, a label's index, the BLAKE3 digest of
//! the file, the file's size, number and times if they can be trusted to show a change, what is known of
//! the image, the split that it was given, if it was, and the number of the view, which is 0 for the
//! image itself. Known of an image are its width, its height, the format of its file, how the network's
//! input looks (brightness, contrast, colourfulness, sharpness, perceptual hash), and notes, a bit each.
//!
//! The payload is rows x D float32 or float16, little-endian, in the order of the rows, which is that
//! of paths and then views; it begins at a multiple of 64 bytes, so that it can be used where it is mapped.
//! Behind it there are the first eight bytes of the BLAKE3 of each block of rows: a block is as many
//! rows as 65,536 bytes hold, one at the least. Nothing may follow.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::precision::Precision;
use crate::digest::Digest;
use crate::frame::Format;
use crate::origin::Origin;
use crate::photo::{Distortion, Preprocess};
use crate::split::Split;
use crate::stamp::Stamp;

pub(super) const FORMAT: Format = Format {
    magic: *b"HDBOTTLE",
    version: 8,
    what: "a file of bottlenecks",
    maker: "hd-bottleneck",
};

/// The payload is written and mapped as it lies in memory.
const _: () = assert!(
    cfg!(target_endian = "little"),
    "bottlenecks.bin is little-endian"
);

/// An image or a view of one, without its bottleneck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its path relative to the folder of images.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The index of its label.
    pub label: u32,
    /// The digest of its content.
    pub digest: Digest,
    /// Its stamp when it was read; absent where a later change might leave that as it is.
    pub stamp: Option<Stamp>,
    /// What is known of it.
    pub facts: Facts,
    /// The split that its folder or its list gives it.
    pub split: Option<Split>,
    /// Which view of it this is: 0 is the image itself, the others are distorted.
    pub variant: u32,
}

/// A file that is no image, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path relative to the folder of images.
    #[serde(with = "path_bytes")]
    pub path: PathBuf,
    /// The digest of its content, if it could be read and that content can never be used.
    pub digest: Option<Digest>,
    /// Its stamp, as in a row.
    pub stamp: Option<Stamp>,
    /// Why it is not used.
    pub reason: String,
    /// How many pixels it has, if there being too many is why; otherwise 0.
    pub pixels: u64,
}

/// Everything but the floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) architecture: String,
    pub(super) base: Digest,
    #[serde(with = "as_json")]
    pub(super) preprocess: Preprocess,
    pub(super) fingerprint: Digest,
    pub(super) size: u32,
    pub(super) precision: Precision,
    pub(super) labels: Vec<String>,
    pub(super) origin: Option<Origin>,
    pub(super) distortion: Option<Distortion>,
    pub(super) rows: Vec<Row>,
    pub(super) skipped: Vec<Skipped>,
}

impl Header {
    /// Identifies the bottleneck of a row: by the content of the image, and by the view.
    pub(super) fn key(&self, row: &Row) -> Digest {
        match &self.distortion {
            Some(distortion) => distortion.key(&row.digest, row.variant),
            None => row.digest,
        }
    }

    /// Whether two headers say the same of the same images, but for the times of their files.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let timeless = |header: &Self| {
            let mut header = header.clone();
            header.rows.iter_mut().for_each(|row| row.stamp = None);
            header
                .skipped
                .iter_mut()
                .for_each(|skipped| skipped.stamp = None);
            header
        };
        timeless(self) == timeless(other)
    }
}

/// A rule as its JSON, which a later version can tell from damage.
mod as_json {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::photo::Preprocess;

    pub(super) fn serialize<S: Serializer>(
        rule: &Preprocess,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(rule).map_err(S::Error::custom)?;
        json.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Preprocess, D::Error> {
        let json = String::deserialize(deserializer)?;
        serde_json::from_str(&json).map_err(D::Error::custom)
    }
}

/// Paths as their bytes, since a name need not be UTF-8.
mod path_bytes {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().as_bytes().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        Ok(PathBuf::from(OsString::from_vec(bytes)))
    }
}
