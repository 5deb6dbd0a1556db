//! How likely a difference is by chance alone.

/// The p-value below which something is not taken for chance.
pub(super) const LEVEL: f64 = 0.05;

/// Logarithms of factorials, computed once.
pub(super) struct Factorials(Vec<f64>);

impl Factorials {
    /// Those of 0 to `largest`.
    pub(super) fn up_to(largest: usize) -> Self {
        let mut sum = 0.0;
        let rest = (1..=largest).map(|number| {
            sum += (number as f64).ln();
            sum
        });
        Self(std::iter::once(0.0).chain(rest).collect())
    }

    fn ln_choose(&self, n: usize, k: usize) -> f64 {
        let ln = |number: usize| self.0.get(number).copied().unwrap_or_default();
        ln(n) - ln(k) - ln(n.saturating_sub(k))
    }

    /// Fisher's exact test, two-sided: the probability of a table at most as likely as this one, of
    /// `right` of `of` inside and `others_right` of `others` outside, with the sums at its edges given.
    pub(super) fn fisher(
        &self,
        (right, of): (usize, usize),
        (others_right, others): (usize, usize),
    ) -> f64 {
        let all_right = right + others_right;
        let ln = |inside: usize| {
            self.ln_choose(of, inside) + self.ln_choose(others, all_right - inside)
                - self.ln_choose(of + others, all_right)
        };
        let possible = all_right.saturating_sub(others)..=of.min(all_right);
        at_most_as_likely(possible.map(ln), ln(right))
    }

    /// The sign test, two-sided: the probability that `one` and `other` are as far apart as this where
    /// each of them is as likely as the other. McNemar's exact test is the same.
    pub(super) fn signs(&self, one: usize, other: usize) -> f64 {
        let of = one + other;
        let ln = |number: usize| self.ln_choose(of, number) - of as f64 * std::f64::consts::LN_2;
        at_most_as_likely((0..=of).map(ln), ln(one))
    }
}

/// The sum of the probabilities that are not larger than `limit`, but for rounding. All are given by
/// their logarithms.
fn at_most_as_likely(all: impl Iterator<Item = f64>, limit: f64) -> f64 {
    let some = all.filter(|ln| *ln <= limit + 1e-7);
    some.map(f64::exp).sum::<f64>().min(1.0)
}

/// Holm's adjustment of p-values for their number: each is to be compared with the level itself.
///
/// Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
pub(super) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, (index, p)) in order.into_iter().enumerate() {
        largest = largest.max((p * (p_values.len() - rank) as f64).min(1.0));
        if let Some(adjusted) = adjusted.get_mut(index) {
            *adjusted = largest;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By scipy.stats.fisher_exact and scipy.stats.binomtest.
    #[test]
    fn p_values_are_those_of_scipy() {
        let factorials = Factorials::up_to(2000);
        for (inside, outside, p) in [
            ((8, 10), (1, 6), 0.034_965_034_965_034_97),
            ((3, 3), (3, 3), 1.0),
            ((0, 5), (0, 7), 1.0),
            ((40, 60), (880, 940), 3.791_788_534_562_941e-9),
        ] {
            let found = factorials.fisher(inside, outside);
            assert!((found / p - 1.0).abs() < 1e-6, "{inside:?}: {found}");
        }
        for (one, other, p) in [
            (0, 0, 1.0),
            (5, 0, 0.0625),
            (3, 9, 0.145_996_093_75),
            (7, 7, 1.0),
        ] {
            assert!(
                (factorials.signs(one, other) - p).abs() < 1e-9,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn several_questions_need_smaller_p_values() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm(&[]).is_empty());
    }
}
