//! What the audit has found, as the report shows it.

use crate::audit::{Outlier, Shortcut, Suspect, Trait, WeakSpot, outliers, shortcuts, weak_spots};
use crate::bottleneck::{Facts, Samples};
use crate::error::Result;
use crate::eval::{Evaluation, Judged, LearningCurve, learning_curve};
use crate::head::Head;
use crate::twins::Twins;

/// What the audit has found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The images whose label may be wrong, the most suspicious first; absent where nobody looked.
    pub suspects: Option<Vec<Suspect>>,
    /// Near-duplicates.
    pub twins: Twins,
    /// Where the head is weak.
    pub weak_spots: Vec<WeakSpot>,
    /// What gives labels away.
    pub shortcuts: Vec<Shortcut>,
    /// Images that stand apart.
    pub outliers: Vec<Outlier>,
    /// Whether more images would help.
    pub learning: Option<LearningCurve>,
}

/// Products of numbers in a pass over the images beyond which a report is not worth the fits that
/// suspects take, some twenty seconds on two cores.
const PRODUCTS: usize = 2_000_000_000;

impl Findings {
    /// Whether looking for suspects takes no longer than a report is waited for.
    pub fn are_suspects_quick(head: &Head, samples: &Samples) -> bool {
        let a_row = samples.size().saturating_mul(head.labels.len());
        samples.len().saturating_mul(a_row) <= PRODUCTS
    }

    /// Those beside suspects and near-duplicates, which are found already.
    ///
    /// # Errors
    /// Samples that the head is not for.
    pub fn of(
        head: &Head,
        samples: &Samples,
        evaluation: &Evaluation,
        suspects: Option<Vec<Suspect>>,
        twins: Twins,
    ) -> Result<Self> {
        let rows = 0..samples.len();
        let facts = rows.filter_map(|row| Some((samples.facts(row)?, samples.label(row)?)));
        let facts: Vec<(&Facts, u32)> = facts.collect();
        let traits = |image: &Judged| {
            let facts = samples.facts(image.row)?;
            Some((Trait::of(facts, samples.preprocess()), image.is_right()))
        };
        let traits: Vec<_> = evaluation.judged.iter().filter_map(traits).collect();
        Ok(Self {
            suspects,
            twins,
            weak_spots: weak_spots(&traits),
            shortcuts: shortcuts(&facts, samples.labels().len()),
            outliers: outliers(samples),
            learning: learning_curve(head, samples, &evaluation.twins)?,
        })
    }
}
