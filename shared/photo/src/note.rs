//! Notes on images that can be used, and that somebody should look at all the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something about an image that can be used, and that somebody should look at all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Its numbers have no range of their own that means black and white.
    OwnRange,
    /// It has more bands than are shown.
    FirstBands,
    /// The file ends before the image does.
    CutShort,
    /// All pixels are the same.
    Uniform,
    /// Nearly all of it is what decoders fill in for what is missing.
    Filled,
    /// Its codes end too early, or make no sense in places.
    Damaged,
}

impl Note {
    const ALL: [Self; 6] = [
        Self::OwnRange,
        Self::FirstBands,
        Self::CutShort,
        Self::Uniform,
        Self::Filled,
        Self::Damaged,
    ];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnRange => "its darkest number is shown black and its brightest white",
            Self::FirstBands => "only its first three bands are shown",
            Self::CutShort => "it ends too early, and the rest is grey",
            Self::Uniform => "all of its pixels are the same",
            Self::Damaged => "parts of it are damaged",
            Self::Filled => "nearly all of it is grey, as decoders paint what is damaged",
        })
    }
}

/// Some notes on one image, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes(u8);

impl Notes {
    /// The notes whose bits are these; bits of no note are dropped.
    pub fn from_bits(bits: u8) -> Self {
        Note::ALL
            .into_iter()
            .filter(|note| bits & note.bit() != 0)
            .collect()
    }

    /// A bit a note.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Those that were made.
    pub fn iter(self) -> impl Iterator<Item = Note> {
        Note::ALL
            .into_iter()
            .filter(move |note| self.0 & note.bit() != 0)
    }

    /// Whether any of them says that a part of the image is not what it was.
    pub fn is_damaged(self) -> bool {
        self.iter()
            .any(|note| matches!(note, Note::CutShort | Note::Filled | Note::Damaged))
    }

    /// Makes a note.
    pub fn add(&mut self, note: Note) {
        self.0 |= note.bit();
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notes: Vec<String> = self.iter().map(|note| note.to_string()).collect();
        f.write_str(&notes.join("; "))
    }
}

impl FromIterator<Note> for Notes {
    fn from_iter<T: IntoIterator<Item = Note>>(notes: T) -> Self {
        Self(notes.into_iter().fold(0, |bits, note| bits | note.bit()))
    }
}

impl Extend<Note> for Notes {
    fn extend<T: IntoIterator<Item = Note>>(&mut self, notes: T) {
        notes.into_iter().for_each(|note| self.add(note));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_kept_as_bits() {
        let notes: Notes = [Note::Uniform, Note::OwnRange].into_iter().collect();
        assert_eq!(
            notes.iter().collect::<Vec<_>>(),
            [Note::OwnRange, Note::Uniform]
        );
        assert_eq!(Notes::from_bits(notes.bits()), notes);
        assert_eq!(Notes::from_bits(0xff).iter().count(), 6);
    }
}
