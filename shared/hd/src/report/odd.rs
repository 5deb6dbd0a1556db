//! Images that stand apart, each with the measure by which it does.

use super::Report;
use super::gallery::Gallery;
use crate::audit::Trait;
use crate::bottleneck::Facts;

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
    let kinds = kinds.map(|kind| (kind.to_string(), with(report, kind)));
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

/// The images of a kind with the measure by which they are, the farthest from what is usual first.
fn with(report: &Report, kind: Trait) -> Vec<(usize, String)> {
    let outliers = report.findings.outliers.iter();
    let found = outliers.filter_map(|outlier| {
        let (_, measure) = outlier.traits.iter().find(|(it, _)| *it == kind)?;
        let order = order(kind, report.samples.facts(outlier.image)?);
        Some((order, outlier.image, measure.clone()))
    });
    let mut found: Vec<(f64, usize, String)> = found.collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let found = found.into_iter();
    found.map(|(_, image, measure)| (image, measure)).collect()
}

/// What is less, the more an image is of a kind.
fn order(kind: Trait, facts: &Facts) -> f64 {
    match kind {
        Trait::Dark => f64::from(facts.look.brightness),
        Trait::Light => -f64::from(facts.look.brightness),
        Trait::Blank => f64::from(facts.look.contrast),
        Trait::Blurred => f64::from(facts.look.sharpness),
        Trait::Tiny => facts.pixels() as f64,
        Trait::OddShaped => -facts.aspect(),
        Trait::Greyscale | Trait::Format(_) => 0.0,
    }
}
