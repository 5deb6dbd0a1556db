//! Things in a long bun, a shell or a tortilla.

use std::f32::consts::PI;

use super::bun::Bun;
use super::produce::banana_at;
use crate::brush::Brush;
use crate::color::Color;
use crate::filling::{folded, lettuce_leaf, slice};
use crate::shape::{Shape, moved, pen, polygon, rect, rounded, tube};
use crate::surface::Surface;
use crate::topping::{dress, grill_marks};

/// A sub from above: a bun full of anything but a sausage.
pub(crate) fn sub(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.1);
    bun.opened(b);
    bun.halves(b);
    filling(b, &bun);
    if b.dice.chance(0.7) {
        dress(b, 0.8 * bun.half, 0.4 * bun.wide, bun.bend);
    }
}

/// A sub from the side.
pub(crate) fn sub_upright(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.0);
    bun.lobe(b, -0.02, 0.8 * bun.wide);
    filling(&mut b.shifted(0.0, -0.55 * bun.wide), &bun);
    let mut crest = b.shifted(0.0, -0.8 * bun.wide);
    dress(&mut crest, 0.7, 0.08, bun.bend);
    bun.lobe(b, 0.12, 0.72 * bun.wide);
}

fn filling(b: &mut Brush<'_>, bun: &Bun) {
    for i in 0..5 {
        let (turn, y) = (b.dice.range(0.0..360.0), b.dice.sway(0.06));
        lettuce_leaf(&mut b.at(0.4 * i as f32 - 0.8, y, 1.0, turn, 0.36));
    }
    if b.dice.chance(0.6) {
        folded(b, 0.88 * bun.half, 0.5 * bun.wide, bun.bend);
    }
    let (many, radius) = (b.dice.count(4..8), bun.wide * b.dice.range(0.42..0.6));
    for i in 0..many {
        let (x, y) = (
            1.5 * (i as f32 + 0.5) / many as f32 - 0.75,
            b.dice.sway(0.05),
        );
        slice(&mut b.shifted(x, y), radius);
    }
}

/// A banana that lies where the sausage should.
pub(crate) fn banana_bun(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, 0.05..0.12);
    bun.opened(b);
    bun.halves(b);
    banana_at(b, 1.08, 0.5 * bun.wide, 1.6 * bun.bend);
}

/// A taco: a folded shell with filling above its edge.
pub(crate) fn taco(b: &mut Brush<'_>) {
    let shell = b.dice.color(&[0xE8BC5A, 0xD9A040, 0xF0D080, 0xE0C8A0]);
    let crust = Surface {
        mottle: 0.3,
        patch: 0.1,
        bump: 0.001,
        bulge: 0.4,
        ..Surface::baked(shell)
    };
    b.fill(
        &moved(half_disk(0.96, 0.9), 0.05, -0.05, 0.0),
        &crust.round(0.1),
    );
    for i in 0..9 {
        let angle = 0.25 + 2.64 * i as f32 / 8.0;
        let (x, y) = (-0.78 * angle.cos(), 0.3 - 0.78 * angle.sin());
        let turn = b.dice.range(0.0..360.0);
        let mut spot = b.at(x, y, 1.0, turn, 0.25);
        match i % 3 {
            0 => lettuce_leaf(&mut spot),
            1 => slice(&mut spot, 0.44),
            _ => chunk(&mut spot),
        }
    }
    b.fill(&half_disk(0.92, 0.82), &crust.round(0.25));
}

fn half_disk(rx: f32, ry: f32) -> Shape {
    let point = |i: u8| {
        let (sin, cos) = (PI * f32::from(i) / 16.0).sin_cos();
        (-rx * cos, 0.48 - ry * sin)
    };
    polygon(&(0..=16).map(point).collect::<Vec<_>>())
}

/// A piece of fried meat.
fn chunk(b: &mut Brush<'_>) {
    let meat = Surface {
        mottle: 0.4,
        ..Surface::matte(Color::hex(0x5A3018))
    };
    b.fill(&rect(0.0, 0.0, 0.48, 0.28), &meat.round(0.3));
}

/// A tortilla wrap, toasted.
pub(crate) fn wrap(b: &mut Brush<'_>) {
    let flour = b.dice.color(&[0xEBD9B0, 0xE0C690, 0xD8C8A8, 0xC9B070]);
    let (bend, wide) = (b.dice.sway(0.06), b.dice.range(0.25..0.33));
    let body = tube(0.98, bend, rounded(wide, 16));
    b.fill(
        &body,
        &Surface {
            mottle: 0.3,
            patch: 0.2,
            gloss: 0.08,
            ..Surface::baked(flour)
        }
        .round(wide),
    );
    b.stain(
        &pen(&[(-0.95, 0.05), (0.0, -0.02), (0.95, 0.1)], 0.02),
        flour * 0.3,
        0.7,
        0.015,
    );
    if b.dice.chance(0.6) {
        grill_marks(b, &body, 0.95, wide, bend);
    }
    if b.dice.chance(0.6) {
        let end = if b.dice.chance(0.5) { 0.95 } else { -0.95 };
        slice(&mut b.shifted(end, 0.0), 0.6 * wide);
        lettuce_leaf(&mut b.at(end, 0.05, 1.0, 80.0, 0.25));
    }
}
