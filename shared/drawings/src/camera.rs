//! From light to bytes: what a hurried photographer's camera does to the
//! scene: focus, shake, exposure, white balance, vignette and grain.

use super::color::Color;
use super::dice::Dice;
use super::grid::Grid;
use crate::drawing::Drawing;

/// Develops the scene into an image.
pub(crate) fn develop(scene: Grid<Color>, dice: &mut Dice) -> Drawing {
    let focused = focus(scene, dice);
    let graded = grade(&focused, dice);
    Drawing {
        width: graded.width() as u32,
        height: graded.height() as u32,
        pixels: grain(&graded, dice),
    }
}

fn focus(scene: Grid<Color>, dice: &mut Dice) -> Grid<Color> {
    if dice.chance(0.1) {
        return scene.blurred_along_rows(dice.count(2..5) as usize);
    }
    let blur = if dice.chance(0.25) {
        dice.range(0.6..2.4)
    } else {
        0.0
    };
    scene.blurred(blur)
}

/// Exposure, white balance, saturation, contrast and the lens's dark corners.
fn grade(scene: &Grid<Color>, dice: &mut Dice) -> Grid<Color> {
    let (warm, green) = (dice.sway(0.1), dice.sway(0.04));
    let balance = Color::new(1.0 + warm, 1.0 + green, 1.0 - warm) * dice.range(0.8..1.4);
    let (vivid, contrast) = (dice.range(0.85..1.3), dice.range(0.0..0.6));
    let vignette = dice.range(0.0..0.45);
    let (width, height) = (scene.width() as f32, scene.height() as f32);
    let develop = |(i, &light): (usize, &Color)| {
        let (x, y) = (
            (i % scene.width()) as f32 / width - 0.5,
            (i / scene.width()) as f32 / height - 0.5,
        );
        let corner = 1.0 - vignette * 2.0 * (x * x + y * y);
        let light = light * balance * corner;
        let grey = light.luma();
        let light = Color::new(grey, grey, grey).mix(light, vivid);
        // An S-curve that keeps 0 and 1 and darkens below about a quarter.
        let curve = |v: f32| {
            let v = v.max(0.0);
            let v = v / (1.0 + 0.12 * v);
            v + contrast * v * (1.0 - v).max(0.0) * (v - 0.22)
        };
        Color::new(curve(light.r), curve(light.g), curve(light.b))
    };
    Grid::new(
        scene.width(),
        scene.cells().iter().enumerate().map(develop).collect(),
    )
}

/// Adds sensor noise (stronger in the dark, a little coloured) and rounds.
fn grain(scene: &Grid<Color>, dice: &mut Dice) -> Vec<u8> {
    let strength = dice.range(0.004..0.045);
    let noisy = |&light: &Color| {
        let grey = dice.sway(strength) + dice.sway(strength);
        let noise = Color::new(grey + dice.sway(strength), grey, grey + dice.sway(strength));
        let scale = 0.4 * light.luma().max(0.0).sqrt() + 0.25;
        (light + noise * scale).bytes()
    };
    scene.cells().iter().flat_map(noisy).collect()
}
