//! Coffee and ice cream.

use crate::brush::Brush;
use crate::color::Color;
use crate::shape::{blob, ellipse, join, line, moved, polygon, rect, stroke};
use crate::surface::Surface;

const CUPS: [u32; 6] = [0xF4F2EC, 0xB5202A, 0x2F5D8A, 0xE0C080, 0x5A7A5A, 0x3A3A3A];

/// A cup of coffee from above.
pub(crate) fn coffee(b: &mut Brush<'_>) {
    let china = Surface {
        gloss: 0.4,
        ..Surface::matte(b.dice.color(&CUPS))
    };
    b.fill(&ellipse(0.0, 0.0, 0.95, 0.95), &china.round(0.12));
    b.fill(
        &moved(rect(0.0, 0.0, 0.32, 0.08), 0.65, 0.1, 10.0),
        &china.round(0.08).lift(0.12),
    );
    b.fill(&ellipse(0.0, 0.0, 0.55, 0.55), &china.round(0.07).lift(0.2));
    let coffee = b.dice.color(&[0x2A1408, 0x5A3018, 0x8A5A34, 0xB88A5A]);
    b.fill(
        &ellipse(0.0, 0.02, 0.47, 0.47),
        &Surface::glossy(coffee).round(0.05).lift(0.0),
    );
    if b.dice.chance(0.6) {
        let milk = Surface::flat(coffee.mix(Color::hex(0xF6EAD4), 0.8)).lift(0.0);
        for (y, r) in [(-0.12, 0.22), (0.02, 0.17), (0.16, 0.11)] {
            let patch = moved(blob(r, 0.6 * r, 0.12, 2, b.dice), 0.0, y, 0.0);
            b.fill(&patch, &milk);
            b.fill(
                &moved(ellipse(0.0, 0.0, 0.7 * r, 0.35 * r), 0.0, y - 0.05, 0.0),
                &Surface::flat(coffee).lift(0.0),
            );
        }
    }
}

/// A mug from the side, steaming.
pub(crate) fn mug(b: &mut Brush<'_>) {
    let china = Surface {
        gloss: 0.4,
        ..Surface::matte(b.dice.color(&CUPS))
    };
    let side = b.dice.pick(&[-1.0, 1.0]).copied().unwrap_or(1.0);
    b.fill(
        &stroke(&ellipse(0.5 * side, 0.02, 0.24, 0.28), 0.11),
        &china.round(0.05),
    );
    let taper = b.dice.range(0.0..0.12);
    let body = polygon(&[
        (-0.5, -0.5),
        (0.5, -0.5),
        (0.5 - taper, 0.55),
        (0.4 - taper, 0.6),
        (taper - 0.4, 0.6),
        (taper - 0.5, 0.55),
    ]);
    b.fill(&body, &china.round(0.25));
    b.fill(&ellipse(0.0, -0.5, 0.5, 0.13), &china.round(0.04).lift(0.0));
    let coffee = b.dice.color(&[0x2A1408, 0x5A3018, 0xB88A5A]);
    b.fill(
        &ellipse(0.0, -0.49, 0.45, 0.1),
        &Surface::glossy(coffee).round(0.03).lift(0.0),
    );
}

/// Ice cream in a cone.
pub(crate) fn ice_cream(b: &mut Brush<'_>) {
    let wafer = b.dice.color(&[0xD9A45A, 0xC9883A, 0xE3BE82]);
    let cone = polygon(&[(-0.36, -0.12), (0.36, -0.12), (0.04, 0.9), (-0.04, 0.9)]);
    b.fill(&cone, &Surface::baked(wafer).round(0.3));
    let mut grid = Vec::new();
    for i in -6..7 {
        let x = 0.16 * i as f32;
        grid.extend([
            line(&[(x - 0.5, -0.2), (x + 0.5, 0.9)]),
            line(&[(x + 0.5, -0.2), (x - 0.5, 0.9)]),
        ]);
    }
    let lines = join(grid.iter().map(|line| stroke(line, 0.025)));
    b.inside(&cone).stain(&lines, wafer * 0.4, 0.7, 0.008);
    let scoops = [(0.0, -0.22, 0.4), (-0.2, -0.52, 0.32), (0.2, -0.55, 0.32)];
    for (x, y, r) in scoops.into_iter().take(b.dice.count(1..4) as usize) {
        let ice = b
            .dice
            .color(&[0xF6EBD0, 0xE89AB0, 0x5A3420, 0xA8D8B0, 0xC83A5A, 0xF4D060]);
        let cream = Surface {
            bump: 0.012,
            patch: 0.2,
            gloss: 0.15,
            ..Surface::matte(ice)
        };
        let patch = moved(blob(r, 0.9 * r, 0.04, 9, b.dice), x, y, 0.0);
        b.fill(&patch, &cream.round(r));
    }
}
