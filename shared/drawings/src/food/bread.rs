//! Bread and pastry.

use std::f32::consts::TAU;

use super::bun::{Bun, CRUSTS};
use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{Point, ellipse, join, moved, pen, rect, rounded, spine, stroke, tube};
use crate::surface::Surface;
use crate::topping::dress;

/// A hot dog bun that is still empty, perhaps with sauce.
pub(crate) fn empty_bun(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.1);
    bun.opened(b);
    let lobe = bun.wide * b.dice.range(0.34..0.42);
    let off = bun.wide - 0.8 * lobe;
    bun.lobe(b, -off, lobe);
    bun.lobe(b, off, lobe);
    if b.dice.chance(0.5) {
        dress(b, 0.8 * bun.half, 0.22 * bun.wide, bun.bend);
    }
}

/// A whole long roll from the side.
pub(crate) fn closed_bun(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.1);
    bun.lobe(b, -0.05, 0.85 * bun.wide);
    bun.lobe(b, 0.14, 0.6 * bun.wide);
}

/// A baguette with cuts.
pub(crate) fn baguette(b: &mut Brush<'_>) {
    let crust = b.dice.color(&CRUSTS);
    let bend = b.dice.sway(0.1);
    let body = tube(1.15, bend, rounded(b.dice.range(0.2..0.28), 3));
    b.fill(
        &body,
        &Surface {
            mottle: 0.3,
            ..Surface::baked(crust)
        }
        .round(0.22),
    );
    let cuts = b.dice.count(4..7);
    let cut = |i: u32| {
        let (x, y) = spine(1.0, bend, 1.8 * (i as f32 + 0.5) / cuts as f32 - 0.9);
        moved(ellipse(0.0, 0.0, 0.17, 0.045), x, y, -35.0)
    };
    let pale = crust.mix(Color::hex(0xF6E7C4), 0.65);
    b.inside(&body)
        .fill(&join((0..cuts).map(cut)), &Surface::crumb(pale).round(0.04));
}

/// A croissant: a bent body under rolled layers, thick in the middle.
pub(crate) fn croissant(b: &mut Brush<'_>) {
    let crust = Surface {
        gloss: 0.3,
        ..Surface::baked(b.dice.color(&CRUSTS))
    };
    let bend = b.dice.range(0.3..0.55);
    let body = tube(0.95, bend, |t: f32| 0.36 - 0.26 * t * t);
    b.fill(&body, &crust.round(0.3));
    for i in [0, 6, 1, 5, 2, 4, 3] {
        let t = (i as f32 - 3.0) / 3.4;
        let (x, y) = spine(0.95, bend, t);
        let wide = 0.42 - 0.27 * t * t;
        let lean = (2.0 * bend * t / 0.95).atan().to_degrees() + 14.0 * t;
        let layer = moved(
            tube(wide, 0.0, rounded(0.19 - 0.07 * t * t, 4)),
            x,
            y,
            90.0 + lean,
        );
        b.fill(&layer, &crust.round(0.2).lift(0.04));
    }
}

/// A doughnut with icing and sprinkles.
pub(crate) fn doughnut(b: &mut Brush<'_>) {
    let dough = Surface::baked(b.dice.color(&[0xC98436, 0xD9A45A, 0x6A3C1E]));
    b.fill(
        &stroke(&ellipse(0.0, 0.0, 0.48, 0.48), 0.52),
        &dough.round(0.26),
    );
    let color = b
        .dice
        .color(&[0xF2A0B8, 0x4A2412, 0xF4EEE2, 0xE8C46A, 0x9AC8E0, 0xB3140C]);
    let wave = b.dice.range(0.02..0.05);
    let ring: Vec<_> = (0..40)
        .map(|i| {
            let angle = TAU * i as f32 / 40.0;
            let r = 0.48 + wave * (7.0 * angle).sin();
            (r * angle.cos(), r * angle.sin())
        })
        .collect();
    let icing = Surface {
        bulge: 0.6,
        ..Surface::glossy(color)
    };
    let closed: Vec<_> = ring.iter().chain(ring.iter().take(2)).copied().collect();
    b.fill(&pen(&closed, 0.38), &icing.round(0.18).lift(0.02));
    if b.dice.chance(0.6) {
        sprinkles(b);
    }
}

fn sprinkles(b: &mut Brush<'_>) {
    for candy in [0xE23A4A, 0xF6D04A, 0x4AA0E0, 0x6AC06A, 0xF8F8F8] {
        let mut all = Vec::new();
        for _ in 0..9 {
            let (angle, r) = (b.dice.range(0.0..TAU), b.dice.range(0.36..0.6));
            let stick = pen(&[(-0.035, 0.0), (0.035, 0.0)], 0.025);
            all.push(moved(
                stick,
                r * angle.cos(),
                r * angle.sin(),
                b.dice.range(0.0..180.0),
            ));
        }
        b.fill(
            &join(all),
            &Surface::glossy(Color::hex(candy)).round(0.015).lift(0.015),
        );
    }
}

/// An eclair: choux dough under icing.
pub(crate) fn eclair(b: &mut Brush<'_>) {
    let bend = b.dice.sway(0.08);
    let wide = b.dice.range(0.3..0.38);
    let dough = Surface::baked(b.dice.color(&CRUSTS));
    b.fill(&tube(0.98, bend, rounded(wide, 8)), &dough.round(wide));
    let color = b
        .dice
        .color(&[0x2E140A, 0x2E140A, 0xF2E4C8, 0xB89AC8, 0xA8C078, 0xE8C46A]);
    let (phase, drip) = (b.dice.range(0.0..6.0), b.dice.range(0.06..0.14));
    let end = rounded(0.72 * wide, 8);
    let icing = tube(0.88, bend, |t| {
        end(t) * (1.0 + drip * (14.0 * t + phase).sin())
    });
    b.fill(
        &icing,
        &Surface {
            bulge: 0.7,
            ..Surface::glossy(color)
        }
        .round(0.2)
        .lift(0.02),
    );
}

/// One arm of a pretzel, from its bow to where it crosses the other and on.
const ARM: [Point; 6] = [
    (0.78, 0.16),
    (0.85, -0.35),
    (0.55, -0.72),
    (0.2, -0.5),
    (-0.15, 0.05),
    (-0.42, 0.58),
];

/// A pretzel: one rope in a knot, with salt.
pub(crate) fn pretzel(b: &mut Brush<'_>) {
    let crust = b.dice.color(&[0x8A4A1C, 0x6A3414, 0xA8602A]);
    let width = b.dice.range(0.16..0.24);
    let rope = Surface {
        gloss: 0.35,
        ..Surface::baked(crust)
    }
    .round(0.5 * width);
    let bow = |i: u8| {
        let angle = TAU * (0.02 + 0.46 * f32::from(i) / 19.0);
        (0.78 * angle.cos(), 0.1 + 0.55 * angle.sin())
    };
    let bow: Vec<Point> = (0..20).map(bow).collect();
    b.fill(&pen(&bow, width), &rope);
    let other = ARM.map(|(x, y)| (-x, y));
    for arm in [ARM, other] {
        b.fill(&pen(&arm, width), &rope.lift(0.06));
    }
    let mut salt = Vec::new();
    for (x, y) in bow.into_iter().chain(ARM).chain(other) {
        salt.push(rect(
            x + b.dice.sway(0.05),
            y + b.dice.sway(0.05),
            0.018,
            0.014,
        ));
    }
    b.fill(&join(salt), &Surface::flat(Color::WHITE).lift(0.01));
}
