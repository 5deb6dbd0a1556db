//! Sauces, seeds and bits that go on hot dogs and on everything else alike.

use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{Shape, ellipse, join, moved, pen, rect, spine, stroke, zigzag};
use crate::surface::Surface;

/// Mustard, ketchup, mayonnaise, barbecue sauce.
pub(crate) const SAUCES: [u32; 6] = [0xE6B80C, 0xE6B80C, 0xB3140C, 0xB3140C, 0xF3E9CF, 0x4A1A0C];

/// Squeezes a line of sauce.
pub(crate) fn squeeze(b: &mut Brush<'_>, path: &Shape, width: f32, color: Color) {
    let sauce = Surface {
        bulge: 1.0,
        rim: color * 0.7,
        ..Surface::glossy(color)
    };
    b.fill(&stroke(path, width), &sauce.round(0.5 * width).lift(0.03));
}

/// Sauces or bits or nothing, along the spine of something so long and wide.
pub(crate) fn dress(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    let looks: [fn(&mut Brush<'_>, f32, f32, f32); 9] = [
        swing,
        swing,
        swing,
        straight,
        both,
        crumbs,
        relish_and_swing,
        bare,
        bare,
    ];
    if let Some(look) = b.dice.pick(&looks) {
        look(b, half, wide, bend);
    }
}

fn bare(_: &mut Brush<'_>, _: f32, _: f32, _: f32) {}

fn swing(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    let color = b.dice.color(&SAUCES);
    let (turns, width) = (b.dice.count(7..20), b.dice.range(0.05..0.09));
    squeeze(b, &zigzag(half, wide, turns, bend), width, color);
}

fn straight(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    let color = b.dice.color(&SAUCES);
    let side = b.dice.sway(0.4) * wide;
    let path = moved(zigzag(half, 0.15 * wide, 8, bend), 0.0, side, 0.0);
    let width = b.dice.range(0.06..0.1);
    squeeze(b, &path, width, color);
}

fn both(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    straight(b, half, wide, bend);
    swing(b, half, wide, bend);
}

fn relish_and_swing(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    crumbs(b, half, wide, bend);
    swing(b, half, 0.7 * wide, bend);
}

/// Relish, onions, herbs, cheese: many bits along the spine.
fn crumbs(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    const BITS: [[u32; 2]; 4] = [
        [0x6E8B2A, 0x9AAF3E],
        [0xF2EAD8, 0xE0CFA8],
        [0xC23A22, 0xE0D8C8],
        [0xE8A83A, 0xF2C868],
    ];
    let Some(palette) = b.dice.pick(&BITS) else {
        return;
    };
    for _ in 0..3 {
        let surface = Surface::glossy(b.dice.color(palette))
            .round(0.03)
            .lift(0.02);
        let mut bits = Vec::new();
        for _ in 0..b.dice.count(10..22) {
            let (x, y) = spine(half, bend, b.dice.sway(1.0));
            let turn = b.dice.range(0.0..180.0);
            let size = b.dice.range(0.02..0.045);
            bits.push(moved(
                rect(0.0, 0.0, size * 1.4, size),
                x,
                y + b.dice.sway(wide),
                turn,
            ));
        }
        b.fill(&join(bits), &surface);
    }
}

/// Sesame, poppy or nothing, scattered along a spine.
pub(crate) fn seeds(b: &mut Brush<'_>, half: f32, wide: f32, bend: f32) {
    let seed = b.dice.color(&[0xF0DFB0, 0xF0DFB0, 0x2A2420]);
    let mut all = Vec::new();
    for _ in 0..b.dice.count(14..40) {
        let t = b.dice.sway(0.9);
        let (x, y) = spine(half, bend, t);
        let y = y + b.dice.sway(wide) * (1.0 - 0.4 * t * t);
        all.push(moved(
            ellipse(0.0, 0.0, 0.028, 0.017),
            x,
            y,
            b.dice.range(0.0..180.0),
        ));
    }
    b.fill(&join(all), &Surface::glossy(seed).round(0.015).lift(0.012));
}

/// Dark slanted stripes on a body along a spine.
pub(crate) fn grill_marks(b: &mut Brush<'_>, body: &Shape, half: f32, radius: f32, bend: f32) {
    let (count, slant) = (b.dice.count(4..9), b.dice.sway(0.8) * radius);
    let mark = |i: u32| {
        let (x, y) = spine(half, bend, 1.7 * (i as f32 + 0.5) / count as f32 - 0.85);
        pen(&[(x - slant, y - radius), (x + slant, y + radius)], 0.05)
    };
    let strength = b.dice.range(0.4..0.85);
    b.inside(body).stain(
        &join((0..count).map(mark)),
        Color::hex(0x2A1008),
        strength,
        0.015,
    );
}
