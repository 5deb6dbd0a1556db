//! Digests, and how messages name what they stand for.

pub use hd_digest::{Digest, sha256_bytes, sha256_of_file};

/// How a base is named in messages: its architecture, and enough of its digest to tell two apart.
pub(crate) fn base_name(architecture: &str, base: &Digest) -> String {
    format!("{architecture} ({})", base.short())
}
