//! What is kept of an image beside its bottlenecks.

use serde::{Deserialize, Serialize};

use crate::photo::{FileFormat, ImageHash, Look, Notes};

/// What is kept of an image beside its bottlenecks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Columns of the image in its file, upright.
    pub width: u32,
    /// Rows of it.
    pub height: u32,
    /// The format of the file.
    pub format: FileFormat,
    /// How the input of the network looks.
    pub look: Look,
    /// Why somebody should look at it.
    pub notes: Notes,
}

impl Facts {
    /// How many pixels it has.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// How many times the longer side is as long as the shorter one: 1 for a square.
    pub fn aspect(&self) -> f64 {
        let (longer, shorter) = (self.width.max(self.height), self.width.min(self.height));
        f64::from(longer) / f64::from(shorter.max(1))
    }

    /// The bytes that stand for it in a journal: width, height and sharpness (4 bytes each), format,
    /// notes, brightness and contrast (a byte each), hash (8 bytes), colourfulness, and zeros.
    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let look = self.look;
        let mut bytes = [0; Self::BYTES];
        let (numbers, _) = bytes.as_chunks_mut();
        let parts = [
            self.width.to_le_bytes(),
            self.height.to_le_bytes(),
            look.sharpness.to_le_bytes(),
            [
                self.format.code(),
                self.notes.bits(),
                look.brightness,
                look.contrast,
            ],
            (look.hash.bits() as u32).to_le_bytes(),
            ((look.hash.bits() >> 32) as u32).to_le_bytes(),
            [look.colourfulness, 0, 0, 0],
        ];
        numbers
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = from);
        bytes
    }

    /// The length of [`Self::to_bytes`].
    pub(super) const BYTES: usize = 32;

    /// What [`Self::to_bytes`] has made bytes of.
    pub(super) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let part = |number: usize| bytes.as_chunks().0.get(number).copied().unwrap_or_default();
        let number = |number: usize| u32::from_le_bytes(part(number));
        let [format, notes, brightness, contrast] = part(3);
        let [colourfulness, ..] = part(6);
        let hash = u64::from(number(4)) | u64::from(number(5)) << 32;
        Self {
            width: number(0),
            height: number(1),
            format: FileFormat::from_code(format),
            look: Look {
                brightness,
                contrast,
                colourfulness,
                sharpness: number(2),
                hash: ImageHash::from_bits(hash),
            },
            notes: Notes::from_bits(notes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::Note;

    #[test]
    fn are_read_as_they_were_written() {
        let facts = Facts {
            width: 4032,
            height: 3024,
            format: FileFormat::Heic,
            look: Look {
                brightness: 1,
                contrast: 2,
                colourfulness: 3,
                sharpness: 400_000,
                hash: ImageHash::from_bits(0x0123_4567_89ab_cdee),
            },
            notes: [Note::Damaged].into_iter().collect(),
        };
        assert_eq!(Facts::from_bytes(&facts.to_bytes()), facts);
        assert_eq!(Facts::from_bytes(&[0; Facts::BYTES]), Facts::default());
        assert_eq!(facts.aspect(), 4.0 / 3.0);
    }
}
