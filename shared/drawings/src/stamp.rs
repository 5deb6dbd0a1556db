//! A shape on the pixel grid: how much of each pixel it covers.

use tiny_skia::{FillRule, Mask, Path, Transform};

use super::grid::Grid;

/// How far outside the image a shape still counts, in pixels, so that a
/// body cut by the border does not bend down towards it.
const REACH: i32 = 60;

/// The coverage (0 to 1) of the pixels around a shape.
pub(crate) struct Stamp {
    /// Column of its left edge.
    pub(crate) x: i32,
    /// Row of its top edge.
    pub(crate) y: i32,
    /// Coverage of the pixels right and down from there.
    pub(crate) coverage: Grid<f32>,
}

impl Stamp {
    /// Rasterizes an outline that is in pixels, with so many empty pixels
    /// around it; nothing where a canvas of that size cannot show it.
    pub(crate) fn new(path: &Path, padding: f32, canvas: (usize, usize)) -> Option<Self> {
        let bounds = path.bounds();
        let pad = padding.min(REACH as f32);
        let x = ((bounds.left() - pad) as i32).max(-REACH);
        let y = ((bounds.top() - pad) as i32).max(-REACH);
        let width = ((bounds.right() + pad) as i32 + 1).min(canvas.0 as i32 + REACH) - x;
        let height = ((bounds.bottom() + pad) as i32 + 1).min(canvas.1 as i32 + REACH) - y;
        let mut mask = Mask::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
        let shift = Transform::from_translate(-x as f32, -y as f32);
        mask.fill_path(path, FillRule::Winding, true, shift);
        let cells = mask
            .data()
            .iter()
            .map(|&byte| f32::from(byte) / 255.0)
            .collect();
        Some(Self {
            x,
            y,
            coverage: Grid::new(width as usize, cells),
        })
    }

    /// Keeps only what a grid that covers the canvas lets through.
    pub(crate) fn cut(&mut self, clip: &Grid<f32>) {
        for (y, row) in (self.y..).zip(self.coverage.rows_mut()) {
            for (x, cell) in (self.x..).zip(row) {
                *cell *= clip.get(x, y).unwrap_or_default();
            }
        }
    }

    /// Combines every cell of the canvas with the cell of `over` that lies on
    /// it when `over` lies where this stamp does.
    pub(crate) fn overlay<T: Copy, U: Copy>(
        &self,
        canvas: &mut Grid<T>,
        over: &Grid<U>,
        combine: impl Fn(T, U) -> T,
    ) {
        let hidden = |offset: i32| usize::try_from(-offset).unwrap_or(0);
        let shown = |offset: i32| usize::try_from(offset).unwrap_or(0);
        let rows = over.rows().skip(hidden(self.y));
        for (row, over) in canvas.rows_mut().skip(shown(self.y)).zip(rows) {
            let cells = over.iter().skip(hidden(self.x));
            for (cell, &over) in row.iter_mut().skip(shown(self.x)).zip(cells) {
                *cell = combine(*cell, over);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::rect;

    #[test]
    fn a_rectangle_half_outside_lands_on_its_pixels() {
        let path = rect(0.0, 5.0, 3.0, 2.0).unwrap();
        let stamp = Stamp::new(&path, 4.0, (10, 10)).unwrap();
        let mut canvas = Grid::new(10, vec![0.0; 100]);
        stamp.overlay(&mut canvas, &stamp.coverage, |under, over| under + over);
        assert_eq!(canvas.cells().iter().sum::<f32>(), 12.0);
        assert_eq!(
            (canvas.get(2, 6), canvas.get(3, 6), canvas.get(0, 7)),
            (Some(1.0), Some(0.0), Some(0.0))
        );
    }

    #[test]
    fn a_shape_far_outside_is_nothing() {
        assert!(Stamp::new(&rect(500.0, 5.0, 3.0, 2.0).unwrap(), 4.0, (10, 10)).is_none());
    }
}
