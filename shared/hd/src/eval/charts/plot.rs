//! A plot: an area with two axes, and what can be drawn on it.

use std::io;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, TextStyle};

use super::canvas::{Canvas, SIZE, TEXT};
use super::pen::Pen;

/// A place on a plot, by its axes.
pub(super) type Point = (f64, f64);

/// An axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// What is on it, with the unit.
    pub(super) name: &'static str,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Where something is written at it, and what.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis of shares, with so many steps between its ends, in percent.
    pub(super) fn of_shares(name: &'static str, from: f64, to: f64, steps: u32) -> Self {
        let ticks = (0..=steps).map(|step| {
            let at = from + (to - from) * f64::from(step) / f64::from(steps);
            (at, percent(at))
        });
        Self {
            name,
            from,
            to,
            ticks: ticks.collect(),
        }
    }

    /// An axis of shares from below the lowest to one, in whole tenths.
    pub(super) fn of_shares_above(name: &'static str, lowest: f64) -> Self {
        let tenths = ((1.0 - lowest) * 10.0).ceil().clamp(1.0, 10.0) as u32;
        let steps = match tenths {
            1 | 6.. => 2,
            few => few,
        };
        Self::of_shares(name, 1.0 - f64::from(tenths) / 10.0, 1.0, steps)
    }
}

/// A share for an axis, without more digits than it needs.
fn percent(share: f64) -> String {
    let percent = (1000.0 * share).round() / 10.0;
    format!("{percent} %")
}

/// A plot on a canvas.
pub(super) struct Plot<'a> {
    root: DrawingArea<&'a mut Canvas, Shift>,
    chart: ChartContext<'a, &'a mut Canvas, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    x: Axis,
    y: Axis,
}

/// Where words stand as seen from their place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Left,
    Right,
    Above,
    Below,
    /// Right above, as on a bar.
    Close,
    CloseBelow,
}

impl<'a> Plot<'a> {
    /// The whole canvas as a plot, with its axes drawn.
    pub(super) fn new(canvas: &'a mut Canvas, x: Axis, y: Axis) -> io::Result<Self> {
        Self::between(canvas.into_drawing_area(), (300, SIZE.1 as i32 - 460), x, y)
    }

    /// A plot in a strip of a canvas between two heights.
    pub(super) fn between(
        root: DrawingArea<&'a mut Canvas, Shift>,
        (top, bottom): (i32, i32),
        x: Axis,
        y: Axis,
    ) -> io::Result<Self> {
        let chart = ChartBuilder::on(&root)
            .margin_left(480)
            .margin_right(190)
            .margin_top(top)
            .margin_bottom(SIZE.1 as i32 - bottom)
            .build_cartesian_2d(x.from..x.to, y.from..y.to);
        let plot = Self {
            chart: chart.map_err(io::Error::other)?,
            root,
            x,
            y,
        };
        plot.draw_axes()?;
        Ok(plot)
    }

    fn draw_axes(&self) -> io::Result<()> {
        for (at, said) in &self.y.ticks {
            self.line(&[(self.x.from, *at), (self.x.to, *at)], Pen::Line)?;
            self.text((self.x.from, *at), Side::Left, said, Pen::Soft)?;
        }
        for (at, said) in &self.x.ticks {
            self.text((*at, self.y.from), Side::Below, said, Pen::Soft)?;
        }
        let (left, top) = self.place((self.x.from, self.y.to));
        let (right, bottom) = self.place((self.x.to, self.y.from));
        self.word(
            (left - 480, top - 150),
            (HPos::Left, VPos::Bottom),
            self.y.name,
            Pen::Ink,
        )?;
        self.word(
            (right, bottom + 260),
            (HPos::Right, VPos::Top),
            self.x.name,
            Pen::Ink,
        )
    }

    /// Where a point is on the canvas.
    pub(super) fn place(&self, point: Point) -> (i32, i32) {
        self.chart.backend_coord(&point)
    }

    /// The canvas, to draw another plot on.
    pub(super) fn root(&self) -> DrawingArea<&'a mut Canvas, Shift> {
        self.root.clone()
    }

    pub(super) fn line(&self, points: &[Point], pen: Pen) -> io::Result<()> {
        let line = PathElement::new(points.to_vec(), pen.stroke());
        self.chart
            .plotting_area()
            .draw(&line)
            .map_err(io::Error::other)
    }

    /// The area between two curves that go the same way.
    pub(super) fn band(&self, low: &[Point], high: &[Point], pen: Pen) -> io::Result<()> {
        let around: Vec<Point> = low.iter().chain(high.iter().rev()).copied().collect();
        let band = Polygon::new(around, pen.fill());
        self.chart
            .plotting_area()
            .draw(&band)
            .map_err(io::Error::other)
    }

    pub(super) fn bar(&self, corner: Point, opposite: Point, pen: Pen) -> io::Result<()> {
        let bar = Rectangle::new([corner, opposite], pen.fill());
        self.chart
            .plotting_area()
            .draw(&bar)
            .map_err(io::Error::other)
    }

    /// A dot, which is hollow where it is not filled.
    pub(super) fn dot(&self, at: Point, filled: bool, pen: Pen) -> io::Result<()> {
        let style = if filled { pen.fill() } else { pen.stroke() };
        let dot = Circle::new(at, 38, style);
        self.chart
            .plotting_area()
            .draw(&dot)
            .map_err(io::Error::other)
    }

    /// Words beside a point.
    pub(super) fn text(&self, at: Point, side: Side, text: &str, pen: Pen) -> io::Result<()> {
        let (x, y) = self.place(at);
        let (x, y, anchor) = match side {
            Side::Left => (x - 70, y, (HPos::Right, VPos::Center)),
            Side::Right => (x + 90, y, (HPos::Left, VPos::Center)),
            Side::Above => (x, y - 90, (HPos::Center, VPos::Bottom)),
            Side::Below => (x, y + 90, (HPos::Center, VPos::Top)),
            Side::Close => (x, y - 35, (HPos::Center, VPos::Bottom)),
            Side::CloseBelow => (x, y + 35, (HPos::Center, VPos::Top)),
        };
        self.word((x, y), anchor, text, pen)
    }

    fn word(&self, at: (i32, i32), (h, v): (HPos, VPos), text: &str, pen: Pen) -> io::Result<()> {
        let style: TextStyle = ("sans-serif", TEXT).into_font().color(&pen.color());
        let drawn = self.root.draw_text(text, &style.pos(Pos::new(h, v)), at);
        drawn.map_err(io::Error::other)
    }
}
