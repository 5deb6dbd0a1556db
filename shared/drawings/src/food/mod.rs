//! The subjects: one table of everything that can be drawn.

mod bread;
mod bun;
mod burger;
mod cup;
mod dish;
mod hot_dog;
mod produce;
mod sandwich;
mod thing;

use super::brush::Brush;
use super::dice::Dice;
use super::view::View;
use crate::drawing::Label;

/// A subject. Its drawing is centred on 0, 0 and about one unit to
/// either side long.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// From where it can be drawn; nothing stands for both.
    view: Option<View>,
    /// Half its height in the drawing, in units.
    pub(crate) girth: f32,
    /// Draws it.
    pub(crate) draw: fn(&mut Brush<'_>),
}

const fn kind(view: Option<View>, girth: f32, draw: fn(&mut Brush<'_>)) -> Subject {
    Subject { view, girth, draw }
}

const TOP: Option<View> = Some(View::Top);
const SIDE: Option<View> = Some(View::Side);
const ANY: Option<View> = None;

const HOT_DOGS: [Subject; 4] = [
    kind(TOP, 0.46, hot_dog::open),
    kind(TOP, 0.46, hot_dog::open),
    kind(TOP, 0.46, hot_dog::tilted),
    kind(SIDE, 0.4, hot_dog::upright),
];

/// Kinds that stand twice are drawn twice as often.
const OTHERS: [Subject; 35] = [
    kind(TOP, 0.46, sandwich::sub),
    kind(SIDE, 0.4, sandwich::sub_upright),
    kind(TOP, 0.46, bread::empty_bun),
    kind(SIDE, 0.4, bread::closed_bun),
    kind(ANY, 0.24, dish::sausages),
    kind(ANY, 0.24, dish::sausages),
    kind(TOP, 0.46, sandwich::banana_bun),
    kind(ANY, 0.36, bread::eclair),
    kind(ANY, 0.25, bread::baguette),
    kind(ANY, 0.5, bread::croissant),
    kind(TOP, 0.75, bread::doughnut),
    kind(TOP, 0.7, bread::pretzel),
    kind(TOP, 0.75, burger::burger_above),
    kind(SIDE, 0.6, burger::burger),
    kind(SIDE, 0.6, burger::burger),
    kind(SIDE, 0.5, sandwich::taco),
    kind(SIDE, 0.5, sandwich::taco),
    kind(ANY, 0.34, sandwich::wrap),
    kind(SIDE, 0.55, burger::toast),
    kind(TOP, 0.85, dish::pizza),
    kind(TOP, 0.7, dish::pizza_slice),
    kind(TOP, 0.8, dish::salad),
    kind(TOP, 0.7, cup::coffee),
    kind(SIDE, 0.6, cup::mug),
    kind(SIDE, 0.9, cup::ice_cream),
    kind(TOP, 0.5, dish::sushi),
    kind(ANY, 0.3, produce::banana),
    kind(ANY, 0.2, produce::carrot),
    kind(ANY, 0.26, produce::corn),
    kind(ANY, 0.2, produce::cucumber),
    kind(ANY, 0.3, produce::aubergine),
    kind(ANY, 0.14, produce::chilli),
    kind(TOP, 0.15, thing::pencil),
    kind(ANY, 0.4, thing::fish),
    kind(SIDE, 0.55, thing::dachshund),
];

/// A kind of the label that can be seen from there; nothing if there is none.
pub(crate) fn choose(label: Label, view: View, dice: &mut Dice) -> Option<Subject> {
    let kinds: &[Subject] = match label {
        Label::HotDog => &HOT_DOGS,
        Label::NotHotDog => &OTHERS,
    };
    let seen = |kind: &&Subject| kind.view.is_none_or(|only| only == view);
    let seen: Vec<Subject> = kinds.iter().filter(seen).copied().collect();
    dice.pick(&seen).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_labels_can_be_drawn_from_both_views() {
        let mut dice = Dice::new(&[1]);
        for label in Label::ALL {
            for view in [View::Top, View::Side] {
                let kind = choose(label, view, &mut dice).unwrap();
                assert!(kind.view.is_none_or(|only| only == view));
            }
        }
    }
}
