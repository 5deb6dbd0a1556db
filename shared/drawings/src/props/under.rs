//! What subjects lie on.

use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{ellipse, join, pen, polygon, rect, rounded, stroke, tube};
use crate::surface::Surface;

/// A round plate.
pub(crate) fn plate(b: &mut Brush<'_>) {
    let color = b.dice.color(&[
        0xF4F2EC, 0xF4F2EC, 0xE4E7E8, 0x4A5A68, 0xC8B8A0, 0x9DB5B0, 0x2B2B2E,
    ]);
    let r = b.dice.range(1.15..1.45);
    let china = Surface {
        gloss: 0.35,
        sharp: 60,
        mottle: 0.02,
        ..Surface::matte(color)
    };
    b.fill(&ellipse(0.0, 0.0, r, r), &china.round(0.1).lift(0.12));
    let well = stroke(&ellipse(0.0, 0.0, 0.76 * r, 0.76 * r), 0.05);
    b.stain(&well, color * 0.75, 0.5, 0.02);
    if b.dice.chance(0.3) {
        let ring = b.dice.color(&[0x2B4C8C, 0xB5202A, 0xC79A3A, 0x3C7A45]);
        b.stain(
            &stroke(&ellipse(0.0, 0.0, 0.93 * r, 0.93 * r), 0.03),
            ring,
            0.9,
            0.0,
        );
    }
}

/// A wooden board.
pub(crate) fn board(b: &mut Brush<'_>) {
    let color = b.dice.color(&[0xB98552, 0x8A5A33, 0xD3A878, 0x5B4030]);
    let wood = Surface {
        mottle: 0.12,
        patch: 0.5,
        ..Surface::matte(color)
    };
    let outline = tube(
        b.dice.range(1.25..1.5),
        0.0,
        rounded(b.dice.range(0.7..0.95), 14),
    );
    b.fill(&outline, &wood.round(0.05).lift(0.1));
    let mut wood = b.inside(&outline);
    for _ in 0..14 {
        let y = wood.dice.sway(0.9);
        let (bow, width) = (wood.dice.sway(0.1), wood.dice.range(0.01..0.05));
        wood.stain(
            &pen(&[(-1.6, y), (0.0, y + bow), (1.6, y)], width),
            color,
            0.45,
            0.01,
        );
    }
}

/// A paper tray with checks.
pub(crate) fn tray(b: &mut Brush<'_>) {
    let paper = b.dice.color(&[0xF3EDE0, 0xC9A878, 0xE8E8E6]);
    let dye = b.dice.color(&[0xC0282C, 0x2F5D8A, 0x3C7A45, 0xC9A878]);
    let outline = tube(1.35, 0.0, rounded(0.72, 16));
    b.fill(
        &outline,
        &Surface {
            bulge: 1.2,
            ..Surface::flat(paper)
        }
        .round(0.1)
        .lift(0.1),
    );
    let checks = |i: i32| {
        let (x, y) = (i % 19, i / 19);
        ((x + y) % 2 == 0)
            .then(|| rect(0.15 * x as f32 - 1.35, 0.15 * y as f32 - 0.75, 0.075, 0.075))
    };
    b.inside(&outline).stain(
        &join((0..19 * 11).filter_map(checks).collect::<Vec<_>>()),
        dye,
        0.85,
        0.0,
    );
    let floor = tube(1.18, 0.0, rounded(0.56, 16));
    b.stain(&stroke(&floor, 0.05), Color::hex(0x7A6A5A), 0.6, 0.03);
}

/// A paper napkin, laid flat.
pub(crate) fn napkin(b: &mut Brush<'_>) {
    let color = b
        .dice
        .color(&[0xF5F3EE, 0xD9E4EA, 0xB5202A, 0xE8D9B5, 0x8FA98F]);
    let (w, h) = (b.dice.range(0.9..1.4), b.dice.range(0.7..1.1));
    let mut edge = |x: f32, y: f32| (x + b.dice.sway(0.06), y + b.dice.sway(0.06));
    let corners = [edge(-w, -h), edge(w, -h), edge(w, h), edge(-w, h)];
    let paper = Surface {
        mottle: 0.05,
        patch: 0.6,
        bump: 0.006,
        ..Surface::flat(color)
    };
    b.fill(&polygon(&corners), &paper.lift(0.04));
    b.stain(&pen(&[(0.0, -h), (0.02, h)], 0.02), color * 0.6, 0.5, 0.01);
}
