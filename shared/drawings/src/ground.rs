//! What things lie on: table tops, cloths, lawns, in top view all over the
//! image, in side view up to a horizon with a blurred room above it.

use std::f32::consts::TAU;

use super::brush::Brush;
use super::color::Color;
use super::dice::Dice;
use super::grid::Grid;
use super::light::Light;
use super::noise::clouds;
use super::shape::ellipse;
use super::surface::Surface;
use super::view::View;

/// The colour of a ground at a place; 1 is about half the image.
type Texture = Box<dyn Fn(f32, f32) -> Color>;

const GROUNDS: [fn(&mut Dice) -> Texture; 8] =
    [wood, wood, gingham, stripes, linen, stone, grass, steel];

/// Paints the ground, and in side view the room behind it.
pub(crate) fn paint(canvas: &mut Grid<Color>, light: Light, view: View, dice: &mut Dice) {
    let Some(texture) = dice.pick(&GROUNDS).map(|ground| ground(dice)) else {
        return;
    };
    if view == View::Side {
        backdrop(canvas, light, dice);
    }
    let table = Table::sample(canvas, view, dice);
    for (y, row) in canvas.rows_mut().enumerate() {
        for (x, cell) in row.iter_mut().enumerate() {
            if let Some((u, v)) = table.point(x as f32, y as f32) {
                let dim = table.dim(x as f32, y as f32) + 0.04 * clouds(u * 0.3, v * 0.3);
                *cell = texture(u, v) * dim;
            }
        }
    }
}

/// How the ground lies before the camera, and the pool of light on it.
struct Table {
    width: f32,
    height: f32,
    view: View,
    horizon: f32,
    turn: (f32, f32),
    zoom: f32,
    squash: f32,
    pool: (f32, f32, f32),
}

impl Table {
    fn sample(canvas: &Grid<Color>, view: View, dice: &mut Dice) -> Self {
        let (width, height) = (canvas.width() as f32, canvas.height() as f32);
        let (x, y) = (dice.range(0.0..1.0) * width, dice.range(0.0..1.0) * height);
        Self {
            width,
            height,
            view,
            horizon: height * dice.range(0.2..0.45),
            turn: dice.range(0.0..TAU).sin_cos(),
            zoom: dice.range(0.7..1.6) * 2.0 / width.min(height),
            squash: dice.range(1.0..1.4),
            pool: (x, y, dice.range(0.1..0.5)),
        }
    }

    /// The point of the ground that a pixel shows; nothing above the horizon.
    fn point(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        let x = x - 0.5 * self.width;
        let (along, down) = match self.view {
            View::Top => (x, (y - 0.5 * self.height) * self.squash),
            View::Side => {
                let near = (y - self.horizon) / (self.height - self.horizon) + 0.12;
                (near >= 0.12).then(|| (0.6 * x / near, -0.55 * self.height / near))?
            }
        };
        let (sin, cos) = self.turn;
        Some((
            (along * cos - down * sin) * self.zoom,
            (along * sin + down * cos) * self.zoom,
        ))
    }

    /// How much of the pool of light reaches a pixel.
    fn dim(&self, x: f32, y: f32) -> f32 {
        let (pool_x, pool_y, depth) = self.pool;
        let far = (x - pool_x).hypot(y - pool_y) / self.width.max(self.height);
        1.1 - depth * far * far.min(1.0)
    }
}

/// A room out of focus: a gradient and soft spots of light.
fn backdrop(canvas: &mut Grid<Color>, light: Light, dice: &mut Dice) {
    const ROOMS: [u32; 8] = [
        0x5B4636, 0x7C8894, 0xB9A38A, 0x4F6144, 0x8C5A4A, 0x2F3440, 0xC9C2B6, 0x7FA0B8,
    ];
    let (top, bottom) = (dice.color(&ROOMS), dice.color(&ROOMS));
    let (width, height) = (canvas.width() as f32, canvas.height());
    for (y, row) in canvas.rows_mut().enumerate() {
        row.fill(top.mix(bottom, (2.5 * y as f32 / height as f32).min(1.0)));
    }
    let mut brush = Brush::new(canvas, light, dice);
    for _ in 0..brush.dice.count(4..14) {
        let (x, y) = (
            brush.dice.range(0.0..width),
            brush.dice.range(0.0..0.45 * height as f32),
        );
        let r = brush.dice.range(0.02..0.12) * width;
        let spot = Surface::flat(brush.dice.color(&ROOMS) * 1.5).lift(0.0);
        let tall = r * brush.dice.range(0.9..1.2);
        brush.fill(&ellipse(x, y, r, tall), &spot.round(1.0));
    }
    *canvas = canvas.blurred(dice.range(4.0..9.0));
}

