//! Decoding the usual kind of JPEG, which the fastest decoder takes.

use image::{DynamicImage, GrayImage, RgbImage};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::structure::Structure;

/// The JPEG in `bytes`, in its full size. None where anything about it is not as it should be: the
/// other decoder says what of it is damage.
pub(super) fn decode(bytes: &[u8], structure: &Structure) -> Option<DynamicImage> {
    // Without the mark of the end, behind which the decoder would make up what is missing, it says
    // when codes end too early.
    let bytes = bytes.get(..structure.end)?;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let is_grey = decoder.input_colorspace()? == ColorSpace::Luma;
    let space = match is_grey {
        true => ColorSpace::Luma,
        false => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let pixels = decoder.decode().ok()?;
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    match is_grey {
        true => GrayImage::from_raw(width, height, pixels).map(DynamicImage::from),
        false => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
    }
}
