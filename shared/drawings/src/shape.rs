//! Outlines: the few kinds of path that all the food is made of. Lengths
//! are in the units of the thing drawn; x runs along it and y downwards.
//! A `Shape` without a path is degenerate (no area) and draws nothing.

use std::f32::consts::TAU;

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, PathStroker, Rect, Stroke, Transform};

use super::dice::Dice;

/// An outline, or nothing where the outline would have no area.
pub(crate) type Shape = Option<Path>;

/// A point of an outline.
pub(crate) type Point = (f32, f32);

/// A rectangle by its centre and half sides.
pub(crate) fn rect(x: f32, y: f32, rx: f32, ry: f32) -> Shape {
    Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry).map(PathBuilder::from_rect)
}

/// An ellipse by its centre and radii.
pub(crate) fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Shape {
    PathBuilder::from_oval(Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry)?)
}

/// A polygon with sharp corners.
pub(crate) fn polygon(points: &[Point]) -> Shape {
    let mut builder = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 {
            builder.move_to(x, y)
        } else {
            builder.line_to(x, y)
        }
    }
    builder.close();
    builder.finish()
}

/// A closed curve that the points pull towards themselves.
pub(crate) fn curve(points: &[Point]) -> Shape {
    let mut builder = PathBuilder::new();
    let next = points.iter().cycle().skip(1);
    for (i, (&(x, y), &(nx, ny))) in points.iter().zip(next).enumerate() {
        let (mx, my) = (0.5 * (x + nx), 0.5 * (y + ny));
        if i == 0 {
            let &(lx, ly) = points.last()?;
            builder.move_to(0.5 * (x + lx), 0.5 * (y + ly));
        }
        builder.quad_to(x, y, mx, my);
    }
    builder.close();
    builder.finish()
}

/// An open line through points, its corners rounded; to be stroked.
pub(crate) fn line(points: &[Point]) -> Shape {
    let mut builder = PathBuilder::new();
    let &(x, y) = points.first()?;
    builder.move_to(x, y);
    for (&(x, y), &(nx, ny)) in points.iter().zip(points.iter().skip(1)) {
        builder.quad_to(x, y, 0.5 * (x + nx), 0.5 * (y + ny));
    }
    let &(x, y) = points.last()?;
    builder.line_to(x, y);
    builder.finish()
}

/// The area that a round pen of the given width covers along a line.
pub(crate) fn stroke(line: &Shape, width: f32) -> Shape {
    let pen = Stroke {
        width,
        line_cap: LineCap::Round,
        line_join: LineJoin::Round,
        ..Stroke::default()
    };
    PathStroker::new().stroke(line.as_ref()?, &pen, 60.0)
}

/// The area that a round pen covers along points.
pub(crate) fn pen(points: &[Point], width: f32) -> Shape {
    stroke(&line(points), width)
}

/// Several shapes as one.
pub(crate) fn join(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let mut builder = PathBuilder::new();
    for path in shapes.into_iter().flatten() {
        builder.push_path(&path);
    }
    builder.finish()
}

/// A shape turned by an angle in degrees, then moved.
pub(crate) fn moved(shape: Shape, x: f32, y: f32, degrees: f32) -> Shape {
    shape?.transform(Transform::from_translate(x, y).pre_concat(Transform::from_rotate(degrees)))
}

/// A thing with a spine: from `-half` to `half` along x, its middle lifted
/// by `bend`, as thick to either side as `radius` says for -1 to 1 along it.
pub(crate) fn tube(half: f32, bend: f32, radius: impl Fn(f32) -> f32) -> Shape {
    let steps = 28;
    let side = |sign: f32| {
        let radius = &radius;
        (0..=steps).map(move |i| {
            // Denser at the ends, where round caps turn fast.
            let t = sign * -(TAU / 2.0 * i as f32 / steps as f32).cos();
            let (x, y) = spine(half, bend, t);
            let (nx, ny) = (-2.0 * bend * t / half, 1.0);
            let r = sign * radius(t) / f32::hypot(nx, ny);
            (x + nx * r, y + ny * r)
        })
    };
    polygon(&side(1.0).chain(side(-1.0)).collect::<Vec<_>>())
}

/// The point of a bent spine at -1 to 1 along it.
pub(crate) fn spine(half: f32, bend: f32, t: f32) -> Point {
    (half * t, bend * (t * t - 0.4))
}

/// A tube's radius with round ends: full nearly all along for a large `power`.
pub(crate) fn rounded(radius: f32, power: i32) -> impl Fn(f32) -> f32 {
    move |t| radius * (1.0 - t.abs().powi(power)).max(0.0).sqrt()
}

/// A round patch with an uneven edge of so many lobes.
pub(crate) fn blob(rx: f32, ry: f32, uneven: f32, lobes: u32, dice: &mut Dice) -> Shape {
    let phases = [dice.range(0.0..TAU), dice.range(0.0..TAU)];
    let n = (lobes * 5).max(16);
    let point = |i: u32| {
        let angle = TAU * i as f32 / n as f32;
        let [first, second] = phases;
        let lobe = (lobes as f32 * angle + first).sin();
        let drift = ((lobes / 2).max(2) as f32 * angle + second).sin();
        let r = 1.0 + uneven * (0.6 * lobe + 0.4 * drift);
        (rx * r * angle.cos(), ry * r * angle.sin())
    };
    curve(&(0..n).map(point).collect::<Vec<_>>())
}

/// A line that swings about a bent spine, so many times to and fro.
pub(crate) fn zigzag(half: f32, swing: f32, turns: u32, bend: f32) -> Shape {
    let point = |i: u32| {
        let (x, y) = spine(half, bend, 2.0 * i as f32 / turns as f32 - 1.0);
        (x, y + if i.is_multiple_of(2) { swing } else { -swing })
    };
    line(&(0..=turns).map(point).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tube_is_as_long_and_thick_as_asked() {
        let bounds = tube(1.0, 0.0, rounded(0.2, 8)).unwrap().bounds();
        assert!((bounds.width() - 2.0).abs() < 1e-3);
        assert!((bounds.height() - 0.4).abs() < 0.01);
    }

    #[test]
    fn a_bent_tube_has_its_ends_below_its_middle() {
        let bounds = tube(1.0, 0.5, rounded(0.1, 8)).unwrap().bounds();
        assert!(bounds.height() > 0.55 && bounds.bottom() > 0.25 && bounds.top() < -0.25);
    }

    #[test]
    fn a_line_of_no_points_is_no_shape() {
        assert!(line(&[]).is_none() && curve(&[]).is_none() && polygon(&[]).is_none());
    }
}
