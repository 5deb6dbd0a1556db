//! Dishes: sausages without bread, pizza, salad, sushi.

use std::f32::consts::TAU;

use crate::brush::Brush;
use crate::color::Color;
use crate::filling::{lettuce_leaf, sausage, slice};
use crate::shape::{blob, curve, ellipse, join, moved, pen, polygon, rounded, tube};
use crate::surface::Surface;
use crate::topping::dress;

/// Sausages without any bread, perhaps with sauce.
pub(crate) fn sausages(b: &mut Brush<'_>) {
    let (radius, bend) = (b.dice.range(0.16..0.24), b.dice.sway(0.22));
    let half = b.dice.range(0.85..1.1);
    sausage(b, half, radius, bend);
    dress(b, 0.82 * half, 0.7 * radius, bend);
}

/// A whole pizza.
pub(crate) fn pizza(b: &mut Brush<'_>) {
    let crust = Surface {
        mottle: 0.35,
        ..Surface::baked(b.dice.color(&[0xD9A45A, 0xC98436, 0xE3BE82]))
    };
    let edge = blob(0.95, 0.95, 0.02, 9, b.dice);
    b.fill(&edge, &crust.round(0.12));
    let area = blob(0.82, 0.82, 0.03, 11, b.dice);
    base(b, &area);
    for _ in 0..b.dice.count(8..15) {
        let (angle, r) = (
            b.dice.range(0.0..TAU),
            b.dice.range(0.0..1.0_f32).sqrt() * 0.68,
        );
        pizza_bit(&mut b.shifted(r * angle.cos(), r * angle.sin()));
    }
    if b.dice.chance(0.5) {
        let cuts =
            [0.3, 1.35, 2.4].map(|a: f32| pen(&[(a.cos(), a.sin()), (-a.cos(), -a.sin())], 0.015));
        b.stain(&join(cuts), Color::hex(0x5A2A10), 0.7, 0.008);
    }
}

/// A slice of pizza, its tip to the right.
pub(crate) fn pizza_slice(b: &mut Brush<'_>) {
    let crust = Surface {
        mottle: 0.35,
        ..Surface::baked(b.dice.color(&[0xD9A45A, 0xC98436]))
    };
    let wide = b.dice.range(0.45..0.65);
    b.fill(
        &polygon(&[(-0.75, -wide), (1.0, 0.0), (-0.75, wide)]),
        &Surface {
            bulge: 0.4,
            ..crust
        }
        .round(0.06),
    );
    base(
        b,
        &polygon(&[(-0.72, -0.92 * wide), (0.92, 0.0), (-0.72, 0.92 * wide)]),
    );
    for (x, y) in [(-0.45, -0.22), (-0.4, 0.25), (0.0, 0.0), (0.35, 0.03)] {
        pizza_bit(&mut b.shifted(x, y));
    }
    b.fill(
        &pen(&[(-0.78, -wide), (-0.88, 0.0), (-0.78, wide)], 0.2),
        &crust.round(0.1),
    );
}

fn base(b: &mut Brush<'_>, area: &crate::shape::Shape) {
    let sauce = Surface {
        mottle: 0.3,
        gloss: 0.2,
        ..Surface::matte(Color::hex(0xB83A1C))
    };
    b.fill(area, &sauce.lift(0.0));
    let cheese = b.dice.color(&[0xF2C868, 0xF4DC9A, 0xE8B048]);
    let melted = Surface {
        gloss: 0.3,
        mottle: 0.35,
        patch: 0.2,
        bump: 0.006,
        ..Surface::matte(cheese)
    };
    let mut inside = b.inside(area);
    for _ in 0..9 {
        let (x, y) = (inside.dice.sway(0.6), inside.dice.sway(0.6));
        let drop = blob(0.42, 0.38, 0.12, 7, inside.dice);
        inside.fill(
            &moved(drop, x, y, 0.0),
            &Surface {
                rim: cheese * Color::new(0.95, 0.8, 0.6),
                ..melted
            }
            .round(0.08)
            .lift(0.0),
        );
    }
}

fn pizza_bit(b: &mut Brush<'_>) {
    if b.dice.chance(0.6) {
        let red = b.dice.color(&[0xA82A1C, 0xC23A24, 0x8A2014]);
        let salami = Surface {
            gloss: 0.3,
            mottle: 0.3,
            patch: 0.06,
            rim: red * 0.6,
            ..Surface::matte(red)
        };
        return b.fill(
            &ellipse(0.0, 0.0, 0.14, 0.14),
            &salami.round(0.04).lift(0.03),
        );
    }
    let turn = b.dice.range(0.0..360.0);
    let mut spot = b.at(0.0, 0.0, 1.0, turn, 0.18);
    if spot.dice.chance(0.5) {
        lettuce_leaf(&mut spot)
    } else {
        slice(&mut spot, 0.6)
    }
}

/// A bowl of salad.
pub(crate) fn salad(b: &mut Brush<'_>) {
    let china = b.dice.color(&[0xF4F2EC, 0x4A5A68, 0xB98552, 0x9DB5B0]);
    b.fill(
        &ellipse(0.0, 0.0, 0.95, 0.95),
        &Surface::glossy(china).round(0.1).lift(0.2),
    );
    b.fill(
        &ellipse(0.0, 0.0, 0.82, 0.82),
        &Surface::matte(china * 0.5).lift(0.0),
    );
    let heap = ellipse(0.0, 0.0, 0.84, 0.84);
    let mut bowl = b.inside(&heap);
    for i in 0..26 {
        let (angle, r) = (bowl.dice.range(0.0..TAU), bowl.dice.range(0.0..0.75));
        let turn = bowl.dice.range(0.0..360.0);
        let mut spot = bowl.at(r * angle.cos(), r * angle.sin(), 1.0, turn, 1.0);
        if i % 3 == 2 {
            slice(&mut spot, 0.16);
        } else {
            lettuce_leaf(&mut spot.at(0.0, 0.0, 1.0, 0.0, 0.3));
        }
    }
}

/// Sushi rolls in a row.
pub(crate) fn sushi(b: &mut Brush<'_>) {
    for (x, y) in [
        (-0.66, -0.2),
        (0.0, -0.25),
        (0.66, -0.2),
        (-0.35, 0.3),
        (0.33, 0.28),
    ] {
        let mut spot = b.shifted(x, y);
        let weed = Surface {
            gloss: 0.25,
            mottle: 0.2,
            ..Surface::matte(Color::hex(0x1A2A1E))
        };
        spot.fill(&ellipse(0.0, 0.0, 0.28, 0.28), &weed.round(0.05).lift(0.14));
        let rice = Surface {
            bump: 0.006,
            patch: 0.08,
            ..Surface::matte(Color::hex(0xF4F2EA))
        };
        spot.fill(&ellipse(0.0, 0.0, 0.24, 0.24), &rice.round(0.06).lift(0.0));
        let heart = spot.dice.color(&[0xF08A5A, 0xC23A3A, 0x7FAE3A, 0xF2C84A]);
        let turn = spot.dice.range(0.0..180.0);
        let fish = moved(tube(0.11, 0.0, rounded(0.08, 6)), 0.0, 0.0, turn);
        spot.fill(&fish, &Surface::glossy(heart).round(0.05).lift(0.01));
    }
    let ginger = curve(&[(0.75, 0.2), (1.0, 0.25), (1.0, 0.5), (0.8, 0.45)]);
    b.fill(&ginger, &Surface::glossy(Color::hex(0xF0B8A0)).round(0.08));
}
