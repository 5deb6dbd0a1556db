//! An image as a decoder gives it.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

use crate::note::Notes;
use crate::opaque::over_white;
use crate::rgb::Rgb;

/// An image as it is seen, in the size that was decoded.
pub(crate) struct Painted {
    pub(crate) rgb: Rgb,
    pub(crate) notes: Notes,
}

impl From<Rgb> for Painted {
    fn from(rgb: Rgb) -> Self {
        let notes = Notes::default();
        Self { rgb, notes }
    }
}

impl Painted {
    /// The same, turned as its file says.
    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        let Rgb {
            width,
            height,
            pixels,
        } = self.rgb;
        let image = RgbImage::from_raw(width, height, pixels);
        let mut image = DynamicImage::from(image.unwrap_or_default());
        image.apply_orientation(orientation);
        Self {
            rgb: over_white(image),
            notes: self.notes,
        }
    }
}
