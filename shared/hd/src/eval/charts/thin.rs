//! Curves with fewer points, which look the same.

use super::plot::Point;

/// Points that a curve has at most.
const MOST: usize = 200;

/// How far from the curve a thinned one may lie: half a pixel of those that a chart has on a phone.
const NEAR: f64 = 0.5 / 350.0;

/// The curve in a unit square with at most two hundred points: no point that is left out lies
/// farther from it than half a pixel, or than twice as much for as long as these are too many
/// (Ramer, 1972; Douglas and Peucker, 1973).
pub(super) fn thin(points: &[Point]) -> Vec<Point> {
    let mut near = NEAR;
    let mut kept = keep(points, near);
    while kept.len() > MOST {
        near *= 2.0;
        kept = keep(&kept, near);
    }
    kept
}

fn keep(points: &[Point], near: f64) -> Vec<Point> {
    let [first, .., last] = points else {
        return points.to_vec();
    };
    let mut kept = vec![*first];
    let mut parts = vec![points];
    while let Some(part) = parts.pop() {
        match farthest(part).filter(|(_, distance)| *distance > near) {
            Some((middle, _)) => {
                parts.extend(part.get(middle..));
                parts.extend(part.get(..=middle));
            }
            None => kept.extend(part.last()),
        }
    }
    kept.pop();
    kept.push(*last);
    kept
}

/// The point between the ends that is farthest from the line between them, and how far.
fn farthest(part: &[Point]) -> Option<(usize, f64)> {
    let [first, between @ .., last] = part else {
        return None;
    };
    let distances = between.iter().map(|point| distance(*point, *first, *last));
    (1..).zip(distances).max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// The distance of a point from the line between two others.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (px, py) = (point.0 - from.0, point.1 - from.1);
    let along = (px * dx + py * dy) / (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
    let along = along.clamp(0.0, 1.0);
    (px - along * dx).hypot(py - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_stays_and_what_lies_on_a_line_goes() {
        let points: Vec<Point> = (0..=100)
            .map(|n| f64::from(n) / 100.0)
            .map(|x| (x, (2.0 * x).min(1.0)))
            .collect();
        assert_eq!(thin(&points), [(0.0, 0.0), (0.5, 1.0), (1.0, 1.0)]);
        assert_eq!(thin(&points[..1]), points[..1]);
        assert!(thin(&[]).is_empty());
    }

    #[test]
    fn the_longest_curve_has_two_hundred_points_and_its_ends() {
        let points: Vec<Point> = (0..100_000)
            .map(|n| (f64::from(n) / 1e5, f64::from(n * 7919 % 1009) / 1009.0))
            .collect();
        let thinned = thin(&points);
        assert!(thinned.len() <= MOST, "{}", thinned.len());
        assert_eq!(
            (thinned.first(), thinned.last()),
            (points.first(), points.last())
        );
    }
}
