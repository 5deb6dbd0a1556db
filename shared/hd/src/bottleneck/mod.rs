//! Bottlenecks: the base's output for every image, computed once and kept.

mod blocks;
mod cache;
mod corrections;
mod describe;
mod export;
mod facts;
mod header;
mod journal;
mod lack;
mod layout;
mod left;
#[cfg(test)]
mod malformed;
mod noted;
mod place;
mod precision;
mod reader;
mod record;
mod reuse;
mod run;
mod samples;
mod tables;
mod update;

pub use cache::Bottlenecks;
pub use corrections::{Corrected, Corrections};
pub use facts::Facts;
pub use lack::{Lack, lack};
pub use layout::{Row, Skipped};
pub use noted::Noted;
pub use precision::Precision;
pub use samples::Samples;
pub use tables::{write_noted, write_skipped};
pub use update::{Options, Progress, Updated, update};
