//! The formats of files that can be decoded.

use std::fmt;

use image::ImageFormat;
use serde::{Deserialize, Serialize};

/// The format of an image's file, as its first bytes tell it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[allow(missing_docs, reason = "the names are those of the formats")]
pub enum FileFormat {
    /// One that has no name here.
    #[default]
    Other,
    Jpeg,
    Png,
    Gif,
    WebP,
    Bmp,
    Tiff,
    Pnm,
    Ico,
    Qoi,
    Heic,
    Avif,
}

impl FileFormat {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 12] = [
        Self::Other,
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::WebP,
        Self::Bmp,
        Self::Tiff,
        Self::Pnm,
        Self::Ico,
        Self::Qoi,
        Self::Heic,
        Self::Avif,
    ];

    /// The number that stands for it in files; it never changes.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The format of this number, [`Self::Other`] where there is none.
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .get(usize::from(code))
            .copied()
            .unwrap_or_default()
    }

    /// Its name, as it is usually written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Pnm => "PNM",
            Self::Ico => "ICO",
            Self::Qoi => "QOI",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
        }
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<ImageFormat> for FileFormat {
    fn from(format: ImageFormat) -> Self {
        match format {
            ImageFormat::Jpeg => Self::Jpeg,
            ImageFormat::Png => Self::Png,
            ImageFormat::Gif => Self::Gif,
            ImageFormat::WebP => Self::WebP,
            ImageFormat::Bmp => Self::Bmp,
            ImageFormat::Tiff => Self::Tiff,
            ImageFormat::Pnm => Self::Pnm,
            ImageFormat::Ico => Self::Ico,
            ImageFormat::Qoi => Self::Qoi,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_place_in_the_list() {
        for (code, format) in (0..).zip(FileFormat::ALL) {
            assert_eq!(format.code(), code);
            assert_eq!(FileFormat::from_code(code), format);
        }
        assert_eq!(FileFormat::from_code(255), FileFormat::Other);
    }
}
