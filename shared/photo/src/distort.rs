//! Distorted views of an image, so that a head learns what does not matter: retrain.py's flips,
//! crops, scales and brightnesses.
//!
//! retrain.py draws them anew for every step of training and then cannot keep a bottleneck. Here an
//! image has a fixed number of views, which follow from its content, a seed and the view's number,
//! so that they are computed once.

use std::fmt;

use serde::{Deserialize, Serialize};

use hd_digest::Digest;

/// How views are distorted, and how many an image has beside itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distortion {
    /// Whether half of the views are mirrored.
    pub flip_left_right: bool,
    /// Percent of a margin that is cut off, at a random side of the view.
    pub random_crop: u32,
    /// Up to how many percent a view is magnified.
    pub random_scale: u32,
    /// Up to how many percent a view is made brighter or darker.
    pub random_brightness: u32,
    /// Views an image.
    pub variants: u32,
    /// Another seed, other views.
    pub seed: u64,
}

/// A view of an image: a part of it, perhaps mirrored and brightened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The left edge, as a share of the image's width.
    pub left: f64,
    /// The upper edge, as a share of the image's height.
    pub top: f64,
    /// How much of the width and of the height is seen.
    pub extent: f64,
    /// Whether it is mirrored.
    pub flip: bool,
    /// The factor by which every value is multiplied.
    pub brightness: f32,
}

impl fmt::Display for Distortion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            flip_left_right,
            random_crop,
            random_scale,
            random_brightness,
            variants,
            seed,
        } = self;
        write!(
            f,
            "{variants} views an image: flip {flip_left_right}, crop {random_crop} %, scale {random_scale} %, \
             brightness {random_brightness} %, seed {seed}"
        )
    }
}

impl View {
    /// The whole image, as it is.
    pub const PLAIN: Self = Self {
        left: 0.0,
        top: 0.0,
        extent: 1.0,
        flip: false,
        brightness: 1.0,
    };
}

impl Distortion {
    /// Whether any view differs from the image.
    pub fn distorts(&self) -> bool {
        let amounts = [self.random_crop, self.random_scale, self.random_brightness];
        self.flip_left_right || amounts.iter().any(|&percent| percent > 0)
    }

    /// The view `variant` of the image with this content; 0 is the image itself.
    ///
    /// With retrain.py's distributions: a magnification of (1 + crop %) times a uniform number from
    /// 1 to 1 + scale %, a uniform place, a flip half of the time, and a factor uniform within 1 -+
    /// brightness %.
    pub fn view(&self, content: &Digest, variant: u32) -> View {
        if variant == 0 {
            return View::PLAIN;
        }
        let [scale, left, top, flip, brightness] = self.draws(content, variant);
        let percent = |value: u32| f64::from(value) / 100.0;
        let magnified =
            (1.0 + percent(self.random_crop)) * (1.0 + percent(self.random_scale) * scale);
        let extent = 1.0 / magnified;
        let spread = percent(self.random_brightness);
        View {
            left: left * (1.0 - extent),
            top: top * (1.0 - extent),
            extent,
            flip: self.flip_left_right && flip < 0.5,
            brightness: (1.0 + spread * (2.0 * brightness - 1.0)) as f32,
        }
    }

    /// Identifies the view `variant` of the image with this content; of the image itself it is the
    /// content.
    pub fn key(&self, content: &Digest, variant: u32) -> Digest {
        match variant {
            0 => *content,
            _ => {
                let rule = [self.random_crop, self.random_scale, self.random_brightness]
                    .map(u32::to_le_bytes)
                    .concat();
                let flip = [self.flip_left_right.into()];
                Digest::of_parts([
                    self.seeded(content, variant).as_bytes().as_slice(),
                    &rule,
                    &flip,
                ])
            }
        }
    }

    /// Numbers between 0 and 1, drawn for this view. They do not depend on how far the distortions
    /// go.
    fn draws(&self, content: &Digest, variant: u32) -> [f64; 5] {
        let digest = self.seeded(content, variant);
        let mut words = digest.as_bytes().chunks_exact(4).map(|word| {
            let word = word.first_chunk().copied().unwrap_or_default();
            f64::from(u32::from_le_bytes(word)) / 2f64.powi(32)
        });
        std::array::from_fn(|_| words.next().unwrap_or_default())
    }

    fn seeded(&self, content: &Digest, variant: u32) -> Digest {
        Digest::of_parts([
            b"view".as_slice(),
            &self.seed.to_le_bytes(),
            content.as_bytes(),
            &variant.to_le_bytes(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Distortion = Distortion {
        flip_left_right: true,
        random_crop: 10,
        random_scale: 20,
        random_brightness: 30,
        variants: 4,
        seed: 1,
    };

    fn views() -> Vec<View> {
        let of = |i: u32| ALL.view(&Digest::of(&i.to_le_bytes()), 1 + i % 4);
        (0..4000).map(of).collect()
    }

    #[test]
    fn the_first_view_is_the_image_itself() {
        let content = Digest::of(b"x");
        assert_eq!(ALL.view(&content, 0), View::PLAIN);
        assert_eq!(ALL.key(&content, 0), content);
    }

    #[test]
    fn views_stay_within_what_was_asked_for() {
        for view in views() {
            assert!((1.0 / 1.32..=1.0 / 1.1).contains(&view.extent), "{view:?}");
            assert!(view.left >= 0.0 && view.left + view.extent <= 1.0 + 1e-12);
            assert!(view.top >= 0.0 && view.top + view.extent <= 1.0 + 1e-12);
            assert!((0.7..=1.3).contains(&view.brightness));
        }
    }

    #[test]
    fn views_are_spread_evenly() {
        let views = views();
        let mean = |value: &dyn Fn(&View) -> f64| {
            views.iter().map(value).sum::<f64>() / views.len() as f64
        };
        assert!((mean(&|view| f64::from(view.flip)) - 0.5).abs() < 0.03);
        assert!((mean(&|view| view.brightness.into()) - 1.0).abs() < 0.01);
        assert!((mean(&|view| view.left / (1.0 - view.extent)) - 0.5).abs() < 0.02);
        assert!((mean(&|view| 1.0 / view.extent) - 1.1 * 1.1).abs() < 0.01);
    }

    #[test]
    fn what_is_not_asked_for_does_not_happen() {
        let none = Distortion {
            flip_left_right: false,
            random_crop: 0,
            random_scale: 0,
            random_brightness: 0,
            ..ALL
        };
        assert_eq!(none.view(&Digest::of(b"x"), 3), View::PLAIN);
        assert!(!none.distorts() && ALL.distorts());
    }

    #[test]
    fn every_change_gives_another_key() {
        let content = Digest::of(b"x");
        let others = [
            Distortion { seed: 2, ..ALL },
            Distortion {
                random_crop: 11,
                ..ALL
            },
            Distortion {
                flip_left_right: false,
                ..ALL
            },
        ];
        let mut keys: Vec<Digest> = others.iter().map(|d| d.key(&content, 1)).collect();
        keys.extend((0..4).map(|variant| ALL.key(&content, variant)));
        keys.push(ALL.key(&Digest::of(b"y"), 1));
        let count = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), count);
        // The number of views is no reason to compute the ones that are there again.
        let fewer = Distortion { variants: 2, ..ALL };
        assert_eq!(fewer.key(&content, 1), ALL.key(&content, 1));
    }
}
