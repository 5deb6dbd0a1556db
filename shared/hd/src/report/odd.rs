//! Images that stand apart, each with the measure by which it does.

use super::Report;
use super::gallery::Gallery;
use crate::audit::{Outlier, Trait};

/// Images that are shown of one kind.
const EACH: usize = 12;

/// Images that stand apart for one reason.
pub(super) struct Odd {
    /// The reason.
    pub(super) why: String,
    /// Some of them, with the measure.
    pub(super) images: Vec<(usize, String)>,
    /// How many there are in all.
    pub(super) all: usize,
}

/// The images that stand apart, by the reason.
pub(super) fn odd(report: &Report, gallery: &mut Gallery) -> Vec<Odd> {
    let outliers = &report.findings.outliers;
    let mut far: Vec<(usize, f64)> = outliers
        .iter()
        .filter_map(|outlier| Some((outlier.image, outlier.far?)))
        .collect();
    far.sort_by(|a, b| b.1.total_cmp(&a.1));
    let far = far.into_iter().map(|(row, times)| {
        let times = format!("{times:.1} times as far as usual");
        (row, times)
    });
    let far = (
        "far from every image of its label".to_owned(),
        far.collect(),
    );
    let kinds = [
        Trait::Blank,
        Trait::Dark,
        Trait::Light,
        Trait::Blurred,
        Trait::Tiny,
        Trait::OddShaped,
    ];
    let kinds = kinds.map(|kind| (kind.to_string(), with(outliers, kind)));
    let all = std::iter::once(far).chain(kinds);
    let shown = all.map(|(why, images): (String, Vec<(usize, String)>)| Odd {
        why,
        all: images.len(),
        images: images
            .into_iter()
            .take(EACH)
            .take_while(|(row, _)| gallery.admit(&[*row]))
            .collect(),
    });
    shown.filter(|odd| odd.all > 0).collect()
}

fn with(outliers: &[Outlier], kind: Trait) -> Vec<(usize, String)> {
    let measure = |outlier: &Outlier| {
        let (_, measure) = outlier.traits.iter().find(|(it, _)| *it == kind)?;
        Some((outlier.image, measure.clone()))
    };
    outliers.iter().filter_map(measure).collect()
}
