//! Binary files damaged on purpose, for the tests of those who read them.

use std::path::Path;

use crate::digest::Digest;
use crate::error::Error;

/// The places of the frame that [`crate::file`] describes.
const LENGTH: usize = 16;
pub(crate) const DIGEST: usize = 24;
pub(crate) const HEADER: usize = 56;

/// The length of the header.
pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes[LENGTH..DIGEST].try_into().unwrap())
}

/// These bytes with another length of the header.
pub(crate) fn with_length(bytes: &[u8], length: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[LENGTH..DIGEST].copy_from_slice(&length.to_le_bytes());
    bytes
}

/// Gives a header that was changed the digest that belongs to it, so that a reader gets past that.
pub(crate) fn seal(bytes: &mut [u8]) {
    let end = HEADER + length(bytes) as usize;
    let digest = Digest::of(&bytes[HEADER..end]);
    bytes[DIGEST..HEADER].copy_from_slice(digest.as_bytes());
}

/// Writes `new` over the only place in the header where `old` stands.
pub(crate) fn patch(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let places = bytes.windows(old.len()).enumerate();
    let mut places = places.filter(|(place, window)| *place >= HEADER && *window == old);
    let (place, _) = places.next().expect("something to replace");
    assert!(places.next().is_none(), "it stands in several places");
    bytes[place..place + new.len()].copy_from_slice(new);
    seal(bytes);
}

/// Sees that `error` names the file first, and then the reason.
pub(crate) fn tells(error: &Error, path: &Path, reason: &str) {
    let message = error.to_string();
    let named = message.starts_with(&format!("{}: ", path.display()));
    assert!(named && message.contains(reason), "{message}, not {reason}");
}
