//! What stands under, beside and before a subject: plates, trays, side
//! dishes, napkins, cutlery, fingers. None of it depends on the subject.

mod beside;
mod over;
mod under;

use super::brush::Brush;
use super::color::Color;
use super::shape::ellipse;

type Prop = fn(&mut Brush<'_>);

const UNDER: [Prop; 7] = [
    under::plate,
    under::plate,
    under::board,
    under::tray,
    under::napkin,
    nothing,
    nothing,
];

const BESIDE: [Prop; 9] = [
    beside::fries,
    beside::bottle,
    beside::tomatoes,
    beside::leaves,
    beside::cup,
    over::puddle,
    over::fork,
    nothing,
    nothing,
];

const OVER: [Prop; 9] = [
    over::fingers,
    over::fork,
    over::corner,
    over::leaves_over,
    over::puddle,
    nothing,
    nothing,
    nothing,
    nothing,
];

/// Draws what the subject lies on, in the subject's units.
pub(crate) fn under(brush: &mut Brush<'_>) {
    draw_one(brush, &UNDER);
}

/// Draws up to two things beside the subject.
pub(crate) fn beside(brush: &mut Brush<'_>) {
    for _ in 0..2 {
        let angle = brush.dice.range(0.0..std::f32::consts::TAU);
        let far = brush.dice.range(1.25..1.7);
        let turn = brush.dice.range(0.0..360.0);
        draw_one(
            &mut brush.at(far * angle.cos(), far * angle.sin(), 1.0, turn, 0.6),
            &BESIDE,
        );
    }
}

/// Draws something that hides a part of the subject's end or side.
pub(crate) fn over(brush: &mut Brush<'_>) {
    let side = if brush.dice.chance(0.5) { 0.0 } else { 180.0 };
    let turn = side + brush.dice.sway(50.0);
    draw_one(&mut brush.at(0.0, 0.0, 1.0, turn, 1.0), &OVER);
}

/// Draws the soft dark line where something stands on the ground.
pub(crate) fn contact(brush: &mut Brush<'_>) {
    brush.stain(
        &ellipse(0.0, 0.0, 0.85, 0.4),
        Color::hex(0x302820),
        0.75,
        0.1,
    );
}

fn draw_one(brush: &mut Brush<'_>, props: &[Prop]) {
    if let Some(prop) = brush.dice.pick(props) {
        prop(brush);
    }
}

fn nothing(_: &mut Brush<'_>) {}
