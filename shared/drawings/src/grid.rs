//! A rectangle of cells (numbers or colours) with the two operations that
//! the shading rests on: blur, and the distance to the edge of a shape.

use std::iter::once;
use std::ops::{Add, Mul, Sub};

/// Cells in rows, top to bottom.
#[derive(Clone)]
pub(crate) struct Grid<T> {
    width: usize,
    cells: Vec<T>,
}

impl<T: Copy> Grid<T> {
    /// A grid from its cells; the last row must be whole.
    pub(crate) fn new(width: usize, cells: Vec<T>) -> Self {
        Self {
            width: width.max(1),
            cells,
        }
    }

    /// Cells in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub(crate) fn height(&self) -> usize {
        self.cells.len() / self.width
    }

    /// All cells, row by row.
    pub(crate) fn cells(&self) -> &[T] {
        &self.cells
    }

    /// The rows, top to bottom.
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &[T]> {
        self.cells.chunks_exact(self.width)
    }

    /// The rows, to be written.
    pub(crate) fn rows_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut [T]> {
        self.cells.chunks_exact_mut(self.width)
    }

    /// One cell, or nothing outside the grid.
    pub(crate) fn get(&self, x: i32, y: i32) -> Option<T> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (x < self.width).then(|| self.cells.get(y * self.width + x).copied())?
    }

    /// The same cells after a function.
    pub(crate) fn map<U: Copy>(&self, f: impl Fn(T) -> U) -> Grid<U> {
        Grid::new(self.width, self.cells.iter().map(|&cell| f(cell)).collect())
    }

    /// The same cells after a function of their column, row and value.
    pub(crate) fn map_at<U: Copy>(&self, f: impl Fn(i32, i32, T) -> U) -> Grid<U> {
        let mut cells = Vec::with_capacity(self.cells.len());
        for (y, row) in (0..).zip(self.rows()) {
            cells.extend((0..).zip(row).map(|(x, &cell)| f(x, y, cell)));
        }
        Grid::new(self.width, cells)
    }

    fn transposed(&self) -> Self {
        let column = |x| self.cells.iter().skip(x).step_by(self.width).copied();
        Self::new(self.height(), (0..self.width).flat_map(column).collect())
    }
}

impl<T: Copy + Default + Add<Output = T> + Sub<Output = T> + Mul<f32, Output = T>> Grid<T> {
    /// The grid after two box blurs of the given radius in cells, each way:
    /// nearly a Gaussian of that standard deviation. Edges count on outwards.
    pub(crate) fn blurred(&self, radius: f32) -> Self {
        let radius = radius.round() as usize;
        if radius == 0 {
            return self.clone();
        }
        self.blurred_along_rows(radius)
            .transposed()
            .blurred_along_rows(radius)
            .transposed()
    }

    /// The grid after two box blurs along its rows only, as if it moved.
    pub(crate) fn blurred_along_rows(&self, radius: usize) -> Self {
        let mut out = self.clone();
        let mut padded = Vec::new();
        for row in out.rows_mut() {
            box_blur(row, radius, &mut padded);
            box_blur(row, radius, &mut padded);
        }
        out
    }
}

/// Replaces every cell by the mean of its neighbours; `padded` is scratch space.
fn box_blur<T>(row: &mut [T], radius: usize, padded: &mut Vec<T>)
where
    T: Copy + Default + Add<Output = T> + Sub<Output = T> + Mul<f32, Output = T>,
{
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else {
        return;
    };
    padded.clear();
    padded.extend(std::iter::repeat_n(first, radius));
    padded.extend_from_slice(row);
    padded.extend(std::iter::repeat_n(last, radius + 1));
    let span = 2 * radius + 1;
    let share = 1.0 / span as f32;
    let mut sum = padded
        .iter()
        .take(span)
        .fold(T::default(), |sum, &cell| sum + cell);
    for (out, (&leaves, &enters)) in row
        .iter_mut()
        .zip(padded.iter().zip(padded.iter().skip(span)))
    {
        *out = sum * share;
        sum = sum + enters - leaves;
    }
}

impl Grid<f32> {
    /// For a coverage mask (0 outside, 1 inside): how many cells it is from
    /// each covered cell to the outside. Borgefors' chamfer distance with
    /// the best weights for a 3 x 3 neighbourhood, at most 5 % off.
    pub(crate) fn depth(&self) -> Self {
        let mut out = self.map(|coverage| {
            if coverage < 0.999 {
                0.5 * coverage
            } else {
                1e6
            }
        });
        relax_downwards(out.rows_mut());
        relax_downwards(out.rows_mut().rev());
        out
    }
}

const ASIDE: f32 = 0.955;
const DIAGONAL: f32 = 1.369;

fn relax_downwards<'a>(rows: impl Iterator<Item = &'a mut [f32]>) {
    let mut above: Vec<f32> = Vec::new();
    for row in rows {
        if above.is_empty() {
            above = vec![0.0; row.len()];
        }
        let left = once(&0.0).chain(&above);
        let right = above.iter().skip(1).chain(once(&0.0));
        for (cell, ((left, up), right)) in row.iter_mut().zip(left.zip(&above).zip(right)) {
            *cell = cell.min(up + ASIDE).min(left.min(*right) + DIAGONAL);
        }
        relax_along(row.iter_mut());
        relax_along(row.iter_mut().rev());
        above.copy_from_slice(row);
    }
}

fn relax_along<'a>(cells: impl Iterator<Item = &'a mut f32>) {
    cells.fold(0.0, |before, cell| {
        *cell = cell.min(before + ASIDE);
        *cell
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(size: i32, radius: f32) -> Grid<f32> {
        let centre = size / 2;
        let inside =
            |i: i32| ((i % size - centre) as f32).hypot((i / size - centre) as f32) < radius;
        let cells = (0..size * size)
            .map(|i| if inside(i) { 1.0 } else { 0.0 })
            .collect();
        Grid::new(size as usize, cells)
    }

    #[test]
    fn depth_of_a_disk_is_its_radius_in_the_middle_and_zero_outside() {
        let depth = disk(101, 40.0).depth();
        assert!((depth.get(50, 50).unwrap() - 40.0).abs() < 2.5);
        assert!((depth.get(70, 50).unwrap() - 20.0).abs() < 1.5);
        assert_eq!(depth.get(2, 2), Some(0.0));
    }

    #[test]
    fn blur_keeps_the_sum_and_spreads_it() {
        let mut cells = vec![0.0_f32; 41 * 31];
        cells[15 * 41 + 20] = 1.0;
        let blurred = Grid::new(41, cells).blurred(3.0);
        assert!((blurred.cells().iter().sum::<f32>() - 1.0).abs() < 1e-3);
        assert!(blurred.get(20, 15).unwrap() < 0.1);
        assert!(blurred.get(24, 17).unwrap() > 0.0);
    }

    #[test]
    fn get_is_nothing_outside() {
        let grid = Grid::new(3, vec![0, 1, 2, 3, 4, 5]);
        assert_eq!(grid.get(2, 1), Some(5));
        assert_eq!(
            (grid.get(3, 0), grid.get(-1, 0), grid.get(0, 2)),
            (None, None, None)
        );
    }
}
