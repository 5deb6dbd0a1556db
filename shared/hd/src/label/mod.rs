//! Labelling images with a retrained graph.

mod answer;
mod heatmap;
mod labeller;
mod outcome;
mod plain;
mod sort;
mod table;

pub use crate::dataset::read_labels;
pub use answer::{Answer, CANT_TELL, CONFIDENT, Record, Verdict, Words, question};
pub use heatmap::Heatmap;
pub use labeller::Labeller;
pub use outcome::Outcome;
pub use plain::plain;
pub use sort::Sorter;
pub use table::{Table, TableFormat};
