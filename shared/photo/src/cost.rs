//! The cost of an image, estimated from its header before any work is done.

use std::io::Cursor;

use image::{ImageDecoder, ImageFormat, ImageReader};

use crate::bmp::Bitmap;
use crate::gif::Gif;
use crate::guard::guarded;
use crate::ico;
use crate::jpeg;
use crate::png::Png;
use crate::preprocess::Preprocess;
use crate::recognise::{heif_kind, recognise};
use crate::tiff;

impl Preprocess {
    /// The cost of [`Preprocess::decode`] in pixels of a PNG, each of which takes about ten
    /// nanoseconds. It is nothing where `bytes` are refused by their header, and [`u64::MAX`] where
    /// only decoding tells: the boxes of a HEIC or AVIF may say another size than its frames have.
    pub fn cost(&self, bytes: &[u8], max_pixels: u64) -> u64 {
        if heif_kind(bytes).is_some() {
            return u64::MAX;
        }
        let told = guarded(|| match recognise(bytes).ok()? {
            ImageFormat::Jpeg => {
                let structure = jpeg::Structure::of(bytes).ok()?;
                let eighths = structure.eighths(self.reduces());
                Some((structure.size(), eighths))
            }
            format => Some((size(format, bytes, max_pixels)?, 8)),
        });
        let Some(((width, height), eighths)) = told.flatten() else {
            return 0;
        };
        match u64::from(width) * u64::from(height) {
            pixels if pixels > max_pixels => 0,
            pixels => pixels.saturating_mul(eighths) / 8,
        }
    }
}

/// Columns and rows as the header tells them; none where decoding fails there too.
fn size(format: ImageFormat, bytes: &[u8], max_pixels: u64) -> Option<(u32, u32)> {
    match format {
        ImageFormat::Tiff => tiff::size(bytes).ok(),
        ImageFormat::Png => Some(Png::of(bytes, max_pixels).ok()?.size),
        ImageFormat::Gif => Some(Gif::of(bytes).ok()?.size),
        ImageFormat::Ico => Some(ico::largest(bytes).ok()?.size()),
        ImageFormat::Bmp => {
            let bitmap = Bitmap::of_file(bytes).ok()?;
            Some((bitmap.width, bitmap.height))
        }
        format => {
            let reader = ImageReader::with_format(Cursor::new(bytes), format);
            Some(reader.into_decoder().ok()?.dimensions())
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;
    use crate::preprocess::Filter;

    fn rule(filter: Filter) -> Preprocess {
        Preprocess {
            filter,
            ..Preprocess::of_size(224, 224)
        }
    }

    fn cost(bytes: &[u8]) -> u64 {
        rule(Filter::Antialiased).cost(bytes, 1 << 27)
    }

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let image = DynamicImage::from(RgbImage::new(400, 300));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_header_tells_the_cost_in_every_format() {
        use ImageFormat::{Png, Pnm, Qoi, WebP};
        for format in [Png, Pnm, Qoi, WebP] {
            assert_eq!(cost(&encoded(format)), 120_000, "{format:?}");
        }
        // What lies on a small canvas may be large.
        for canvas in [b"\x41\x2d\x41\x2d", b"\x01\0\x01\0"] {
            let colours = b"\x80\0\0\0\0\0\xff\xff\xff";
            let frame = b",\0\0\0\0\x41\x2d\x41\x2d\0\x02\x02\x4c\x01\0\x3b";
            let gif = [&b"GIF89a"[..], canvas, colours, frame].concat();
            assert_eq!(cost(&gif), 11_585 * 11_585);
        }
        assert_eq!(cost(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), u64::MAX);
    }

    #[test]
    fn every_scan_of_a_jpeg_costs() {
        let jpeg = encoded(ImageFormat::Jpeg);
        assert_eq!(cost(&jpeg), 30_000);
        assert_eq!(
            rule(Filter::LegacyBilinear).cost(&jpeg, 1 << 27),
            120_000,
            "in its full size"
        );
        let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]);
        let (head, rest) = jpeg.split_at(scan.unwrap());
        let scans = rest[..rest.len() - 2].repeat(99);
        let many = [head, &scans, &[0xff, 0xd9]].concat();
        assert!(cost(&many) > 1_000_000, "{}", cost(&many));
    }

    #[test]
    fn a_refusal_costs_nothing() {
        assert_eq!(cost(b""), 0);
        assert_eq!(cost(b"hello"), 0);
        assert_eq!(cost(b"GIF89a"), 0);
        let png = encoded(ImageFormat::Png);
        assert_eq!(rule(Filter::Antialiased).cost(&png, 100_000), 0);
    }
}
