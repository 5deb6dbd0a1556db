//! What goes into bread, and onto plates without it.

use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{blob, ellipse, pen, tube};
use crate::surface::Surface;
use crate::topping::grill_marks;

/// A leaf of lettuce, about one unit across.
pub(crate) fn lettuce_leaf(b: &mut Brush<'_>) {
    let green = b.dice.color(&[0x7FAE3A, 0x5E9432, 0x9CC454, 0x4C7A2E]);
    let leaf = Surface {
        rim: green * 0.75,
        mottle: 0.25,
        bump: 0.015,
        patch: 0.5,
        gloss: 0.2,
        ..Surface::matte(green)
    };
    let edge = blob(0.9, 0.6, 0.12, 11, b.dice);
    b.fill(&edge, &leaf.round(0.2).lift(0.08));
    let rib = green.mix(Color::hex(0xE8F0C8), 0.6);
    b.fill(
        &pen(&[(-0.8, 0.0), (0.0, 0.03), (0.6, 0.0)], 0.05),
        &Surface::flat(rib).lift(0.0),
    );
}

/// A sausage along the spine: skin, wrinkled ends, perhaps grill marks.
pub(crate) fn sausage(b: &mut Brush<'_>, half: f32, radius: f32, bend: f32) {
    let skin = b
        .dice
        .color(&[0xB0442A, 0xB85636, 0x9A3C24, 0xC8664A, 0xB23A28]);
    let meat = Surface {
        rim: skin * Color::new(0.6, 0.45, 0.4),
        mottle: 0.1,
        gloss: 0.45,
        sharp: 28,
        bump: 0.0008,
        ..Surface::glossy(skin)
    };
    let plump = b.dice.range(0.92..1.0);
    let profile = |t: f32| {
        let t = t.abs();
        radius * (plump + (1.0 - plump) * (1.0 - t)) * (1.0 - t.powi(12)).max(0.0).sqrt()
    };
    let body = tube(half, bend, profile);
    b.fill(&body, &meat.round(radius).lift(0.5 * radius));
    if b.dice.chance(0.45) {
        grill_marks(b, &body, half, radius, bend);
    }
}

/// A round slice with seeds or rings: tomato, cucumber, onion, salami, egg.
pub(crate) fn slice(b: &mut Brush<'_>, radius: f32) {
    const SLICES: [[u32; 2]; 5] = [
        [0xC22A1B, 0xE0604A],
        [0x3E6B2A, 0xCFE0A0],
        [0x8A3A6A, 0xF0E4EA],
        [0xA83A34, 0xC86458],
        [0xF4F0E6, 0xF0B428],
    ];
    let Some(&[rim, heart]) = b.dice.pick(&SLICES) else {
        return;
    };
    let (rim, heart) = (b.dice.color(&[rim]), b.dice.color(&[heart]));
    let wet = Surface {
        gloss: 0.3,
        ..Surface::matte(rim)
    };
    b.fill(
        &ellipse(0.0, 0.0, radius, radius),
        &wet.round(0.04).lift(0.05),
    );
    let inner = blob(0.78 * radius, 0.78 * radius, 0.05, 6, b.dice);
    b.fill(
        &inner,
        &Surface {
            gloss: 0.3,
            ..Surface::flat(heart)
        }
        .lift(0.0),
    );
}

/// A thin thing folded along the spine: cheese or ham that hangs out.
pub(crate) fn folded(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    let color = b.dice.color(&[0xF2B632, 0xF4CE5A, 0xE59A8A, 0xD98878]);
    let phase = b.dice.range(0.0..6.0);
    let sheet = tube(half, bend, |t| {
        wide * (0.85 + 0.25 * (9.0 * t + phase).sin()) * (1.0 - t.powi(20)).max(0.0).sqrt()
    });
    b.fill(
        &sheet,
        &Surface {
            gloss: 0.25,
            ..Surface::flat(color)
        }
        .round(0.06)
        .lift(0.04),
    );
}
