//! The source of chance. Every choice an image makes comes from one
//! generator seeded by the arguments of `draw`, so that the image depends
//! on nothing else.

use std::ops::Range;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::color::Color;

/// A stream of reproducible random choices.
pub(crate) struct Dice(Pcg64Mcg);

impl Dice {
    /// The stream that belongs to a list of numbers; each number changes all of it.
    pub(crate) fn new(key: &[u64]) -> Self {
        let seed = key.iter().fold(0, |mixed, part| {
            Pcg64Mcg::seed_from_u64(mixed ^ part).next_u64()
        });
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// A number from a half-open range, all equally likely.
    pub(crate) fn range(&mut self, range: Range<f32>) -> f32 {
        self.0.random_range(range)
    }

    /// A whole number from a half-open range, all equally likely.
    pub(crate) fn count(&mut self, range: Range<u32>) -> u32 {
        self.0.random_range(range)
    }

    /// A number around zero: at most `spread` either way.
    pub(crate) fn sway(&mut self, spread: f32) -> f32 {
        spread * (2.0 * self.0.random::<f32>() - 1.0)
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.0.random::<f32>() < probability
    }

    /// One of the items, or nothing where there are none.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.choose(&mut self.0)
    }

    /// One of some 0xRRGGBB colours, a little lighter, darker, warmer or cooler.
    pub(crate) fn color(&mut self, palette: &[u32]) -> Color {
        let color = Color::hex(self.pick(palette).copied().unwrap_or_default());
        let (light, warm) = (1.0 + self.sway(0.16), self.sway(0.07));
        color * Color::new(light * (1.0 + warm), light, light * (1.0 - warm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_key_changes_the_stream() {
        let first = |key: &[u64]| Dice::new(key).range(0.0..1.0);
        assert_eq!(first(&[1, 2, 3]), first(&[1, 2, 3]));
        for other in [[0, 2, 3], [1, 0, 3], [1, 2, 0], [3, 2, 1]] {
            assert_ne!(first(&[1, 2, 3]), first(&other));
        }
    }
}
