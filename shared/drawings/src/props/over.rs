//! What lies over a subject's end.

use crate::brush::Brush;
use crate::color::Color;
use crate::filling::lettuce_leaf;
use crate::shape::{blob, curve, ellipse, join, moved, pen, polygon, rounded, tube};
use crate::surface::Surface;
use crate::topping::SAUCES;

/// Leaves of lettuce that hide one end.
pub(crate) fn leaves_over(b: &mut Brush<'_>) {
    let y = b.dice.sway(0.4);
    for _ in 0..b.dice.count(1..3) {
        let (dx, turn) = (b.dice.sway(0.2), b.dice.range(0.0..360.0));
        lettuce_leaf(&mut b.at(0.95 + dx, y, 1.0, turn, 0.35));
    }
}

/// A drop of sauce gone astray.
pub(crate) fn puddle(b: &mut Brush<'_>) {
    let sauce = b.dice.color(&SAUCES);
    let (x, y, r) = (
        0.9 + b.dice.sway(0.3),
        b.dice.sway(0.5),
        b.dice.range(0.08..0.22),
    );
    let shape = blob(r, 0.8 * r, 0.18, 5, b.dice);
    b.fill(
        &moved(shape, x, y, 0.0),
        &Surface::glossy(sauce).round(0.07).lift(0.02),
    );
}

/// A fork from one end.
pub(crate) fn fork(b: &mut Brush<'_>) {
    let steel = Surface::glossy(b.dice.color(&[0xB8BCC0, 0xA0A4A8, 0xE8E8E8, 0xC8A860]));
    let y = b.dice.sway(0.3);
    let tine = |i: i32| {
        pen(
            &[(0.55, 0.06 * i as f32 + y), (0.9, 0.06 * i as f32 + y)],
            0.03,
        )
    };
    let neck = curve(&[
        (0.85, y - 0.1),
        (1.1, y - 0.08),
        (1.2, y),
        (1.1, y + 0.28),
        (0.85, y + 0.28),
    ]);
    let handle = pen(&[(1.1, y + 0.09), (1.4, y + 0.09), (2.6, y + 0.12)], 0.08);
    b.fill(
        &join((0..4).map(tine).chain([neck, handle])),
        &steel.round(0.05).lift(0.12),
    );
}

/// A folded paper or cloth that hides one end.
pub(crate) fn corner(b: &mut Brush<'_>) {
    let color = b
        .dice
        .color(&[0xF5F3EE, 0xF5F3EE, 0xD9E4EA, 0xC24A4A, 0xC9A878, 0x8FA98F]);
    let (x, slant) = (b.dice.range(0.58..0.9), b.dice.sway(0.25));
    let paper = Surface {
        mottle: 0.05,
        patch: 0.5,
        bump: 0.003,
        ..Surface::flat(color)
    };
    // The second layer lies a little askew on the first.
    for (back, tone) in [(0.0, 0.9), (0.1, 1.0)] {
        let (x, slant) = (x + back, slant + back);
        let edge = [
            (x + slant, -1.1),
            (x, -0.1),
            (x - slant, 1.1),
            (2.0, 1.2),
            (2.1, -1.2),
        ];
        let sheet = Surface {
            color: color * tone,
            rim: color * tone,
            ..paper
        };
        b.fill(&polygon(&edge), &sheet.round(0.06).lift(0.1));
    }
    let crease = pen(&[(x + 0.4, -1.1), (x + 0.5, 0.0), (x + 0.35, 1.1)], 0.04);
    b.stain(&crease, color * 0.7, 0.4, 0.03);
}

/// A hand that reaches in from one end and holds it.
pub(crate) fn fingers(b: &mut Brush<'_>) {
    let skin = b
        .dice
        .color(&[0xE8B898, 0xC98A62, 0x8A5436, 0x5A3422, 0xF0CDB4]);
    let flesh = Surface {
        gloss: 0.12,
        rim: skin * Color::new(0.75, 0.5, 0.42),
        ..Surface::matte(skin)
    };
    let x = b.dice.range(0.75..1.0);
    b.fill(
        &moved(tube(0.9, 0.1, rounded(0.5, 6)), x + 1.25, 0.1, 0.0),
        &flesh.round(0.4).lift(0.3),
    );
    for i in 0..4 {
        let (y, reach) = (-0.42 + 0.24 * i as f32, b.dice.sway(0.06));
        let finger = |t: f32| 0.12 * (1.0 - (0.5 - 0.5 * t).powi(8)).max(0.0).sqrt();
        let (x, turn) = (x + 0.25 + reach, 5.0 * (i as f32 - 1.5));
        b.fill(
            &moved(tube(0.45, 0.03, finger), x, y, turn),
            &flesh.round(0.12).lift(0.1),
        );
        let nail = moved(ellipse(-0.36, -0.01, 0.055, 0.065), x, y, turn);
        b.fill(
            &nail,
            &Surface::glossy(skin.mix(Color::hex(0xF6DAD0), 0.6))
                .round(0.03)
                .lift(0.0),
        );
    }
}
