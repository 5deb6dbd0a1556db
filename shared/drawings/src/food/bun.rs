//! The long soft bun, which hot dogs share with much else.

use std::ops::Range;

use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{rounded, tube};
use crate::surface::Surface;
use crate::topping::seeds;

/// The colours of crust, from pale to dark.
pub(crate) const CRUSTS: [u32; 5] = [0xE8C48A, 0xE3AE62, 0xD9963F, 0xC98436, 0xB8702C];

/// A bun cut open along its length: its size, bend, crust and seeds.
pub(crate) struct Bun {
    /// Half its length.
    pub(crate) half: f32,
    /// Half its width.
    pub(crate) wide: f32,
    /// How much it bends.
    pub(crate) bend: f32,
    crust: Color,
    inside: Color,
    ends: i32,
    seeded: bool,
}

impl Bun {
    /// Some bun, bent by as much as the range allows.
    pub(crate) fn sample(b: &mut Brush<'_>, bend: Range<f32>) -> Self {
        Self {
            half: b.dice.range(0.9..1.02),
            wide: b.dice.range(0.36..0.46),
            bend: b.dice.range(bend),
            crust: b.dice.color(&CRUSTS),
            inside: b.dice.color(&[0xF6E7C4, 0xEED9AC, 0xF9F0DC]),
            ends: *b.dice.pick(&[4, 6, 8, 10]).unwrap_or(&6),
            seeded: b.dice.chance(0.3),
        }
    }

    /// The whole bun from above, and its white inside where it is open.
    pub(crate) fn opened(&self, b: &mut Brush<'_>) {
        let crust = Surface::baked(self.crust);
        b.fill(
            &tube(self.half, self.bend, rounded(self.wide, self.ends)),
            &crust,
        );
        let inside = tube(
            0.95 * self.half,
            self.bend,
            rounded(0.74 * self.wide, self.ends),
        );
        b.fill(&inside, &Surface::crumb(self.inside));
    }

    /// Both halves from above, with a gap between them.
    pub(crate) fn halves(&self, b: &mut Brush<'_>) {
        let lobe = self.wide * b.dice.range(0.38..0.48);
        self.lobe(b, -(self.wide - 0.75 * lobe), lobe);
        self.lobe(b, self.wide - 0.75 * lobe, lobe);
    }

    /// One half: a long lobe, `wide` from edge to middle, its middle `y` off the bun's.
    pub(crate) fn lobe(&self, b: &mut Brush<'_>, y: f32, wide: f32) {
        let mut b = b.shifted(0.0, y);
        let outline = tube(self.half, self.bend, rounded(wide, self.ends));
        let crust = Surface {
            bulge: 0.9,
            ..Surface::baked(self.crust)
        };
        b.fill(&outline, &crust.round(wide).lift(0.25 * wide));
        if self.seeded {
            seeds(&mut b, 0.9 * self.half, 0.6 * wide, self.bend);
        }
    }
}
