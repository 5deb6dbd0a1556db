//! Near-duplicates, those first that are on both sides of the split.

use super::Report;
use super::gallery::Gallery;
use super::tested::Tested;
use crate::split::Split;
use crate::twins::Group;

/// Groups that are shown.
const MOST: usize = 30;

/// Images of a group that are shown.
const EACH: usize = 8;

/// Near-duplicates.
pub(super) struct Doubles<'a> {
    pub(super) groups: Vec<Double<'a>>,
    /// How many groups there are in all.
    pub(super) all: usize,
    /// How many images are in them.
    pub(super) images: usize,
}

/// Images that show one photo.
pub(super) struct Double<'a> {
    /// Whether it was learned from in one of them and tested in another.
    pub(super) is_leak: bool,
    /// Whether they have several labels.
    pub(super) is_contradiction: bool,
    pub(super) members: Vec<Member<'a>>,
    /// How many more there are.
    pub(super) more: usize,
}

/// An image that shows the same as another one.
pub(super) struct Member<'a> {
    pub(super) row: usize,
    pub(super) label: &'a str,
    pub(super) split: &'static str,
    pub(super) kind: &'static str,
}

impl<'a> Doubles<'a> {
    pub(super) fn of(report: &Report<'a>, tested: &Tested, gallery: &mut Gallery) -> Self {
        let groups = &report.findings.twins.groups;
        let mut order: Vec<(&Group, bool, bool)> = groups
            .iter()
            .map(|group| {
                let label = |row: usize| report.samples.label(row);
                let first = group.members.first().and_then(|member| label(member.0));
                let differs = group.members.iter().any(|member| label(member.0) != first);
                (group, tested.is_leak(group), differs)
            })
            .collect();
        order.sort_by_key(|(_, is_leak, differs)| (!is_leak, !differs));
        let shown = order.into_iter().take(MOST);
        let shown = shown.map_while(|(group, is_leak, is_contradiction)| {
            let some = group.members.iter().take(EACH);
            let rows: Vec<usize> = some.clone().map(|member| member.0).collect();
            let members = some.map(|&(row, kind)| Member {
                row,
                label: report.label_of(row),
                split: (report.evaluation.splits)
                    .get(row)
                    .map_or("", |split| Split::name(*split)),
                kind: kind.name(),
            });
            gallery.admit(&rows).then(|| Double {
                is_leak,
                is_contradiction,
                members: members.collect(),
                more: group.members.len().saturating_sub(EACH),
            })
        });
        Self {
            groups: shown.collect(),
            all: groups.len(),
            images: groups.iter().map(|group| group.members.len()).sum(),
        }
    }
}
