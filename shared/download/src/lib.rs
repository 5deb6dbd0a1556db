//! From an address to verified files.
//!
//! [`download`] brings one file over http or https and goes on where an earlier attempt broke off; [`unpack`] and
//! [`extract_member`] take archives apart without trusting them. A file gets its name only when it is whole and its
//! SHA-256 has proved right.
//!
//! The crate stands alone: it knows nothing of networks or images, and nothing else in this project speaks HTTP or
//! opens an archive. It neither prints nor exits. Whatever fails returns an [`Error`] that names the file or the address.

mod archive;
mod error;
mod get;
mod progress;
mod transfer;
mod unfinished;

pub use archive::{Limits, Summary, extract_member, unpack};
pub use error::Error;
pub use get::{Receipt, download};
pub use progress::Progress;
pub use unfinished::claim;
