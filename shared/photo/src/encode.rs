//! RGB images to JPEG and PNG files.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::rgb::Rgb;

/// The image as a JPEG file of the given quality, 1 to 100.
///
/// # Errors
/// An image whose pixels do not fill its size, or one larger than a JPEG can be.
pub fn encode_jpeg(image: &Rgb, quality: u8) -> std::io::Result<Vec<u8>> {
    let mut jpeg = Vec::new();
    encode(JpegEncoder::new_with_quality(&mut jpeg, quality), image)?;
    Ok(jpeg)
}

/// The image as a PNG file.
///
/// # Errors
/// An image whose pixels do not fill its size.
pub fn encode_png(image: &Rgb) -> std::io::Result<Vec<u8>> {
    let mut png = Vec::new();
    encode(PngEncoder::new(&mut png), image)?;
    Ok(png)
}

fn encode(encoder: impl ImageEncoder, image: &Rgb) -> std::io::Result<()> {
    let Rgb {
        width,
        height,
        pixels,
    } = image;
    encoder
        .write_image(pixels, *width, *height, ExtendedColorType::Rgb8)
        .map_err(std::io::Error::other)
}
