//! Side dishes.

use crate::brush::Brush;
use crate::color::Color;
use crate::filling::lettuce_leaf;
use crate::shape::{blob, ellipse, moved, polygon, rect};
use crate::surface::Surface;
use crate::topping::SAUCES;

/// A few French fries.
pub(crate) fn fries(b: &mut Brush<'_>) {
    for _ in 0..b.dice.count(8..16) {
        let (x, y) = (b.dice.sway(0.5), b.dice.sway(0.4));
        let turn = b.dice.range(0.0..180.0);
        let golden = b.dice.color(&[0xE8B84A, 0xD9A03A, 0xF0CC70]);
        let fry = Surface {
            gloss: 0.2,
            ..Surface::matte(golden)
        };
        let length = b.dice.range(0.25..0.5);
        b.fill(
            &moved(rect(0.0, 0.0, length, 0.055), x, y, turn),
            &fry.round(0.05).lift(0.07),
        );
    }
}

/// A squeeze bottle of sauce.
pub(crate) fn bottle(b: &mut Brush<'_>) {
    let color = b.dice.color(&SAUCES);
    let plastic = Surface::glossy(color).round(0.25).lift(0.3);
    b.fill(&rect(0.0, 0.0, 0.6, 0.24), &plastic);
    b.fill(
        &polygon(&[(0.6, -0.2), (1.0, -0.05), (1.0, 0.05), (0.6, 0.2)]),
        &plastic.round(0.12),
    );
    b.fill(
        &rect(-0.05, 0.0, 0.25, 0.2),
        &Surface::flat(color.mix(Color::WHITE, 0.7)).lift(0.0),
    );
}

/// Some small tomatoes.
pub(crate) fn tomatoes(b: &mut Brush<'_>) {
    for _ in 0..b.dice.count(1..5) {
        let (x, y, r) = (b.dice.sway(0.5), b.dice.sway(0.5), b.dice.range(0.16..0.26));
        let red = Surface::glossy(b.dice.color(&[0xC22A1B, 0xD8452A, 0x9E1F14]));
        b.fill(&ellipse(x, y, r, r), &red.round(r).lift(0.15));
        let patch = moved(blob(0.06, 0.06, 0.5, 5, b.dice), x, y, 0.0);
        b.fill(&patch, &Surface::matte(Color::hex(0x4A7A2A)).lift(0.02));
    }
}

/// Some leaves of lettuce.
pub(crate) fn leaves(b: &mut Brush<'_>) {
    for _ in 0..b.dice.count(2..6) {
        let (x, y, turn) = (b.dice.sway(0.5), b.dice.sway(0.5), b.dice.range(0.0..360.0));
        lettuce_leaf(&mut b.at(x, y, 1.0, turn, 0.4));
    }
}

/// A cup or a small bowl.
pub(crate) fn cup(b: &mut Brush<'_>) {
    let color = b
        .dice
        .color(&[0xF4F2EC, 0xB5202A, 0x2F5D8A, 0x3A3A3A, 0xE0C080]);
    b.fill(
        &ellipse(0.0, 0.0, 0.5, 0.5),
        &Surface::glossy(color).round(0.1).lift(0.35),
    );
    let drink = b.dice.color(&[0x3A1A0A, 0x6A3A1A, 0xD08A2A, 0xE8E0D0]);
    b.fill(
        &ellipse(0.0, 0.0, 0.4, 0.4),
        &Surface::glossy(drink).lift(0.0).round(0.04),
    );
}
