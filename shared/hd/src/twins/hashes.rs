//! Pairs of images whose perceptual hashes are close, by comparing each with each.
//!
//! That is N^2 / 2 comparisons of two words, of which the processor does several at once, with the
//! instructions of the one that the program finds itself on. The bits that
//! mirroring turns stand in a word of their own: where m of those 32 differ, 32 - m differ from the
//! mirrored image.

use rayon::prelude::*;

use crate::photo::ImageHash;

/// Hashes that are compared with one at a time.
const STRETCH: usize = 256;

/// Hashes whose pairs with all later ones are kept at the same time.
const AT_A_TIME: usize = 128;

/// A hash in two words: the bits that stay where the image is mirrored, and those that turn.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    stay: u32,
    turn: u32,
}

impl Words {
    fn of(hash: ImageHash) -> Self {
        let turned = hash.bits() ^ hash.mirrored().bits();
        let pack = |mask: u64| {
            let bits = (0..64).filter(|bit| mask & (1 << bit) != 0);
            let packed = (0..)
                .zip(bits)
                .map(|(to, from)| ((hash.bits() >> from & 1) as u32) << to);
            packed.sum()
        };
        Self {
            stay: pack(!turned),
            turn: pack(turned),
        }
    }

    /// The distance to the other hash or to its mirrored form, whichever is less.
    #[inline(always)]
    fn distance(self, stay: u32, turn: u32) -> u32 {
        let turned = (self.turn ^ turn).count_ones();
        (self.stay ^ stay).count_ones() + turned.min(32 - turned)
    }
}

/// The pairs of hashes within `radius`, the smaller number first, some at a time.
pub(super) fn close(
    hashes: &[ImageHash],
    radius: u32,
) -> impl Iterator<Item = Vec<(usize, usize)>> {
    let arch = pulp::Arch::new();
    let words: Vec<Words> = hashes.iter().map(|&hash| Words::of(hash)).collect();
    let stay: Vec<u32> = words.iter().map(|words| words.stay).collect();
    let turn: Vec<u32> = words.iter().map(|words| words.turn).collect();
    (0..words.len()).step_by(AT_A_TIME).map(move |first| {
        let some = first..words.len().min(first + AT_A_TIME);
        let later = |one: usize| {
            let mut found = Vec::new();
            let words = words.get(one).copied().unwrap_or_default();
            let (stay, turn) = (behind(&stay, one + 1), behind(&turn, one + 1));
            let stretches = stay.chunks(STRETCH).zip(turn.chunks(STRETCH));
            for (number, (stay, turn)) in stretches.enumerate() {
                if arch.dispatch(|| has_close(words, stay, turn, radius)) {
                    let each = stay.iter().zip(turn).enumerate();
                    let close =
                        each.filter(|(_, (stay, turn))| words.distance(**stay, **turn) <= radius);
                    found.extend(close.map(|(at, _)| (one, one + 1 + number * STRETCH + at)));
                }
            }
            found
        };
        some.into_par_iter().flat_map_iter(later).collect()
    })
}

fn behind(words: &[u32], first: usize) -> &[u32] {
    words.get(first..).unwrap_or_default()
}

/// Whether any of these is close: without a way out in its middle the loop takes many at once.
#[inline(always)]
fn has_close(words: Words, stay: &[u32], turn: &[u32], radius: u32) -> bool {
    let each = stay.iter().zip(turn);
    let least = each.map(|(&stay, &turn)| words.distance(stay, turn));
    least.fold(u32::MAX, u32::min) <= radius
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reproducible hashes, some of them close to each other.
    fn noise(count: u64) -> Vec<ImageHash> {
        let mix = |n: u64| {
            (n ^ n >> 31)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        };
        let bits = (0..count).map(|n| match n % 3 {
            0 => mix(mix(n)),
            1 => mix(mix(n - 1)) ^ 1 << (n % 63),
            _ => ImageHash::from_bits(mix(mix(n - 2))).mirrored().bits() ^ 0b1010 << (n % 60),
        });
        bits.map(|bits| ImageHash::from_bits(bits & !1)).collect()
    }

    #[test]
    fn finds_each_pair_once_as_comparing_them_bit_by_bit_does() {
        let hashes = noise(1500);
        let mut expected = Vec::new();
        for (one, a) in hashes.iter().enumerate() {
            for (other, b) in hashes.iter().enumerate().skip(one + 1) {
                if a.distance(*b).min(a.mirrored().distance(*b)) <= 9 {
                    expected.push((one, other));
                }
            }
        }
        assert!(expected.len() >= 1500);
        let found: Vec<_> = close(&hashes, 9).flatten().collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn there_may_be_none() {
        assert_eq!(close(&[], 63).flatten().count(), 0);
        assert_eq!(close(&noise(1), 63).flatten().count(), 0);
    }
}
