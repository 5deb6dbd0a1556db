//! Cloudy noise: one tile of it, made once and read everywhere, because
//! summing octaves anew for every pixel would cost more than all the rest.

use std::sync::LazyLock;

use super::dice::Dice;
use super::grid::Grid;

const SIDE: usize = 256;

/// Value noise of five octaves that repeats every 256 cells, about -1 to 1.
static TILE: LazyLock<Grid<f32>> = LazyLock::new(|| {
    let octaves = [8, 16, 32, 64, 128].map(|cells| (octave(cells), cells as f32 / SIDE as f32));
    let cell = |i: usize| {
        let (x, y) = ((i % SIDE) as f32, (i / SIDE) as f32);
        let sum = |sum: f32, (grid, step): &(Grid<f32>, f32)| {
            sum + read(grid, x * step, y * step) * (0.03 / step).powf(0.8)
        };
        octaves.iter().fold(0.0, sum)
    };
    Grid::new(SIDE, (0..SIDE * SIDE).map(cell).collect())
});

fn octave(cells: usize) -> Grid<f32> {
    let mut dice = Dice::new(&[cells as u64]);
    Grid::new(cells, (0..cells * cells).map(|_| dice.sway(1.0)).collect())
}

/// The value between four cells, smoothly, on a square grid that repeats; its
/// side is a power of two, for masking is much faster than a remainder.
fn read(grid: &Grid<f32>, x: f32, y: f32) -> f32 {
    let wrap = grid.width() - 1;
    // Rounds down, and faster than `floor` where the processor has no such instruction.
    let [left, top] = [x, y].map(|v| v as i32 - i32::from(v < 0.0));
    let at = |dx: i32, dy: i32| {
        let (x, y) = ((left + dx) as usize & wrap, (top + dy) as usize & wrap);
        grid.cells()
            .get(y * grid.width() + x)
            .copied()
            .unwrap_or_default()
    };
    let [u, v] = [x - left as f32, y - top as f32].map(|t| t * t * (3.0 - 2.0 * t));
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    mix(mix(at(0, 0), at(1, 0), u), mix(at(0, 1), at(1, 1), u), v)
}

/// Clouds of about `1` across: -1 to 1, mostly near 0, at any place.
pub(crate) fn clouds(x: f32, y: f32) -> f32 {
    read(&TILE, x * 32.0, y * 32.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_are_bounded_centred_and_vary() {
        let values: Vec<f32> = (0..4000)
            .map(|i| clouds(i as f32 * 0.11, i as f32 * 0.037))
            .collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / values.len() as f32;
        assert!(mean.abs() < 0.2, "{mean}");
        assert!((0.1..0.9).contains(&spread.sqrt()), "{}", spread.sqrt());
        assert!(values.iter().all(|v| v.abs() < 2.5));
    }
}
