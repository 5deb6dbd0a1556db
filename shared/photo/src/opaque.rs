//! Images of any colour type in RGB, with transparency laid over white.

use image::DynamicImage;

use crate::rgb::Rgb;

/// The image in RGB, with transparency laid over white.
pub(crate) fn over_white(image: DynamicImage) -> Rgb {
    Rgb {
        width: image.width(),
        height: image.height(),
        pixels: pixels(image),
    }
}

/// A level of a colour that is seen as far as `alpha` says, on white.
pub(crate) fn blend(level: u8, alpha: u8) -> u8 {
    let (level, alpha) = (u32::from(level), u32::from(alpha));
    ((level * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// The pixels of an image. Those of 8 bits take no more memory than they have.
pub(crate) fn pixels(image: DynamicImage) -> Vec<u8> {
    if !image.color().has_alpha() {
        return image.into_rgb8().into_raw();
    }
    let mut pixels = image.into_rgba8().into_raw();
    narrow(&mut pixels, |[red, green, blue, alpha]| {
        [red, green, blue].map(|level| blend(level, alpha))
    });
    pixels
}

/// Brings pixels of four values to three, where they lie.
pub(crate) fn narrow(pixels: &mut Vec<u8>, rgb: impl Fn([u8; 4]) -> [u8; 3]) {
    let count = pixels.len() / 4;
    for index in 0..count {
        let from = pixels.get(4 * index..).and_then(|rest| rest.first_chunk());
        let colour = from.copied().map(&rgb).unwrap_or_default();
        if let Some(to) = pixels
            .get_mut(3 * index..)
            .and_then(<[u8]>::first_chunk_mut)
        {
            *to = colour;
        }
    }
    pixels.truncate(3 * count);
}
