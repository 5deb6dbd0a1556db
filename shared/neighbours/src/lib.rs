//! Nearest neighbours among rows of numbers, by cosine and exactly.
//!
//! The distance between two rows is 1 - cos of the angle between them, which is half the squared
//! distance between the rows brought to length one. A row of zeros has no direction: it stays as it
//! is, at 0 from others like it and at 1/2 from every other row.
//!
//! Rows are worked on where they lie, mapped from a file. Every result is the same on any number of
//! threads.

mod nearest;
mod rows;

pub use nearest::{Neighbour, nearest};
pub use rows::Rows;
