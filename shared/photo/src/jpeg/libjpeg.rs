//! Decoding by libjpeg, in the form of mozjpeg, which does what no decoder in Rust does right:
//! scans of one component, odd sampling, arithmetic coding, inks.

use std::cell::Cell;
use std::mem;
use std::os::raw::c_int;

use image::{DynamicImage, RgbImage};
use mozjpeg::{ColorSpace, DctMethod, Decompress};
use mozjpeg_sys::{jpeg_common_struct, jpeg_error_mgr, jpeg_std_error};

use super::structure::Structure;
use super::trouble::corrupt;
use crate::error::DecodeError;

thread_local! {
    /// How often libjpeg has warned since this was set to 0: that codes made no sense or ended.
    static WARNINGS: Cell<u32> = const { Cell::new(0) };
}

/// A decoded JPEG.
pub(super) struct Image {
    pub(super) pixels: DynamicImage,
    /// Whether everything that the file announces was there.
    pub(super) is_whole: bool,
}

/// The JPEG in `bytes`, whose segments are `structure`, at 1/`by` of its size, which is 1, 2, 4 or 8.
///
/// # Errors
/// In libjpeg's words.
pub(super) fn decode(
    bytes: &[u8],
    structure: &Structure,
    method: DctMethod,
    by: u32,
) -> Result<Image, DecodeError> {
    let corrupt = |error: std::io::Error| corrupt(error.to_string());
    let builder = Decompress::with_err(errors());
    let mut decoder = builder.from_mem(bytes).map_err(corrupt)?;
    decoder.dct_method(method);
    decoder.scale((8 / by) as u8);
    // What was odd before the first scan damages nothing.
    WARNINGS.set(0);
    let space = match structure.has_inks() {
        true => ColorSpace::JCS_CMYK,
        false => ColorSpace::JCS_RGB,
    };
    let mut lines = decoder.to_colorspace(space).map_err(corrupt)?;
    let (width, height) = (lines.width() as u32, lines.height() as u32);
    let mut pixels: Vec<u8> = lines.read_scanlines().map_err(corrupt)?;
    if structure.has_inks() {
        pixels = pixels
            .as_chunks()
            .0
            .iter()
            .flat_map(|cmyk| light(*cmyk))
            .collect();
    }
    let image = RgbImage::from_raw(width, height, pixels);
    Ok(Image {
        pixels: image.unwrap_or_default().into(),
        is_whole: WARNINGS.get() == 0,
    })
}

/// Programs that write inks write how much light they leave.
fn light([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let product = |ink: u8| ((u32::from(ink) * u32::from(black) + 127) / 255) as u8;
    [cyan, magenta, yellow].map(product)
}

/// Errors unwind, as those of other decoders do, and warnings are counted.
#[allow(
    unsafe_code,
    reason = "libjpeg's table of functions has no other beginning; it is filled in before it is read"
)]
fn errors() -> jpeg_error_mgr {
    let mut errors = unsafe {
        let mut errors = mem::zeroed();
        jpeg_std_error(&mut errors);
        errors
    };
    errors.error_exit = Some(unwind);
    errors.emit_message = Some(count);
    errors
}

extern "C-unwind" fn unwind(_: &mut jpeg_common_struct) {
    // As a panic, but for the message.
    std::panic::resume_unwind(Box::new("libjpeg gave up"));
}

extern "C-unwind" fn count(_: &mut jpeg_common_struct, level: c_int) {
    // Warnings have a negative level, and everything else is talk.
    if level < 0 {
        WARNINGS.set(WARNINGS.get() + 1);
    }
}
