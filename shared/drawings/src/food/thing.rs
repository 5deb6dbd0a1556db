//! Things that are long but that nobody should eat with mustard.

use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{Point, Shape, curve, ellipse, join, moved, pen, polygon, rect, rounded, tube};
use crate::surface::Surface;

/// A pencil.
pub(crate) fn pencil(b: &mut Brush<'_>) {
    let paint = b
        .dice
        .color(&[0xE8B01A, 0xC0282C, 0x2F5D8A, 0x3C7A45, 0x222222]);
    for (y, tone) in [(-0.08, 1.1), (0.0, 1.0), (0.08, 0.65)] {
        let lacquer = Surface {
            gloss: 0.4,
            ..Surface::flat(paint * tone)
        };
        b.fill(&rect(-0.1, y, 0.75, 0.05), &lacquer.lift(0.08));
    }
    let wood = Surface::matte(Color::hex(0xE0BC88)).round(0.1);
    b.fill(&polygon(&[(0.65, -0.13), (1.0, 0.0), (0.65, 0.13)]), &wood);
    let lead = polygon(&[(0.9, -0.04), (1.02, 0.0), (0.9, 0.04)]);
    b.fill(&lead, &Surface::matte(paint * 0.3).round(0.04));
    b.fill(
        &rect(-0.9, 0.0, 0.08, 0.13),
        &Surface::glossy(Color::hex(0xB8BCC0)).round(0.1),
    );
    let rubber = moved(tube(0.12, 0.0, rounded(0.12, 4)), -1.05, 0.0, 0.0);
    b.fill(&rubber, &Surface::matte(Color::hex(0xE08A90)).round(0.1));
}

/// A fish.
pub(crate) fn fish(b: &mut Brush<'_>) {
    let color = b
        .dice
        .color(&[0x8A9AA4, 0xB8A890, 0xC87A5A, 0x6A8A7A, 0xA8B4BC]);
    let fin = Surface {
        gloss: 0.2,
        mottle: 0.3,
        ..Surface::matte(color * 0.7)
    };
    b.fill(
        &curve(&[(-0.6, 0.0), (-1.1, -0.4), (-1.0, 0.0), (-1.1, 0.4)]),
        &fin,
    );
    b.fill(&curve(&[(-0.3, -0.2), (0.0, -0.5), (0.4, -0.25)]), &fin);
    b.fill(&curve(&[(-0.2, 0.2), (0.0, 0.42), (0.2, 0.25)]), &fin);
    let (thick, bend) = (b.dice.range(0.25..0.34), b.dice.sway(0.05));
    let body = tube(0.95, bend, |t: f32| {
        thick * (1.0 - t * t).max(0.0).powf(0.6) * (0.85 + 0.25 * t)
    });
    let skin = Surface {
        rim: color.mix(Color::WHITE, 0.3),
        ..Surface::glossy(color)
    };
    b.fill(&body, &skin.round(thick).lift(0.12));
    b.inside(&body)
        .stain(&join((0..90).map(scale)), color * 0.4, 0.5, 0.004);
    let gill = pen(&[(0.5, -0.18), (0.42, 0.0), (0.5, 0.18)], 0.025);
    b.stain(&gill, color * 0.3, 0.7, 0.01);
    for (r, paint) in [(0.065, 0xF0ECD8), (0.035, 0x101010)] {
        let eye = Surface::glossy(Color::hex(paint)).round(0.03).lift(0.0);
        b.fill(&ellipse(0.7, -0.07, r, r), &eye);
    }
}

/// The edge of one scale of a fish, rows of 15 set off from each other.
fn scale(i: u8) -> Shape {
    let (column, row) = (f32::from(i % 15), f32::from(i / 15));
    let (x, y) = (0.085 * column + 0.04 * (row % 2.0) - 0.8, 0.1 * row - 0.25);
    pen(&[(x, y - 0.04), (x - 0.04, y), (x, y + 0.04)], 0.012)
}

/// A dachshund: the sausage dog that is no hot dog.
pub(crate) fn dachshund(b: &mut Brush<'_>) {
    let coat = b.dice.color(&[0x8A4A20, 0x6A3416, 0xA8622E, 0x2E2018]);
    let fur = Surface {
        rim: coat * 0.6,
        mottle: 0.2,
        patch: 0.15,
        bump: 0.001,
        ..Surface::matte(coat)
    };
    let dark = Surface {
        color: coat * 0.75,
        ..fur
    };
    b.fill(
        &pen(&[(-0.75, -0.05), (-1.0, -0.2), (-1.1, -0.45)], 0.07),
        &fur.round(0.04),
    );
    for (x, paint) in [(-0.5, dark), (0.5, dark), (-0.65, fur), (0.38, fur)] {
        let leg = pen(&[(x, 0.15), (x - 0.02, 0.45), (x + 0.06, 0.5)], 0.14);
        b.fill(&leg, &paint.round(0.08));
    }
    b.fill(
        &tube(0.85, 0.04, rounded(0.24, 5)),
        &fur.round(0.24).lift(0.02),
    );
    dachshund_head(b, &fur, &dark);
    if b.dice.chance(0.6) {
        let collar = Surface::glossy(b.dice.color(&[0xC0282C, 0x2F5D8A, 0xE8B01A]));
        b.fill(
            &pen(&[(0.55, -0.22), (0.8, -0.14)], 0.07),
            &collar.round(0.03).lift(0.02),
        );
    }
}

const SNOUT: [Point; 6] = [
    (0.62, -0.55),
    (0.95, -0.52),
    (1.2, -0.36),
    (1.3, -0.26),
    (1.1, -0.2),
    (0.7, -0.18),
];
const EAR: [Point; 5] = [
    (0.7, -0.55),
    (0.82, -0.3),
    (0.74, 0.0),
    (0.6, -0.08),
    (0.58, -0.35),
];

fn dachshund_head(b: &mut Brush<'_>, fur: &Surface, dark: &Surface) {
    b.fill(
        &pen(&[(0.62, -0.08), (0.78, -0.3)], 0.27),
        &fur.round(0.14).lift(0.0),
    );
    b.fill(&curve(&SNOUT), &fur.round(0.16).lift(0.03));
    b.fill(&curve(&EAR), &dark.round(0.1).lift(0.05));
    let black = Surface::glossy(Color::hex(0x0C0A0A)).round(0.03).lift(0.0);
    b.fill(&ellipse(1.22, -0.31, 0.055, 0.045), &black);
    b.fill(&ellipse(0.93, -0.42, 0.03, 0.03), &black);
}
