//! Antialiased bilinear resizing, the rule of Pillow and so of torchvision: a triangle filter that widens with the
//! reduction, in two passes with rounding to 8 bits between them.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Rgb;

/// The picture squashed to `width` x `height`, whatever its proportions.
///
/// # Errors
/// A picture without pixels, in the resizer's words.
pub(super) fn squash(picture: &Rgb, width: u32, height: u32) -> Result<Vec<u8>, String> {
    if (picture.width, picture.height) == (width, height) {
        return Ok(picture.pixels.clone());
    }
    let source = ImageRef::new(
        picture.width,
        picture.height,
        &picture.pixels,
        PixelType::U8x3,
    );
    let source = source.map_err(|error| error.to_string())?;
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let resized = Resizer::new().resize(&source, &mut target, &options);
    resized.map_err(|error| error.to_string())?;
    Ok(target.into_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widens_the_filter_with_the_reduction() {
        // Halving four columns, Pillow's way: the triangle has the half-width 2 around the centres 1 and 3, is cut at
        // the border, and its weights are normalised.
        let pixels = [0u8, 100, 200, 40].iter().flat_map(|&v| [v; 3]).collect();
        let picture = Rgb {
            width: 4,
            height: 1,
            pixels,
        };
        let resized = squash(&picture, 2, 1).unwrap();
        // At 0.5, 1.5, 2.5 and 3.5 they are 0.75 0.75 0.25 0 for the one and 0 0.25 0.75 0.75 for the other.
        assert_eq!(
            resized[0],
            ((0.75 * 0.0 + 0.75 * 100.0 + 0.25 * 200.0) / 1.75f64).round() as u8
        );
        assert_eq!(
            resized[3],
            ((0.25 * 100.0 + 0.75 * 200.0 + 0.75 * 40.0) / 1.75f64).round() as u8
        );
    }

    #[test]
    fn leaves_a_picture_of_the_right_size_alone() {
        let picture = Rgb {
            width: 2,
            height: 1,
            pixels: vec![1, 2, 3, 4, 5, 6],
        };
        assert_eq!(squash(&picture, 2, 1).unwrap(), picture.pixels);
    }

    #[test]
    fn keeps_a_plain_colour() {
        let picture = Rgb {
            width: 37,
            height: 91,
            pixels: [9, 120, 255].repeat(37 * 91),
        };
        assert_eq!(
            squash(&picture, 224, 224).unwrap(),
            [9, 120, 255].repeat(224 * 224)
        );
    }
}
