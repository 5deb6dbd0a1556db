//! The brush: turns an outline into a lit, rounded body. The outline's
//! coverage is inflated to a height field (a dome of elliptic section that
//! rises over `round` from the edge), whose slopes give the normals for
//! Blinn-Phong shading; a blurred and shifted coverage is the shadow below.

use std::rc::Rc;

use tiny_skia::Transform;

use super::color::Color;
use super::dice::Dice;
use super::grid::Grid;
use super::light::Light;
use super::noise::clouds;
use super::shape::Shape;
use super::stamp::Stamp;
use super::surface::Surface;

/// Draws bodies onto a canvas, under a light, in the units of a place.
pub(crate) struct Brush<'a> {
    /// The chance that shapes and colours vary by.
    pub(crate) dice: &'a mut Dice,
    canvas: &'a mut Grid<Color>,
    light: Light,
    place: Transform,
    unit: f32,
    clip: Option<Rc<Grid<f32>>>,
}

impl<'a> Brush<'a> {
    /// A brush over a whole canvas, in pixels.
    pub(crate) fn new(canvas: &'a mut Grid<Color>, light: Light, dice: &'a mut Dice) -> Self {
        Self {
            dice,
            canvas,
            light,
            place: Transform::identity(),
            unit: 1.0,
            clip: None,
        }
    }

    /// A brush that draws at a place of this one's space: moved to `x`, `y`,
    /// seen from the side by `squash` (1 is from above), turned, and enlarged.
    pub(crate) fn at(&mut self, x: f32, y: f32, squash: f32, turn: f32, scale: f32) -> Brush<'_> {
        let place = self
            .place
            .pre_translate(x, y)
            .pre_scale(1.0, squash)
            .pre_concat(Transform::from_rotate(turn))
            .pre_scale(scale, scale);
        Brush {
            dice: self.dice,
            canvas: self.canvas,
            light: self.light,
            place,
            unit: self.unit * scale,
            clip: self.clip.clone(),
        }
    }

    /// A brush that draws at a place moved by `x`, `y`, else alike.
    pub(crate) fn shifted(&mut self, x: f32, y: f32) -> Brush<'_> {
        self.at(x, y, 1.0, 0.0, 1.0)
    }

    /// A brush that paints only inside a shape (and inside this one's own clip).
    pub(crate) fn inside(&mut self, shape: &Shape) -> Brush<'_> {
        let mut clip = self.canvas.map(|_| 0.0);
        if let Some(stamp) = self.stamp(shape, 0.0) {
            stamp.overlay(&mut clip, &stamp.coverage, |_, over| over);
        }
        let mut brush = self.shifted(0.0, 0.0);
        brush.clip = Some(Rc::new(clip));
        brush
    }

    /// Draws a body: its shadow, then its lit surface.
    pub(crate) fn fill(&mut self, shape: &Shape, surface: &Surface) {
        let soft = (0.55 * surface.lift * self.unit).min(20.0);
        if let Some(stamp) = self.stamp(shape, 2.0 * soft) {
            self.cast(&stamp, surface.lift * self.unit, soft);
            self.shade(&stamp, surface);
        }
    }

    /// Stains what is there already: multiplies it by a colour, with edges
    /// softened over `soft`.
    pub(crate) fn stain(&mut self, shape: &Shape, color: Color, strength: f32, soft: f32) {
        let soft = soft * self.unit;
        if let Some(stamp) = self.stamp(shape, 2.0 * soft) {
            stamp.overlay(self.canvas, &stamp.coverage.blurred(soft), |under, over| {
                under * Color::WHITE.mix(color, strength * over)
            });
        }
    }

    /// Darkens where the light is blocked by something so many pixels high.
    fn cast(&mut self, stamp: &Stamp, lift: f32, soft: f32) {
        if lift < 0.3 {
            return;
        }
        let (dx, dy) = self.light.shadow(lift);
        let below = Stamp {
            x: stamp.x + dx,
            y: stamp.y + dy,
            coverage: stamp.coverage.blurred(soft),
        };
        let dark = self.light.shade;
        below.overlay(self.canvas, &below.coverage, |under, over| {
            under * Color::WHITE.mix(dark, over)
        });
    }

    /// Paints the surface with its light and highlights.
    fn shade(&mut self, stamp: &Stamp, surface: &Surface) {
        let height = self.relief(stamp, surface);
        let (ox, oy) = (self.dice.range(0.0..8.0), self.dice.range(0.0..8.0));
        let step = 1.0 / (surface.patch * self.unit).max(0.5);
        let full = 1.0 / (surface.round * surface.bulge * self.unit).max(0.01);
        let seen = |x: i32, y: i32, cover: f32| {
            if cover == 0.0 {
                return (0.0, Color::default());
            }
            let at = |x, y| height.get(x, y).unwrap_or_default();
            let slope = (
                0.5 * (at(x + 1, y) - at(x - 1, y)),
                0.5 * (at(x, y + 1) - at(x, y - 1)),
            );
            let patch = 1.0 + surface.mottle * clouds(ox + x as f32 * step, oy + y as f32 * step);
            let skin = surface
                .rim
                .mix(surface.color, (at(x, y) * full).clamp(0.0, 1.0));
            (cover, self.light.shine(skin * patch, slope, surface))
        };
        let lit = stamp.coverage.map_at(seen);
        stamp.overlay(self.canvas, &lit, |under, (cover, color)| {
            under.mix(color, cover)
        });
    }

    /// The height of the inflated and roughened shape, in pixels.
    fn relief(&mut self, stamp: &Stamp, surface: &Surface) -> Grid<f32> {
        let round = (surface.round * self.unit).max(0.5);
        let dome = |depth: f32| {
            let t = 1.0 - (depth / round).clamp(0.0, 1.0);
            surface.bulge * round * (1.0 - t * t).sqrt()
        };
        let height = stamp
            .coverage
            .depth()
            .map(dome)
            .blurred((0.12 * round).clamp(0.6, 6.0));
        if surface.bump == 0.0 {
            return height;
        }
        let step = 4.0 / (surface.patch * self.unit).max(0.5);
        let (origin, bump) = (self.dice.range(0.0..8.0), surface.bump * self.unit);
        height.map_at(|x, y, h| match h {
            0.0 => 0.0,
            h => h + bump * clouds(origin + x as f32 * step, origin + y as f32 * step),
        })
    }

    /// Rasterizes a shape where it can be seen.
    fn stamp(&self, shape: &Shape, padding: f32) -> Option<Stamp> {
        let path = shape.clone()?.transform(self.place)?;
        let canvas = (self.canvas.width(), self.canvas.height());
        let mut stamp = Stamp::new(&path, padding + 3.0, canvas)?;
        if let Some(clip) = &self.clip {
            stamp.cut(clip);
        }
        Some(stamp)
    }
}
