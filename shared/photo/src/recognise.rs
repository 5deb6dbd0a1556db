//! The format of an image, recognised by how the file begins.

use image::ImageFormat;

use crate::error::DecodeError;
use crate::file_format::FileFormat;
use crate::heif::Heif;

/// How far into a file its root element may stand, behind declarations and comments.
const XML_HEAD: usize = 1024;

/// The kind of image that `bytes` begins like, if it is one that the image library can decode.
pub(crate) fn recognise(bytes: &[u8]) -> Result<ImageFormat, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if let Some(kind) = undecodable(bytes) {
        return Err(DecodeError::Unsupported(kind));
    }
    if let [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] = bytes {
        // The decoder is one of our own; 43 is a TIFF with room for more than 4 GiB.
        return Ok(ImageFormat::Tiff);
    }
    if let [0, 0, 2, 0, count, 0, ..] = bytes
        && *count > 0
    {
        // A pointer is an icon that points somewhere.
        return Ok(ImageFormat::Ico);
    }
    let format = image::guess_format(bytes).map_err(|_| DecodeError::NotAnImage)?;
    // These have readers here.
    let is_own = matches!(
        format,
        ImageFormat::Bmp | ImageFormat::Gif | ImageFormat::Ico
    );
    match is_own || format.reading_enabled() {
        true => Ok(format),
        false => Err(DecodeError::Unsupported(name(format))),
    }
}

/// Whether `bytes` begins like an image, be it one that can be decoded or not.
pub fn is_image(bytes: &[u8]) -> bool {
    let other = matches!(
        recognise(bytes),
        Err(DecodeError::Empty | DecodeError::NotAnImage)
    );
    !other || heif_kind(bytes).is_some()
}

/// Kinds that the image library does not know, or does not tell apart.
fn undecodable(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [
            _,
            _,
            _,
            _,
            b'f',
            b't',
            b'y',
            b'p',
            b'c',
            b'r',
            b'x',
            b' ',
            ..,
        ] => Some("Canon raw"),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0xff, 0x4f, 0xff, 0x51, ..] | [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => {
            Some("JPEG 2000")
        }
        [b'8', b'B', b'P', b'S', ..] => Some("Photoshop"),
        [b'%', b'P', b'D', b'F', ..] => Some("PDF"),
        [b'%', b'!', b'P', b'S', ..] => Some("PostScript"),
        _ if is_svg(bytes) => Some("SVG"),
        _ => None,
    }
}

/// The kind of image that libheif decodes, if `bytes` begins like one.
pub(crate) fn heif_kind(bytes: &[u8]) -> Option<Heif> {
    Heif::of(brands(bytes)?)
}

/// The brands of a file in the ISO base media format. The first may be one that several kinds share,
/// and then the ones that follow it say which it is. Behind the first there are four bytes of
/// version, which are no brand that is looked for.
fn brands(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let brands = rest.strip_prefix(b"ftyp")?;
    let length = u32::from_be_bytes(*length) as usize;
    Some(brands.get(..length.saturating_sub(8)).unwrap_or(brands))
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = bytes.get(..XML_HEAD).unwrap_or(bytes);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.trim_ascii_start().starts_with(b"<") && head.windows(4).any(|at| at == b"<svg")
}

/// The name of a format in messages.
pub(crate) fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Hdr => "Radiance HDR",
        ImageFormat::OpenExr => "OpenEXR",
        ImageFormat::Dds => "DDS",
        ImageFormat::Farbfeld => "farbfeld",
        _ => match FileFormat::from(format) {
            FileFormat::Other => "such",
            known => known.name(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsupported(bytes: &[u8]) -> &'static str {
        match recognise(bytes) {
            Err(DecodeError::Unsupported(kind)) => kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_what_it_cannot_decode() {
        let cases: [(&[u8], &str); 7] = [
            (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "Canon raw"),
            (b"\xff\x0a\xfa\x1f", "JPEG XL"),
            (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
            (b"8BPS\0\x01", "Photoshop"),
            (b"%PDF-1.7", "PDF"),
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"\">", "SVG"),
            (b"DDS \0\0\0\0", "DDS"),
        ];
        for (bytes, kind) in cases {
            assert_eq!(unsupported(bytes), kind);
        }
    }

    #[test]
    fn heic_and_avif_are_told_apart_by_any_of_their_brands() {
        let cases: [(&[u8], Heif); 5] = [
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Heif::Heic),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", Heif::Heic),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", Heif::Avif),
            (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", Heif::Avif),
            (b"\0\0\0\x18ftypavis\0\0\0\0msf1miaf", Heif::Avif),
        ];
        for (bytes, kind) in cases {
            assert_eq!(heif_kind(bytes), Some(kind));
            assert!(is_image(bytes));
        }
    }

    #[test]
    fn brands_beyond_the_box_do_not_count() {
        let video = b"\0\0\0\x10ftypisom\0\0\0\0heic";
        assert_eq!(recognise(video), Err(DecodeError::NotAnImage));
        assert_eq!(heif_kind(video), None);
        assert!(!is_image(video));
    }

    #[test]
    fn text_is_no_image() {
        for text in [b"just some text".as_slice(), b"<html><p>no", b"\xff\xd9"] {
            assert_eq!(recognise(text), Err(DecodeError::NotAnImage));
        }
    }
}
