//! Fruit and vegetables, the long ones.

use crate::brush::Brush;
use crate::color::Color;
use crate::filling::slice;
use crate::shape::{Shape, blob, ellipse, join, moved, pen, rounded, spine, stroke, tube};
use crate::surface::Surface;
use crate::topping::dress;

/// A banana.
pub(crate) fn banana(b: &mut Brush<'_>) {
    let bend = b.dice.range(0.25..0.5);
    let radius = b.dice.range(0.17..0.23);
    banana_at(b, 1.0, radius, bend);
}

/// A banana so long, thick and bent.
pub(crate) fn banana_at(b: &mut Brush<'_>, half: f32, radius: f32, bend: f32) {
    let peel = b.dice.color(&[0xF0CC3A, 0xF4D860, 0xD8C040, 0xC8C850]);
    let body = tube(half, bend, |t: f32| {
        let stem = (1.0 + 8.0 * (t - 0.8).max(0.0)).recip();
        radius * (1.0 - 0.3 * t * t) * blunt(t, 10) * stem
    });
    let skin = Surface {
        gloss: 0.2,
        sharp: 12,
        rim: peel * Color::new(0.75, 0.6, 0.3),
        ..Surface::matte(peel)
    };
    b.fill(&body, &skin.round(0.9 * radius).lift(0.1));
    let points: Vec<_> = (-8..9)
        .map(|i| spine(0.9 * half, bend, i as f32 / 8.0))
        .collect();
    let ridge = |off: f32| moved(pen(&points, 0.02), 0.0, off * radius, 0.0);
    b.inside(&body)
        .stain(&join([ridge(-0.15), ridge(0.4)]), peel * 0.6, 0.5, 0.015);
    let mut spots = vec![];
    for (x, y) in [-1.0, 1.0].map(|t| spine(half, bend, t)) {
        spots.push(ellipse(x, y, 0.05, 0.08));
    }
    for _ in 0..b.dice.count(0..14) {
        let (x, y) = spine(0.9 * half, bend, b.dice.sway(1.0));
        let r = b.dice.range(0.008..0.03);
        spots.push(ellipse(x, y + b.dice.sway(radius), 1.5 * r, r));
    }
    b.inside(&body)
        .stain(&join(spots), Color::hex(0x4A2A12), 0.8, 0.01);
}

/// A factor that rounds off the ends of a tube, more abruptly for a higher power.
fn blunt(t: f32, power: i32) -> f32 {
    (1.0 - t.powi(power)).max(0.0).sqrt()
}

/// A carrot with its green.
pub(crate) fn carrot(b: &mut Brush<'_>) {
    for _ in 0..7 {
        let (turn, length) = (180.0 + b.dice.sway(35.0), b.dice.range(0.3..0.6));
        let green = Surface::matte(b.dice.color(&[0x4A7A2A, 0x6A9A3A]));
        let stalk = moved(pen(&[(0.0, 0.0), (length, 0.05)], 0.05), -0.8, 0.0, turn);
        b.fill(&stalk, &green.round(0.03));
    }
    let orange = b.dice.color(&[0xE8741E, 0xD8601A, 0xF08A3A]);
    let (thick, bend) = (b.dice.range(0.2..0.3), b.dice.sway(0.08));
    let body = tube(0.95, bend, |t: f32| {
        thick * (0.55 - 0.45 * t) * blunt(t, 14)
    });
    let skin = Surface {
        gloss: 0.2,
        mottle: 0.12,
        ..Surface::matte(orange)
    };
    b.fill(&body, &skin.round(thick).lift(0.12));
    let mut rings = Vec::new();
    for _ in 0..12 {
        let (x, y) = spine(0.95, bend, b.dice.sway(0.9));
        let (up, down) = (b.dice.range(0.05..0.25), b.dice.range(0.0..0.2));
        rings.push(pen(&[(x, y - up), (x + 0.02, y), (x, y + down)], 0.015));
    }
    b.inside(&body)
        .stain(&join(rings), orange * 0.5, 0.6, 0.008);
}

/// A corn cob, sometimes in its leaves or with sauce.
pub(crate) fn corn(b: &mut Brush<'_>) {
    let radius = b.dice.range(0.22..0.3);
    if b.dice.chance(0.5) {
        husk(b);
    }
    let yellow = b.dice.color(&[0xF0C43A, 0xF4D46A, 0xE0A82A]);
    let body = tube(0.98, 0.0, |t: f32| {
        radius * (1.0 - 0.25 * t.max(0.0).powi(2)) * blunt(t, 8)
    });
    b.fill(
        &body,
        &Surface::matte(yellow * 0.55).round(radius).lift(0.12),
    );
    let kernel = Surface::glossy(yellow).round(0.035).lift(0.0);
    b.inside(&body)
        .fill(&join((-3..4).map(|row| kernels(row, radius))), &kernel);
    let dark_side = stroke(&tube(0.98, 0.0, rounded(radius, 8)), 0.35 * radius);
    b.inside(&body).stain(&dark_side, yellow * 0.4, 0.5, 0.04);
    if b.dice.chance(0.5) {
        dress(b, 0.8, 0.6 * radius, 0.0);
    }
}

