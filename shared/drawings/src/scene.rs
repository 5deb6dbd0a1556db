//! The scene: everything about an image but its subject. All of it is
//! drawn by chance before and around the subject in the same way whatever
//! the label, so that nothing but the subject tells the labels apart.

use super::brush::Brush;
use super::color::Color;
use super::dice::Dice;
use super::food::{self, Subject};
use super::grid::Grid;
use super::light::Light;
use super::view::View;
use super::{camera, ground, props};
use crate::drawing::{Drawing, Label};

/// Where the subjects stand in the image, in pixels.
struct Place {
    x: f32,
    y: f32,
    unit: f32,
    turn: f32,
    squash: f32,
    copies: u32,
}

/// Draws a scene with a subject of the label.
pub(crate) fn render(label: Label, dice: &mut Dice) -> Drawing {
    let (width, height) = (dice.count(280..401), dice.count(280..401));
    let view = *dice
        .pick(&[View::Top, View::Top, View::Side])
        .unwrap_or(&View::Top);
    let light = Light::sample(dice);
    let mut canvas = Grid::new(
        width as usize,
        vec![Color::default(); (width * height) as usize],
    );
    ground::paint(&mut canvas, light, view, dice);
    let place = Place::sample(width as f32, height as f32, view, dice);
    if let Some(kind) = food::choose(label, view, dice) {
        set(
            &mut Brush::new(&mut canvas, light, dice),
            &place,
            view,
            &kind,
        );
    }
    camera::develop(canvas, dice)
}

/// Sets the table: what lies below, the subjects, and what lies over them.
fn set(brush: &mut Brush<'_>, place: &Place, view: View, kind: &Subject) {
    let (y, squash, turn) = match view {
        View::Top => (place.y, place.squash, place.turn),
        View::Side => (place.y + 0.3 * place.unit, 0.25, 0.0),
    };
    props::under(&mut brush.at(place.x, y, squash, turn, place.unit));
    props::beside(&mut brush.at(place.x, y, squash, turn, place.unit));
    subjects(brush, place, view, kind);
    props::over(&mut brush.at(place.x, place.y, 1.0, turn, place.unit));
}

impl Place {
    fn sample(width: f32, height: f32, view: View, dice: &mut Dice) -> Self {
        let near = dice.chance(0.2);
        let (size, stray) = if near {
            (dice.range(0.42..0.6), 0.16)
        } else {
            (dice.range(0.3..0.46), 0.09)
        };
        let (level, turn) = match view {
            View::Top => (0.5, dice.range(0.0..360.0)),
            View::Side => (0.6, dice.sway(9.0)),
        };
        Self {
            x: width * (0.5 + dice.sway(stray)),
            y: height * (level + dice.sway(0.6 * stray)),
            unit: width.min(height) * size,
            turn,
            squash: dice.range(0.68..1.0),
            copies: dice.pick(&[1, 1, 1, 1, 1, 2, 2, 3]).copied().unwrap_or(1),
        }
    }
}

/// Draws the subject one to three times, side by side, smaller if many.
fn subjects(brush: &mut Brush<'_>, place: &Place, view: View, kind: &Subject) {
    let shrink = match place.copies {
        1 => 1.0,
        2 => 0.8,
        _ => 0.66,
    };
    let unit = shrink * place.unit;
    for copy in 0..place.copies {
        let step = copy as f32 - 0.5 * (place.copies - 1) as f32;
        let turn = place.turn + brush.dice.sway(6.0);
        let apart = 2.15 * kind.girth * unit * step;
        match view {
            View::Top => {
                let mut table = brush.at(place.x, place.y, place.squash, place.turn, 1.0);
                let (x, y) = (table.dice.sway(0.08) * unit, apart);
                (kind.draw)(&mut table.at(x, y, 1.0, turn - place.turn, unit));
            }
            View::Side => {
                // The farther ones stand higher and to the side.
                let base = place.y + 0.3 * place.unit + 0.3 * unit * step;
                let x = place.x + (brush.dice.sway(0.3) + 0.5 * step) * unit;
                props::contact(&mut brush.at(x, base, 0.25, 0.0, unit));
                (kind.draw)(&mut brush.at(x, base - kind.girth * unit, 1.0, turn, unit));
            }
        }
    }
}
