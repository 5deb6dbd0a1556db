//! What the header of an image claims, and whether that is granted.

use crate::decoded::Decoded;
use crate::error::DecodeError;
use crate::file_format::FileFormat;
use crate::memory::turn;
use crate::painted::Painted;
use crate::want::Want;

/// What the header of an image claims.
pub(crate) struct Claim {
    /// Columns and rows.
    pub(crate) size: (u32, u32),
    /// Memory that decoding takes at its most.
    pub(crate) bytes: u64,
}

impl Claim {
    /// That of an image of this size, of which each pixel takes so many bytes.
    pub(crate) fn of(bytes_a_pixel: u64, size: (u32, u32)) -> Self {
        let bytes = pixels(size).saturating_mul(bytes_a_pixel);
        Self { size, bytes }
    }

    /// What `paint` makes of the file, if what it claims is within the limits, when it is its turn.
    ///
    /// # Errors
    /// Too many pixels, too much memory, and those of `paint`.
    pub(crate) fn paint<E: From<DecodeError>>(
        self,
        want: &Want,
        paint: impl FnOnce() -> Result<Painted, E>,
    ) -> Result<Decoded, E> {
        let (width, height) = self.size;
        let pixels = pixels(self.size);
        if pixels > want.max_pixels {
            return Err(DecodeError::TooLarge { width, height }.into());
        }
        let _turn = turn(self.size, self.bytes)?;
        let Painted { rgb, notes } = paint()?;
        let lies = |(width, height)| width > height;
        let stands = |(width, height)| width < height;
        let seen = (rgb.width, rgb.height);
        let is_turned = lies(self.size) && stands(seen) || stands(self.size) && lies(seen);
        let (width, height) = match is_turned {
            true => (height, width),
            false => (width, height),
        };
        Ok(Decoded {
            rgb,
            width,
            height,
            format: FileFormat::Other,
            notes,
        })
    }
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}
