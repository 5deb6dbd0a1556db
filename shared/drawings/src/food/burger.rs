//! Things stacked between two pieces of bread.

use super::bun::CRUSTS;
use crate::brush::Brush;
use crate::color::Color;
use crate::filling::{folded, lettuce_leaf, slice};
use crate::shape::{Shape, curve, moved, pen, polygon, rounded, tube};
use crate::surface::Surface;
use crate::topping::seeds;

/// A burger from above: mostly its bun.
pub(crate) fn burger_above(b: &mut Brush<'_>) {
    lettuce_leaf(&mut b.at(0.05, 0.05, 1.2, 20.0, 0.85));
    let patty = Surface {
        mottle: 0.4,
        bump: 0.006,
        ..Surface::matte(Color::hex(0x4A2414))
    };
    let (x, y) = (b.dice.sway(0.12), b.dice.sway(0.12));
    b.fill(&moved(tube(0.7, 0.0, rounded(0.7, 2)), x, y, 0.0), &patty);
    let crust = Surface {
        gloss: 0.25,
        bulge: 0.6,
        ..Surface::baked(b.dice.color(&CRUSTS))
    };
    b.fill(&tube(0.68, 0.0, rounded(0.68, 2)), &crust.round(0.6));
    if b.dice.chance(0.7) {
        seeds(b, 0.5, 0.45, 0.0);
    }
}

/// A burger from the side: bun, patty, cheese, tomato, lettuce, bun.
pub(crate) fn burger(b: &mut Brush<'_>) {
    let crust = Surface {
        gloss: 0.25,
        ..Surface::baked(b.dice.color(&CRUSTS))
    };
    b.fill(&layer(0.44, 0.75, 0.16), &crust.round(0.14));
    let mut y = 0.3;
    for _ in 0..b.dice.count(1..3) {
        patty(&mut b.shifted(0.0, y));
        y -= 0.2;
    }
    let tomato = Surface::glossy(b.dice.color(&[0xC22A1B, 0xD8452A]));
    b.fill(&layer(y + 0.04, 0.74, 0.06), &tomato.round(0.05));
    let mut top = b.shifted(0.0, y);
    frill(&mut top, 0.0);
    let crown = [
        (-0.85, 0.0),
        (-0.8, -0.42),
        (-0.3, -0.56),
        (0.3, -0.56),
        (0.8, -0.42),
        (0.85, 0.0),
    ];
    top.fill(&curve(&crown), &crust.round(0.36));
    if top.dice.chance(0.7) {
        seeds(&mut top.shifted(0.0, -0.28), 0.55, 0.16, 0.08);
    }
}

/// A flat layer with round ends.
fn layer(y: f32, wide: f32, tall: f32) -> Shape {
    moved(tube(wide, 0.0, rounded(tall, 10)), 0.0, y, 0.0)
}

/// A patty under melting cheese.
fn patty(b: &mut Brush<'_>) {
    let brown = b.dice.color(&[0x4A2414, 0x6A3820]);
    let meat = Surface {
        mottle: 0.4,
        bump: 0.005,
        ..Surface::matte(brown)
    };
    b.fill(&layer(0.0, 0.82, 0.1), &meat.round(0.09));
    let cheese = Surface {
        gloss: 0.3,
        ..Surface::flat(b.dice.color(&[0xF2B632, 0xF4CE5A]))
    };
    let drip = [
        (-0.82, -0.1),
        (0.82, -0.1),
        (0.5, -0.04),
        (0.2, 0.12),
        (-0.1, -0.03),
        (-0.5, 0.1),
    ];
    b.fill(&polygon(&drip), &cheese.round(0.05));
}

/// The wavy edge of a leaf of lettuce, seen from the side.
fn frill(b: &mut Brush<'_>, y: f32) {
    let green = b.dice.color(&[0x7FAE3A, 0x5E9432, 0x9CC454]);
    let phase = b.dice.range(0.0..6.0);
    let edge = |t: f32| 0.07 * (1.0 + 0.5 * (17.0 * t + phase).sin());
    let leaf = Surface {
        gloss: 0.2,
        rim: green * 0.6,
        mottle: 0.3,
        ..Surface::matte(green)
    };
    b.fill(
        &moved(tube(0.86, 0.02, edge), 0.0, y, 0.0),
        &leaf.round(0.05),
    );
}

/// A sandwich of two slices of toast.
pub(crate) fn toast(b: &mut Brush<'_>) {
    let bread = b.dice.color(&[0xF3E2BC, 0xE0C28E, 0xC99A5A]);
    let slab = |y: f32| {
        polygon(&[
            (-0.9, y),
            (0.9, y + 0.02),
            (0.88, y + 0.22),
            (-0.88, y + 0.2),
        ])
    };
    let crumb = Surface {
        mottle: 0.25,
        lift: 0.1,
        ..Surface::crumb(bread)
    };
    b.fill(&slab(0.3), &crumb);
    folded(&mut b.shifted(0.0, 0.26), 0.92, 0.07, 0.0);
    frill(b, 0.18);
    for i in 0..4 {
        slice(&mut b.at(0.4 * i as f32 - 0.6, 0.1, 0.35, 0.0, 1.0), 0.24);
    }
    b.fill(&slab(-0.14), &crumb);
    let top = [(-0.9, -0.14), (-0.45, -0.52), (0.5, -0.5), (0.9, -0.12)];
    b.fill(
        &polygon(&top),
        &Surface {
            color: bread * 0.85,
            ..crumb
        }
        .lift(0.0),
    );
    let crust = Surface::baked(bread * Color::new(0.5, 0.35, 0.22));
    b.fill(&pen(&top, 0.05), &crust.round(0.03).lift(0.01));
}
