//! The audit of a data set: which images may have a wrong label, where a head is weak, what gives a
//! label away, and which images stand apart.
//!
//! What it finds is shown, and never acted on: no image is left out, and no figure of a head depends
//! on it. Where several questions are asked of the same images, something is said only beyond chance:
//! the p-values are Holm's, so that the chance of a single false statement among all of them is 5 %.

mod chance;
mod outliers;
mod shortcut;
mod suspects;
mod traits;
mod weak;

pub use outliers::{Outlier, outliers};
pub use shortcut::{Fact, Shortcut, shortcuts};
pub use suspects::{Suspect, suspects, write_suspects};
pub use traits::Trait;
pub use weak::{WeakSpot, weak_spots};
