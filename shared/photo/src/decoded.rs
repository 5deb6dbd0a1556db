//! A decoded image, and what its pixels say of it.

use crate::file_format::FileFormat;
use crate::note::{Note, Notes};
use crate::rgb::Rgb;

/// What decoders of JPEG paint where nothing is known.
const FILLING: [u8; 3] = [128; 3];

/// One pixel in so many is enough to see how many are filled in.
const SPARSE: usize = 13;

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The image, perhaps at a reduced size.
    pub rgb: Rgb,
    /// Columns of the image in the file, upright.
    pub width: u32,
    /// Rows of it.
    pub height: u32,
    /// The format of the file.
    pub format: FileFormat,
    /// Why somebody should look at it.
    pub notes: Notes,
}

impl Decoded {
    /// How many pixels the file has.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The image of a file of this format, with notes on what its pixels say.
    pub(crate) fn looked_at(mut self, format: FileFormat) -> Self {
        self.format = format;
        let pixels = self.rgb.pixels.as_chunks::<3>().0;
        let first = pixels.first();
        if pixels.len() > 1 && pixels.iter().all(|pixel| Some(pixel) == first) {
            self.notes.add(Note::Uniform);
        } else {
            let some = pixels.iter().step_by(SPARSE);
            let filled = some.filter(|pixel| **pixel == FILLING).count();
            if filled * SPARSE * 10 > pixels.len() * 9 {
                self.notes.add(Note::Filled);
            }
        }
        self
    }
}
