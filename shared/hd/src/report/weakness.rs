//! Where the head is weak, in words and with intervals.

use super::Report;
use super::share::with_interval;
use crate::eval::Accuracy;

/// A kind of image that the head is worse on.
pub(super) struct Weakness {
    pub(super) of: String,
    /// The share that is right among these, and how many they are.
    pub(super) inside: (String, u64),
    /// The same among all others.
    pub(super) outside: (String, u64),
}

/// The weak spots.
pub(super) fn weaknesses(report: &Report) -> Vec<Weakness> {
    let shown = |(right, of): (usize, usize)| {
        let accuracy = Accuracy::of(right as u64, of as u64);
        (with_interval(&accuracy), accuracy.n)
    };
    let spots = report.findings.weak_spots.iter();
    let spots = spots.map(|spot| Weakness {
        of: spot.of.to_string(),
        inside: shown(spot.inside),
        outside: shown(spot.outside),
    });
    spots.collect()
}
