//! HEIC and AVIF, the images of phones and browsers, decoded by the system's libheif.
//!
//! Both are boxes of the ISO base media format around an image that is compressed as a frame of a
//! video. What the boxes say of turning and mirroring libheif does itself. An EXIF block says it
//! once more, and is not looked at.

use image::{DynamicImage, RgbImage, RgbaImage};

use crate::claim::Claim;
use crate::decoded::Decoded;
use crate::error::DecodeError;
use crate::file_format::FileFormat;
use crate::libheif::{Codec, Libheif, Pixels, Primary, Refused};
use crate::opaque::over_white;
use crate::want::Want;

/// What is looked for among the boxes is not there, in libheif's numbers: the box of single images.
const NO_META_BOX: i32 = 104;

/// A size is over the library's limit, in libheif's numbers.
const OVER_LIMIT: i32 = 1000;

/// A feature or a kind of file that the library does not know, in libheif's numbers.
const UNSUPPORTED: [i32; 2] = [3, 4];

/// The kinds of image that libheif decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heif {
    /// What phones write.
    Heic,
    /// What browsers show.
    Avif,
}

impl Heif {
    /// The kind that a file is whose boxes begin with these brands.
    pub(crate) fn of(brands: &[u8]) -> Option<Self> {
        let named = |wanted: &[&[u8; 4]]| {
            let mut brands = brands.chunks_exact(4);
            brands.any(|brand| wanted.iter().any(|w| brand == *w))
        };
        if named(&[b"avif", b"avis"]) {
            Some(Self::Avif)
        } else if named(&[
            b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1",
            b"mif2", b"msf1",
        ]) {
            Some(Self::Heic)
        } else {
            None
        }
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        FileFormat::from(self).name()
    }

    fn codec(self) -> Codec {
        match self {
            Self::Heic => Codec::Hevc,
            Self::Avif => Codec::Av1,
        }
    }

    /// What decodes it where libheif has its decoders in files of their own, and Debian's package.
    fn plugin(self) -> (&'static str, &'static str) {
        match self {
            Self::Heic => ("libheif's decoder libde265", "libheif-plugin-libde265"),
            Self::Avif => ("libheif's decoder dav1d", "libheif-plugin-dav1d"),
        }
    }
}

impl From<Heif> for FileFormat {
    fn from(kind: Heif) -> Self {
        match kind {
            Heif::Heic => Self::Heic,
            Heif::Avif => Self::Avif,
        }
    }
}

/// Bytes that decoding takes at its most for each pixel: the decoder's frame, its colours, and these
/// laid over white.
const BYTES_A_PIXEL: u64 = 12;

/// Decodes the primary image in `bytes`, upright.
///
/// # Errors
/// A system without libheif, or without its decoder for this kind; more pixels or memory than are
/// wanted; what libheif refuses.
pub(crate) fn decode(kind: Heif, bytes: &[u8], want: &Want) -> Result<Decoded, DecodeError> {
    let missing = |(library, package)| DecodeError::Missing {
        format: kind.name(),
        library,
        package,
    };
    let library = Libheif::get().ok_or_else(|| missing(("libheif", "libheif1")))?;
    let image = library
        .open(bytes)
        .map_err(|refused| reason(kind, refused))?;
    Claim::of(BYTES_A_PIXEL, image.size()).paint(want, || {
        match pixels_of(&image, want.max_pixels) {
            Ok(Some(image)) => Ok(over_white(image).into()),
            Ok(None) => Err(corrupt(kind, "it has no pixels".to_owned())),
            Err(_) if !library.decodes(kind.codec()) => Err(missing(kind.plugin())),
            Err(refused) => Err(reason(kind, refused)),
        }
    })
}

/// The decoded image; none where it has no pixels.
fn pixels_of(image: &Primary, max_pixels: u64) -> Result<Option<DynamicImage>, Refused> {
    // The library limits parts of an image by the length of a square's side.
    let side = max_pixels.isqrt().saturating_add(1);
    let side = i32::try_from(side).unwrap_or(i32::MAX);
    let alpha = image.has_alpha();
    let decoded = image.decode(alpha, side)?;
    let (width, height) = (decoded.width, decoded.height);
    if width == 0 || height == 0 {
        return Ok(None);
    }
    Ok(match (alpha, image.is_premultiplied()) {
        (false, _) => RgbImage::from_raw(width, height, decoded.bytes).map(Into::into),
        (true, false) => RgbaImage::from_raw(width, height, decoded.bytes).map(Into::into),
        (true, true) => RgbImage::from_raw(width, height, on_white(&decoded)).map(Into::into),
    })
}

/// Colours that were multiplied by alpha, as seen on white.
fn on_white(pixels: &Pixels) -> Vec<u8> {
    let (whole, _) = pixels.bytes.as_chunks();
    let on_white = |&[r, g, b, alpha]: &[u8; 4]| [r, g, b].map(|c| c.saturating_add(255 - alpha));
    whole.iter().flat_map(on_white).collect()
}

/// What the library refuses, in this crate's words.
fn reason(kind: Heif, refused: Refused) -> DecodeError {
    let variety = |reason: String| DecodeError::Variety {
        format: kind.name(),
        reason,
    };
    match (refused.code, refused.subcode) {
        (_, NO_META_BOX) => variety("it holds no single image".to_owned()),
        (_, OVER_LIMIT) => variety(refused.reason),
        (code, _) if UNSUPPORTED.contains(&code) => variety(refused.reason),
        _ => corrupt(kind, refused.reason),
    }
}

fn corrupt(kind: Heif, reason: String) -> DecodeError {
    DecodeError::Corrupt {
        format: kind.name(),
        reason,
    }
}
