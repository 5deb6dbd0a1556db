//! What a body is made of: its colour and how it answers to light.

use super::color::Color;

/// A material. Lengths are in the units of the thing drawn.
#[derive(Clone, Copy)]
pub(crate) struct Surface {
    /// Colour of the top.
    pub(crate) color: Color,
    /// Colour at the edge.
    pub(crate) rim: Color,
    /// How far from the edge the body rises.
    pub(crate) round: f32,
    /// How high it rises in that distance: 1 is a circular section, 0 is flat.
    pub(crate) bulge: f32,
    /// Strength of the highlight.
    pub(crate) gloss: f32,
    /// Sharpness of the highlight: the exponent of its cosine.
    pub(crate) sharp: i32,
    /// How much the colour varies from patch to patch.
    pub(crate) mottle: f32,
    /// Size of the patches.
    pub(crate) patch: f32,
    /// Height of the roughness.
    pub(crate) bump: f32,
    /// Height above what is below; the shadow falls that far.
    pub(crate) lift: f32,
}

impl Surface {
    /// A dull body of one colour.
    pub(crate) fn matte(color: Color) -> Self {
        Self {
            color,
            rim: color * 0.8,
            round: 0.12,
            bulge: 0.8,
            gloss: 0.04,
            sharp: 8,
            mottle: 0.1,
            patch: 0.25,
            bump: 0.0,
            lift: 0.06,
        }
    }

    /// A body that shines: sauce, sausage, plastic, glaze.
    pub(crate) fn glossy(color: Color) -> Self {
        Self {
            gloss: 0.55,
            sharp: 40,
            mottle: 0.06,
            ..Self::matte(color)
        }
    }

    /// Baked dough: brown at the edge, a soft sheen.
    pub(crate) fn baked(color: Color) -> Self {
        Self {
            rim: color * Color::new(0.62, 0.45, 0.3),
            round: 0.3,
            gloss: 0.12,
            sharp: 14,
            mottle: 0.15,
            patch: 0.35,
            bump: 0.0014,
            lift: 0.12,
            ..Self::matte(color)
        }
    }

    /// The white inside of bread.
    pub(crate) fn crumb(color: Color) -> Self {
        Self {
            bulge: 0.3,
            bump: 0.003,
            patch: 0.12,
            lift: 0.02,
            ..Self::matte(color)
        }
    }

    /// Something thin that lies flat: paper, cheese, a label.
    pub(crate) fn flat(color: Color) -> Self {
        Self {
            rim: color,
            round: 0.03,
            bulge: 0.3,
            lift: 0.025,
            ..Self::matte(color)
        }
    }

    /// The same material, rising over another distance.
    pub(crate) fn round(self, round: f32) -> Self {
        Self { round, ..self }
    }

    /// The same material, higher above what is below.
    pub(crate) fn lift(self, lift: f32) -> Self {
        Self { lift, ..self }
    }
}
