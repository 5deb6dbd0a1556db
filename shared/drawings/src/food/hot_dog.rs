//! Hot dogs: a sausage in a bun, from above, from a little aside, from the side.

use super::bun::Bun;
use crate::brush::Brush;
use crate::filling::{folded, lettuce_leaf, sausage};
use crate::topping::dress;

/// From above: the sausage between the two halves.
pub(crate) fn open(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.1);
    bun.opened(b);
    greens(b, &bun);
    bun.halves(b);
    let radius = bun.wide * b.dice.range(0.44..0.56);
    let half = bun.half * b.dice.range(0.9..1.16);
    sausage(b, half, radius, bun.bend);
    dress(b, 0.82 * half, 0.8 * radius, bun.bend);
}

/// From a little aside: the near half hides a part of the sausage.
pub(crate) fn tilted(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.1);
    bun.opened(b);
    let far = bun.wide * 0.5;
    bun.lobe(b, -(bun.wide - 0.8 * far), far);
    greens(b, &bun);
    let radius = bun.wide * b.dice.range(0.4..0.5);
    let half = bun.half * b.dice.range(0.92..1.14);
    sausage(&mut b.shifted(0.0, -0.1 * bun.wide), half, radius, bun.bend);
    let near = bun.wide * b.dice.range(0.5..0.6);
    bun.lobe(b, bun.wide - 0.7 * near, near);
    let mut top = b.shifted(0.0, -0.2 * bun.wide);
    dress(&mut top, 0.82 * half, 0.6 * radius, bun.bend);
}

/// From the side: the sausage looks out over the near half.
pub(crate) fn upright(b: &mut Brush<'_>) {
    let bun = Bun::sample(b, -0.1..0.0);
    let half = bun.half * b.dice.range(0.95..1.18);
    let radius = bun.wide * b.dice.range(0.38..0.48);
    bun.lobe(b, -0.02, 0.8 * bun.wide);
    let rise = b.dice.range(0.55..0.72) * bun.wide;
    let mut top = b.shifted(0.0, -rise);
    sausage(&mut top, half, radius, 1.4 * bun.bend);
    let mut crest = top.shifted(0.0, -0.55 * radius);
    dress(&mut crest, 0.82 * half, 0.35 * radius, 1.4 * bun.bend);
    bun.lobe(b, 0.12, 0.72 * bun.wide);
}

/// Sometimes lettuce or cheese under the sausage.
fn greens(b: &mut Brush<'_>, bun: &Bun) {
    if b.dice.chance(0.2) {
        return folded(b, 0.9 * bun.half, 0.75 * bun.wide, bun.bend);
    }
    if b.dice.chance(0.25) {
        for i in 0..4 {
            let turn = b.dice.range(0.0..360.0);
            lettuce_leaf(&mut b.at(0.45 * i as f32 - 0.68, 0.0, 1.0, turn, 0.38));
        }
    }
}