fn wood(dice: &mut Dice) -> Texture {
    let color = dice.color(&[0xB07A45, 0x8A5A33, 0xC99B66, 0x5E3D26, 0xD9BE95, 0x9C8B7A]);
    let (planks, place) = (dice.range(1.5..4.0), dice.range(0.0..8.0));
    Box::new(move |u, v| {
        let plank = (v * planks).floor();
        let edge = (v * planks - plank).min(plank + 1.0 - v * planks);
        let tone = 1.0 + 0.14 * clouds(plank * 1.37 + place, 0.3 + plank * 0.61);
        let warp = 0.05 * clouds(u * 0.7 + place, v * 0.7);
        let grain = clouds(u * 0.5 + plank * 3.1 + place, (v + warp) * 7.0);
        let rings = ((v + warp) * 40.0 + 5.0 * clouds(u * 0.25, v * 1.1 + plank)).sin();
        let seam = (edge * 30.0).min(1.0) * 0.6 + 0.4;
        color * (tone * (1.0 + 0.16 * grain + 0.06 * rings) * seam)
    })
}

fn gingham(dice: &mut Dice) -> Texture {
    let dye = dice.color(&[0xB5202A, 0x2B4C8C, 0x3C7A45, 0xD08A1E, 0x333333]);
    let checks = dice.range(2.0..5.0);
    let folds = dice.range(0.02..0.14);
    Box::new(move |u, v| {
        let band = |t: f32| {
            if (t * checks).rem_euclid(2.0) < 1.0 {
                0.5
            } else {
                0.0
            }
        };
        let thread = 0.05 * ((u * 160.0).sin() + (v * 160.0).sin());
        let cloth = Color::hex(0xF4F0E8).mix(dye, band(u) + band(v));
        cloth * (1.0 + thread + folds * clouds(u * 0.5, v * 0.5))
    })
}

fn stripes(dice: &mut Dice) -> Texture {
    let base = dice.color(&[0xEFE6D5, 0xD8DEE3, 0xF2F2F2, 0x3B4A5A]);
    let dye = dice.color(&[0x9B2D30, 0x2F5D8A, 0xE0B040, 0x6B8E5A, 0xC9C0B0]);
    let (every, share) = (dice.range(1.5..4.0), dice.range(0.15..0.5));
    Box::new(move |u, v| {
        let color = if (u * every).rem_euclid(1.0) < share {
            dye
        } else {
            base
        };
        color * (1.0 + 0.06 * (v * 150.0).sin() + 0.07 * clouds(u * 0.6, v * 0.6))
    })
}

fn linen(dice: &mut Dice) -> Texture {
    let color = dice.color(&[
        0xE9DFCF, 0xB7C0C4, 0x7C8FA1, 0xF5F5F2, 0xC98F7A, 0x54606B, 0xDDBB66,
    ]);
    let folds = dice.range(0.05..0.2);
    Box::new(move |u, v| {
        let weave =
            0.04 * ((u * 130.0).sin() + (v * 130.0).sin()) + 0.05 * clouds(u * 8.0, v * 8.0);
        let fold = folds * clouds(u * 0.35 + 0.2 * clouds(u, v), v * 0.8);
        color * (1.0 + weave + fold)
    })
}

fn stone(dice: &mut Dice) -> Texture {
    let color = dice.color(&[0xDAD7D2, 0x6E6B68, 0x38393C, 0xBFB4A3, 0x8F9499]);
    let vein = color.mix(dice.color(&[0x222222, 0xFFFFFF, 0x8A7A66]), 0.5);
    Box::new(move |u, v| {
        let field = clouds(u * 0.6, v * 0.6) + 0.5 * clouds(u * 1.9 + 3.0, v * 1.9);
        let line = (1.0 - (field * 7.0).abs()).max(0.0);
        let speck = 0.08 * clouds(u * 12.0, v * 12.0);
        color.mix(vein, 0.7 * line) * (1.0 + speck + 0.1 * clouds(u, v + 5.0))
    })
}

fn grass(dice: &mut Dice) -> Texture {
    let color = dice.color(&[0x5E8A36, 0x7BA043, 0x4A7030, 0x8C9A4A]);
    Box::new(move |u, v| {
        let blades = clouds(u * 9.0 + clouds(u, v), v * 2.2)
            .max(clouds(u * 2.5 + 4.0, v * 9.0 + clouds(v, u)))
            .max(clouds((u + v) * 7.0, (u - v) * 1.8));
        let light = 0.55 + 0.65 * blades + 0.15 * clouds(u * 0.6, v * 0.6);
        let dry = Color::hex(0xB8B060);
        color.mix(dry, (0.25 * clouds(u * 1.4, v * 1.4)).clamp(0.0, 0.5)) * light.max(0.12)
    })
}

fn steel(dice: &mut Dice) -> Texture {
    let color = dice.color(&[0xB4B8BC, 0x8E949A, 0xCFCFCB]);
    Box::new(move |u, v| {
        let brushed = 0.07 * clouds(u * 0.4, v * 24.0);
        let sheen = 0.16 * clouds(u * 0.3, v * 0.25);
        color * (1.0 + brushed + sheen)
    })
}
