//! RGB pictures to JPEG and PNG files.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::Rgb;

/// The picture as a JPEG file of the given quality, 1 to 100.
///
/// # Errors
/// A picture whose pixels do not fill its size, or one larger than a JPEG can be.
pub fn encode_jpeg(picture: &Rgb, quality: u8) -> std::io::Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    encode(JpegEncoder::new_with_quality(&mut jpeg, quality), picture)?;
    Ok(jpeg)
}

/// The picture as a PNG file.
///
/// # Errors
/// A picture whose pixels do not fill its size.
pub fn encode_png(picture: &Rgb) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    encode(PngEncoder::new(&mut png), picture)?;
    Ok(png)
}

fn encode(encoder: impl ImageEncoder, picture: &Rgb) -> std::io::Result<()> {
    let Rgb {
        width,
        height,
        pixels,
    } = picture;
    encoder
        .write_image(pixels, *width, *height, ExtendedColorType::Rgb8)
        .map_err(std::io::Error::other)
}
