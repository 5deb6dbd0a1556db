//! Shares as a person reads them.

use crate::eval::Accuracy;

/// A share in percent, which no line's end parts.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share)
}

/// A share in percent and its interval, as it stands in a table; a dash where there is none.
pub(super) fn with_interval(accuracy: &Accuracy) -> String {
    match (accuracy.accuracy, accuracy.accuracy_interval) {
        (Some(share), Some([low, high])) => {
            format!(
                "{} ({:.1}–{:.1})",
                percent(share),
                100.0 * low,
                100.0 * high
            )
        }
        _ => "–".to_owned(),
    }
}

/// An interval in words.
pub(super) fn between([low, high]: [f64; 2]) -> String {
    format!("{:.1} and {:.1}\u{a0}%", 100.0 * low, 100.0 * high)
}
