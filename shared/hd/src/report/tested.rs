//! How far the evaluated images are strangers to the head: those that it has learned from itself,
//! and those that show what it has learned from.

use std::collections::HashSet;

use super::Report;
use crate::eval::{Accuracy, Judged};
use crate::twins::Group;

/// What the head knew of the evaluated images before.
pub(super) struct Tested {
    /// The rows of the samples that it has learned from.
    learned: HashSet<usize>,
    /// The rows that were evaluated.
    judged: HashSet<usize>,
    /// Evaluated rows that it has not learned from, but from a near-duplicate.
    pub(super) leaks: HashSet<usize>,
}

impl Tested {
    pub(super) fn of(report: &Report) -> Self {
        let samples = report.samples;
        let is_learned = |row: &usize| {
            let digest = samples.digest(*row);
            digest.is_some_and(|digest| report.head.learned.contains(digest))
        };
        let learned: HashSet<usize> = (0..samples.len()).filter(is_learned).collect();
        let judged: HashSet<usize> = report.evaluation.judged.iter().map(|it| it.row).collect();
        let mut tested = Self {
            leaks: HashSet::new(),
            learned,
            judged,
        };
        let groups = report.findings.twins.groups.iter();
        let leaks = groups
            .filter(|group| tested.is_leak(group))
            .flat_map(|group| {
                let rows = group.members.iter().map(|member| member.0);
                rows.filter(|row| tested.is_unseen(row)).collect::<Vec<_>>()
            });
        tested.leaks = leaks.collect();
        tested
    }

    /// Whether one image of a group was tested, and another one learned from.
    pub(super) fn is_leak(&self, group: &Group) -> bool {
        let mut rows = group.members.iter().map(|member| member.0);
        let is_learned = rows.clone().any(|row| self.learned.contains(&row));
        is_learned && rows.any(|row| self.is_unseen(&row))
    }

    fn is_unseen(&self, row: &usize) -> bool {
        self.judged.contains(row) && !self.learned.contains(row)
    }
}

/// The accuracy on those of the evaluated images that `is_kept` keeps.
pub(super) fn accuracy_of(report: &Report, is_kept: impl Fn(&Judged) -> bool) -> Accuracy {
    let kept = report
        .evaluation
        .judged
        .iter()
        .filter(|image| is_kept(image));
    Accuracy::among(kept.map(Judged::is_right))
}
