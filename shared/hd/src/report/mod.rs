//! `report.html`: an evaluation and the audit of its data as one page that needs nothing beside it.
//!
//! What is shown of the images is chosen first (`gallery.rs`), within a number of
//! images; then these are read and made small. Each is in the page once, however often it is shown.
//! Every list has an end, so that the page stays within [`MOST_BYTES`] whatever the data, and says
//! what was left out.

mod confused;
mod doubles;
mod findings;
mod foot;
mod gallery;
mod heat;
mod mistaken;
mod odd;
mod page;
mod share;
mod tested;
mod verdict;
mod warning;
mod weakness;
mod wrong_label;

use std::path::Path;

use crate::bottleneck::{Corrections, Samples};
use crate::error::Result;
use crate::eval::Evaluation;
use crate::head::Head;

pub use self::findings::Findings;
pub use self::heat::Painter;

/// Images that are shown unless somebody says otherwise.
pub const IMAGES: usize = 400;

/// A page is never larger.
pub const MOST_BYTES: usize = 8_000_000;

/// All that a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The head.
    pub head: &'a Head,
    /// The images that it was evaluated on, and the others that are known.
    pub samples: &'a Samples,
    /// What it says of them.
    pub evaluation: &'a Evaluation,
    /// What the audit has found.
    pub findings: &'a Findings,
    /// The corrections that are in use, so that those that are chosen in the page come to them.
    pub corrections: Option<&'a Corrections>,
    /// The folder, the tar or the list that the paths of the samples belong to.
    pub images: Option<&'a Path>,
    /// How many images may be shown.
    pub most_images: usize,
    /// What paints where the evidence for an answer lies, if it is there.
    pub painter: Option<&'a Painter>,
}

impl<'a> Report<'a> {
    /// The page. Where it would be too large, there are fewer images in it.
    ///
    /// # Errors
    /// Those of the network that heat maps are made by.
    pub fn render(&self) -> Result<String> {
        let mut most_images = self.most_images;
        loop {
            let page = page::render(&Self {
                most_images,
                ..*self
            })?;
            if page.len() <= MOST_BYTES || most_images == 0 {
                return Ok(page);
            }
            most_images /= 2;
        }
    }

    /// The name of a label by its number in the head.
    fn label(&self, number: u32) -> &'a str {
        self.head
            .labels
            .get(number as usize)
            .map_or("", String::as_str)
    }

    /// The name of the label of a sample.
    fn label_of(&self, row: usize) -> &'a str {
        let number = self.samples.label(row).unwrap_or_default() as usize;
        self.samples.labels().get(number).map_or("", String::as_str)
    }
}
