//! The light of a scene: one lamp or sun, and the sky or room around it.

use super::color::Color;
use super::dice::Dice;
use super::surface::Surface;

/// Where the light comes from and in which colours.
#[derive(Clone, Copy)]
pub(crate) struct Light {
    /// Unit vector towards the lamp: right, down, towards the eye.
    towards: (f32, f32, f32),
    /// Half way between the lamp and the eye, for highlights.
    halfway: (f32, f32, f32),
    sun: Color,
    sky: Color,
    /// The part of the light on the ground that a full shadow leaves.
    pub(crate) shade: Color,
}

impl Light {
    /// Some light: from any side, mostly from the top, hard or soft, warm or cool.
    pub(crate) fn sample(dice: &mut Dice) -> Self {
        let azimuth = -1.6 + dice.sway(1.5);
        let elevation = dice.range(0.6..1.15);
        let (flat, z) = (elevation.cos(), elevation.sin());
        let towards = (flat * azimuth.cos(), flat * azimuth.sin(), z);
        let soft = dice.range(0.3..0.6);
        let warm = dice.sway(0.1);
        let tint = |warm: f32| Color::new(1.0 + warm, 1.0, 1.0 - warm);
        Self {
            towards,
            halfway: unit((towards.0, towards.1, z + 1.0)),
            sun: tint(0.05 + warm) * ((1.0 - soft) / z),
            sky: tint(-0.06 + 0.3 * warm) * soft,
            shade: tint(-0.05) * (0.25 + 0.55 * soft),
        }
    }

    /// How many pixels right and down the shadow of something so high falls.
    pub(crate) fn shadow(&self, lift: f32) -> (i32, i32) {
        let (x, y, z) = self.towards;
        (
            (-x * lift / z).round() as i32,
            (-y * lift / z).round() as i32,
        )
    }

    /// The colour that the eye sees of a surface whose skin has this colour and whose
    /// height grows by `slope` per pixel to the right and down.
    pub(crate) fn shine(&self, skin: Color, slope: (f32, f32), surface: &Surface) -> Color {
        let normal = unit((-slope.0, -slope.1, 1.0));
        // Light that bleeds round the body softens the edge of its dark side.
        let bleed = 0.25;
        let lit = ((dot(normal, self.towards) + bleed) / (1.0 + bleed)).max(0.0);
        let open = 0.35 + 0.65 * normal.2;
        let glint = surface.gloss * dot(normal, self.halfway).max(0.0).powi(surface.sharp);
        let grazing = 0.25 * surface.gloss * (1.0 - normal.2).powi(3);
        skin * (self.sky * open + self.sun * lit) + self.sun * glint + self.sky * grazing
    }
}

fn dot(a: (f32, f32, f32), b: (f32, f32, f32)) -> f32 {
    a.0 * b.0 + a.1 * b.1 + a.2 * b.2
}

fn unit(v: (f32, f32, f32)) -> (f32, f32, f32) {
    let k = 1.0 / dot(v, v).sqrt();
    (v.0 * k, v.1 * k, v.2 * k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_ground_keeps_about_its_colour_and_shadows_fall_away_from_the_lamp() {
        for key in 0..50 {
            let light = Light::sample(&mut Dice::new(&[key]));
            let seen = light.shine(Color::WHITE, (0.0, 0.0), &Surface::flat(Color::WHITE));
            assert!((0.8..1.25).contains(&seen.luma()), "{}", seen.luma());
            let (dx, dy) = light.shadow(100.0);
            assert!(dx as f32 * light.towards.0 + dy as f32 * light.towards.1 < 0.0);
        }
    }
}
