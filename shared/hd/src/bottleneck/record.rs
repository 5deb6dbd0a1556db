//! How a journal of bottlenecks is laid out.
//!
//! Behind the frame that [`crate::file`] describes there are records of one length: the key of a
//! bottleneck (32 bytes), what is known of its image (32 bytes, as `facts.rs` has them), the
//! bottleneck (D float32), and the first eight bytes of the BLAKE3 of all that, little-endian
//! throughout. What follows the last whole record is the trace of a kill, and counts for nothing.

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::digest::Digest;
use crate::frame::Format;

pub(super) const FORMAT: Format = Format {
    magic: *b"HDJOURNL",
    version: 4,
    what: "a journal of bottlenecks",
    maker: "hd-bottleneck",
};

pub(super) const DIGEST: usize = 32;
/// The bytes before the floats of a record.
pub(super) const LEAD: usize = DIGEST + Facts::BYTES;

/// The base and the preprocessing that the bottlenecks in a journal were computed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) base: Digest,
    pub(super) preprocess: Digest,
    pub(super) size: u32,
}
