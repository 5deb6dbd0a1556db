//! Priors: the mix of labels that scores are for.
//!
//! A head learns how frequent each label is among its images. Where the images that it will be
//! asked about have another mix, the right scores are those it gives, times the one share of a
//! label over the other, brought to a sum of 1 (Saerens, Latinne and Decaestecker, "Adjusting the
//! Outputs of a Classifier to New a Priori Probabilities", 2002): ln of the quotient is added to
//! the label's bias.

use super::balance::Given;
use crate::error::Result;

/// The mix of labels that a head's scores are for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Prior {
    /// The one that it was trained on.
    #[default]
    Trained,
    /// That of the images for training and validation.
    Images,
    /// Every label as frequent as any other.
    Equal,
    /// Labels are as frequent as a file says, a line for each: the label, a tab and a number.
    Given(Given),
}

impl Prior {
    /// The share of each of `labels`, of which there are `counts` images; none where the scores
    /// stay for the mix that the head was trained on.
    ///
    /// # Errors
    /// A file that does not name the same labels.
    pub(super) fn of(&self, labels: &[String], counts: &[u64]) -> Result<Vec<f64>> {
        Ok(match self {
            Self::Trained => Vec::new(),
            Self::Images => shares(counts.iter().map(|&count| count as f64)),
            Self::Equal => shares(labels.iter().map(|_| 1.0)),
            Self::Given(given) => shares(given.of(labels)?.into_iter()),
        })
    }
}

/// Numbers, divided by their sum.
pub(super) fn shares(numbers: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let sum: f64 = numbers.clone().sum();
    numbers.map(|number| number / sum).collect()
}

/// By how much the bias of each label goes up for scores to be for the mix `wanted` in place of
/// `trained`.
pub(super) fn shift(wanted: &[f64], trained: &[f64]) -> Vec<f64> {
    let quotients = wanted
        .iter()
        .zip(trained)
        .map(|(to, from)| (to / from).ln());
    quotients.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hd_softmax::probabilities;

    #[test]
    fn a_shift_multiplies_odds_by_the_quotient_of_the_shares() {
        let labels = ["a".to_owned(), "b".to_owned()];
        let trained = shares([20.0, 1.0].into_iter());
        let wanted = Prior::Equal.of(&labels, &[20, 1]).unwrap();
        let shift = shift(&wanted, &trained);
        let logits = [1.0, 0.0];
        let shifted = probabilities(logits.iter().zip(&shift).map(|(z, s)| z + s));
        let odds = shifted[0] / shifted[1];
        assert!((odds - 1f64.exp() / 20.0).abs() < 1e-12, "{odds}");
        assert!(Prior::Trained.of(&labels, &[20, 1]).unwrap().is_empty());
        assert_eq!(Prior::Images.of(&labels, &[3, 1]).unwrap(), [0.75, 0.25]);
    }
}
