//! McNemar's exact test: whether one of two heads is better than chance alone would make it seem.

/// The probability of a difference at least as large as this where both are equally good: of the
/// images that only one of two is right about, `a` and `b` are those of each (McNemar, 1947; exact
/// and two-sided, by the binomial distribution).
pub(super) fn exact_test(a: u64, b: u64) -> f64 {
    let n = a + b;
    // ln of (n over k) / 2^n, from k to k.
    let mut term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for k in 0..=a.min(b) {
        sum += term.exp();
        term += ((n - k) as f64 / (k + 1) as f64).ln();
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_binomial_test_of_scipy() {
        for (a, b, p) in [
            (0, 0, 1.0),
            (5, 5, 1.0),
            (0, 1, 1.0),
            (0, 6, 0.03125),
            (2, 9, 0.065_429_687_5),
            (12, 3, 0.035_156_25),
        ] {
            assert!(
                (exact_test(a, b) - p).abs() < 1e-12,
                "{a} {b}: {}",
                exact_test(a, b)
            );
        }
    }

    #[test]
    fn thousands_of_images_are_no_trouble() {
        assert_eq!(exact_test(40_000, 40_000), 1.0);
        assert!(exact_test(10_000, 12_000) < 1e-30);
    }
}
