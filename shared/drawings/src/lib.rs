//! A drawn stand-in for photographs of hot dogs and of other things, for
//! machines without a network. Every image is a small lit scene: a ground,
//! a plate or tray, side dishes, one to three subjects, something in front
//! of them, and a hurried camera. Both labels share all of that; only the
//! subject differs. The shapes are outlines (`shape`) inflated to bodies and
//! shaded (`brush`, `surface`, `light`), so a food is a short list of them.

mod brush;
mod camera;
mod color;
mod dice;
mod drawing;
mod filling;
mod food;
mod grid;
mod ground;
mod light;
mod noise;
mod props;
mod scene;
mod shape;
mod stamp;
mod surface;
mod topping;
mod view;

pub use drawing::{Drawing, Label};

/// The quality at which drawings are saved as JPEG, that of most photos on the web.
pub const JPEG_QUALITY: u8 = 88;

/// Draws image number `index` of a label. The same arguments give the same
/// bytes on the same machine, whatever was drawn before and on which thread;
/// sides are 280 to 400 pixels.
pub fn draw(seed: u64, label: Label, index: u32) -> Drawing {
    let mut dice = dice::Dice::new(&[seed, label as u64, u64::from(index)]);
    scene::render(label, &mut dice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_give_the_same_bytes_on_any_thread() {
        let here = draw(7, Label::HotDog, 3);
        let there = std::thread::spawn(|| draw(7, Label::HotDog, 3))
            .join()
            .unwrap();
        assert_eq!(here, there);
    }

    #[test]
    fn seed_label_and_index_each_change_the_image() {
        let image = draw(7, Label::HotDog, 3).pixels;
        assert_ne!(image, draw(8, Label::HotDog, 3).pixels);
        assert_ne!(image, draw(7, Label::NotHotDog, 3).pixels);
        assert_ne!(image, draw(7, Label::HotDog, 4).pixels);
    }

    #[test]
    fn sizes_are_in_range_and_every_pixel_is_there() {
        for index in 0..12 {
            let image = draw(1, Label::ALL[index as usize % 2], index);
            assert!((280..=400).contains(&image.width));
            assert!((280..=400).contains(&image.height));
            assert_eq!(image.pixels.len() as u32, 3 * image.width * image.height);
        }
    }

    #[test]
    fn brightness_does_not_tell_the_labels_apart() {
        let [(hot, hot_spread), (not, not_spread)] = Label::ALL.map(brightness);
        let spread = hot_spread.max(not_spread);
        assert!((hot - not).abs() < 0.6 * spread, "{hot} {not} {spread}");
        assert!(hot_spread / not_spread < 2.0 && not_spread / hot_spread < 2.0);
    }

    /// Mean and standard deviation of the mean byte of 24 images.
    fn brightness(label: Label) -> (f64, f64) {
        let mean = |index| {
            let pixels = draw(5, label, index).pixels;
            pixels.iter().map(|&byte| f64::from(byte)).sum::<f64>() / pixels.len() as f64
        };
        let means: Vec<f64> = (0..24).map(mean).collect();
        let centre = means.iter().sum::<f64>() / 24.0;
        let variance = means.iter().map(|m| (m - centre).powi(2)).sum::<f64>() / 24.0;
        (centre, variance.sqrt())
    }
}
