//! What a page may do, as its browser enforces it. A page cannot know the headers of its host, so it says it by itself.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hd::digest::sha256_bytes;

/// The policy of a folder: its own files, and nothing from or to anywhere else.
pub(crate) const FOLDER: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
    style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; \
    form-action 'none'; base-uri 'none'";

/// The policy of one file with this script and this style: they alone, and no connection at all. The worker is a part of
/// the file, too, and has to be made an address of first.
pub(crate) fn single(script: &str, style: &str) -> String {
    let [script, style] =
        [script, style].map(|text| BASE64_STANDARD.encode(sha256_bytes(text.as_bytes())));
    format!(
        "default-src 'none'; script-src 'sha256-{script}' 'wasm-unsafe-eval'; worker-src blob:; style-src 'sha256-{style}'; \
         img-src data: blob:; media-src blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )
}

/// `bytes` as an address that a page can have in itself.
pub(crate) fn data(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", BASE64_STANDARD.encode(bytes))
}
