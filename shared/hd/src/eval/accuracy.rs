//! A share of some images that is right, and how far it can be trusted.

use serde::{Deserialize, Serialize};

/// How many of some images are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// How many images there are.
    pub n: u64,
    /// How many of them are right.
    pub right: u64,
    /// Their share; absent where there is no image.
    pub accuracy: Option<f64>,
    /// Where the share among ever more such images lies with 95 % confidence (Wilson's score
    /// interval, 1927); absent where there is no image.
    pub accuracy_interval: Option<[f64; 2]>,
}

impl Accuracy {
    /// That of `right` among `n`.
    pub fn of(right: u64, n: u64) -> Self {
        Self {
            n,
            right,
            accuracy: (n > 0).then(|| right as f64 / n as f64),
            accuracy_interval: (n > 0).then(|| wilson(right as f64, n as f64)),
        }
    }

    /// That of some images, each of which is right or not.
    pub fn among(images: impl IntoIterator<Item = bool>) -> Self {
        let (mut right, mut n) = (0, 0);
        for is_right in images {
            n += 1;
            right += u64::from(is_right);
        }
        Self::of(right, n)
    }
}

/// Wilson's score interval of 95 % confidence for a share of `right` in `n`.
fn wilson(right: f64, n: f64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let share = right / n;
    let (middle, scale) = (share + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_agrees_with_a_published_example() {
        // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
        let [low, high] = wilson(81.0, 263.0);
        assert!(
            (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5,
            "{low} {high}"
        );
    }

    #[test]
    fn wilson_stays_within_zero_and_one() {
        assert_eq!(wilson(0.0, 5.0)[0], 0.0);
        assert_eq!(wilson(5.0, 5.0)[1], 1.0);
        assert!(wilson(5.0, 5.0)[0] > 0.5);
    }

    #[test]
    fn no_image_has_no_share() {
        let none = Accuracy::among([]);
        assert_eq!((none.accuracy, none.accuracy_interval), (None, None));
    }
}