fn husk(b: &mut Brush<'_>) {
    let green = b.dice.color(&[0x8AAE4A, 0xB8C878, 0x6A8E3A]);
    let leaf = Surface {
        mottle: 0.2,
        ..Surface::matte(green)
    }
    .round(0.15);
    for turn in [-14.0, 10.0, 0.0] {
        b.fill(
            &moved(
                tube(0.55, 0.08, |t: f32| 0.22 * (1.0 - t * t)),
                -0.75,
                0.0,
                turn,
            ),
            &leaf,
        );
    }
}

/// A row of kernels; rows crowd towards the edge, for the cob is round.
fn kernels(row: i32, radius: f32) -> Shape {
    let (sin, cos) = (row as f32 * 0.42).sin_cos();
    let shift = 0.02 * (row % 2) as f32;
    join((-16..17).map(|i| {
        ellipse(
            0.06 * i as f32 + shift,
            0.95 * radius * sin,
            0.031,
            0.2 * radius * cos,
        )
    }))
}

/// A cucumber, perhaps partly sliced.
pub(crate) fn cucumber(b: &mut Brush<'_>) {
    let green = b.dice.color(&[0x2E5A24, 0x3E6E2E, 0x5A8A3E]);
    let (bend, radius) = (b.dice.sway(0.12), b.dice.range(0.17..0.24));
    let body = tube(1.0, bend, rounded(radius, 6));
    let skin = Surface {
        gloss: 0.35,
        mottle: 0.25,
        bump: 0.01,
        patch: 0.15,
        ..Surface::glossy(green)
    };
    b.fill(&body, &skin.round(radius).lift(0.12));
    let streak = |off: f32| {
        moved(
            pen(&[(-0.8, 0.0), (0.0, -0.4 * bend), (0.8, 0.0)], 0.03),
            0.0,
            off,
            0.0,
        )
    };
    let pale = green.mix(Color::hex(0xC8E090), 0.4);
    b.inside(&body).fill(
        &join([streak(-0.4 * radius), streak(0.2 * radius)]),
        &Surface::flat(pale).lift(0.0),
    );
    for i in 0..b.dice.count(0..5) {
        slice(&mut b.shifted(0.55 + 0.17 * i as f32, 0.1), radius);
    }
}

/// An aubergine.
pub(crate) fn aubergine(b: &mut Brush<'_>) {
    let purple = b.dice.color(&[0x3A1A3E, 0x4A2450, 0x2A1430]);
    let (bend, thick) = (b.dice.sway(0.15), b.dice.range(0.28..0.36));
    let body = tube(0.9, bend, |t: f32| {
        thick * (0.8 + 0.25 * t) * (1.0 - t.powi(6)).max(0.0).sqrt()
    });
    b.fill(
        &body,
        &Surface {
            gloss: 0.7,
            ..Surface::glossy(purple)
        }
        .round(thick)
        .lift(0.15),
    );
    let (x, y) = spine(0.9, bend, -0.92);
    let green = Surface::matte(b.dice.color(&[0x4A7A2A, 0x6A8A3A]));
    let patch = moved(blob(0.2, 0.2, 0.3, 5, b.dice), x, y, 0.0);
    b.fill(&patch, &green.lift(0.03));
    b.fill(
        &moved(pen(&[(0.0, 0.0), (-0.25, -0.05)], 0.08), x, y, 0.0),
        &green.round(0.04),
    );
}

/// A chilli pepper.
pub(crate) fn chilli(b: &mut Brush<'_>) {
    let red = b.dice.color(&[0xC01A12, 0xD83A1A, 0x4A8A2A, 0xE8A020]);
    let (bend, thick) = (b.dice.range(0.1..0.3), b.dice.range(0.13..0.2));
    let body = tube(0.95, bend, |t: f32| {
        thick * (1.0 - 0.5 * (t + 1.0) * 0.95) * (1.0 - t.powi(16)).max(0.0).sqrt()
    });
    b.fill(&body, &Surface::glossy(red).round(thick).lift(0.12));
    let (x, y) = spine(0.95, bend, -0.97);
    let green = Surface::matte(Color::hex(0x5A8A2E));
    b.fill(&ellipse(x, y, 0.09, 0.13), &green.round(0.09));
    b.fill(
        &moved(
            pen(&[(0.0, 0.0), (-0.15, 0.05), (-0.3, -0.02)], 0.06),
            x,
            y,
            0.0,
        ),
        &green.round(0.03),
    );
}
