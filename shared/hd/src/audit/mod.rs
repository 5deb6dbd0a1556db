//! The audit of a data set: images that may have a wrong label.
//!
//! What it finds is ranked and shown, and never acted on: no image is left out, and no figure of a
//! head depends on it.

mod suspects;

pub use suspects::{Suspect, suspects, write_suspects};
