//! Pens: what lines, areas and words are drawn with.

use plotters::style::{RGBColor, ShapeStyle};

/// A pen. The page's style sheet says how it looks, in light and in dark; plotters, which knows
/// nothing but colours, is given its number for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pen {
    /// What the chart is about.
    Ink,
    /// What is said beside it.
    Soft,
    /// Lines of the grid.
    Line,
    /// Where a figure may lie.
    Band,
    /// What would be by chance or in an ideal world.
    Ideal,
    Good,
    Bad,
    /// What the slider moves.
    Mark,
    /// One of several curves, by its rank.
    Curve(u8),
}

/// Curves that can be told apart.
pub(super) const CURVES: usize = 5;

impl Pen {
    const PLAIN: [Self; 8] = [
        Self::Ink,
        Self::Soft,
        Self::Line,
        Self::Band,
        Self::Ideal,
        Self::Good,
        Self::Bad,
        Self::Mark,
    ];

    fn number(self) -> u8 {
        match self {
            Self::Curve(rank) => Self::PLAIN.len() as u8 + rank,
            pen => (0..)
                .zip(Self::PLAIN)
                .find(|(_, one)| *one == pen)
                .map_or(0, |(number, _)| number),
        }
    }

    /// The pen with a number.
    pub(super) fn numbered(number: u8) -> Self {
        let curve = Self::Curve(number.saturating_sub(Self::PLAIN.len() as u8));
        Self::PLAIN
            .get(usize::from(number))
            .copied()
            .unwrap_or(curve)
    }

    /// Its name in the style sheet.
    pub(super) fn class(self) -> String {
        match self {
            Self::Curve(rank) => format!("curve{rank}"),
            pen => format!("{pen:?}").to_lowercase(),
        }
    }

    /// It as a colour.
    pub(super) fn color(self) -> RGBColor {
        RGBColor(self.number(), 0, 0)
    }

    /// Drawing the outline of something.
    pub(super) fn stroke(self) -> ShapeStyle {
        ShapeStyle::from(self.color())
    }

    /// Filling something.
    pub(super) fn fill(self) -> ShapeStyle {
        ShapeStyle::from(self.color()).filled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pen_goes_through_a_colour_and_comes_back() {
        for pen in Pen::PLAIN
            .into_iter()
            .chain((0..CURVES as u8).map(Pen::Curve))
        {
            assert_eq!(Pen::numbered(pen.color().0), pen);
        }
        assert_eq!(
            (Pen::Band.class(), Pen::Curve(3).class()),
            ("band".into(), "curve3".into())
        );
    }
}
