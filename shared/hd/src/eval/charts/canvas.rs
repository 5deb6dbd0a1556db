//! The canvas that plotters draws on: elements of SVG that the page's style sheet gives their looks.
//!
//! The SVG of plotters itself has fixed colours, which are no use on a page that is light or dark.

use std::convert::Infallible;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use svg::Node;
use svg::node::element::{Circle, Description, Polygon, Polyline, Rectangle, SVG, Text, Title};

use super::pen::Pen;

/// Width and height of every chart. plotters draws in whole numbers, so these are tenths of what is
/// a pixel on a phone.
pub(super) const SIZE: (u32, u32) = (4000, 2700);

/// The size of the words on a chart.
pub(super) const TEXT: u32 = 120;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A chart that is being drawn.
#[derive(Debug)]
pub(super) struct Canvas {
    svg: SVG,
}

impl Canvas {
    /// An empty chart. `title` and `description` are what a screen reader says of it.
    pub(super) fn new(id: &str, title: &str, description: &str) -> Self {
        let names = ["title", "desc"].map(|part| format!("{id}-{part}"));
        let [title_id, description_id] = names.clone();
        let svg = SVG::new()
            .set("id", id)
            .set("class", "chart")
            .set("role", "img")
            .set("aria-labelledby", title_id.as_str())
            .set("aria-describedby", description_id.as_str())
            .set("viewBox", (0, 0, SIZE.0, SIZE.1))
            .add(Title::new(title).set("id", title_id))
            .add(words(Description::new(), description).set("id", description_id));
        Self { svg }
    }

    /// What was drawn, as text.
    pub(super) fn text(&self) -> String {
        self.svg.to_string()
    }

    fn add(&mut self, element: impl Into<Box<dyn Node>>) -> Drawn {
        self.svg.append(element);
        Ok(())
    }
}

fn words(mut element: Description, words: &str) -> Description {
    element.append(svg::node::Text::new(words));
    element
}

/// The class of what a pen strokes or fills.
fn class(kind: &str, color: BackendColor) -> String {
    format!("{kind}-{}", Pen::numbered(color.rgb.0).class())
}

fn of_shape(style: &impl BackendStyle, fill: bool) -> String {
    class(if fill { "fill" } else { "stroke" }, style.color())
}

impl DrawingBackend for &mut Canvas {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        SIZE
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(point, (point.0 + 1, point.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S) -> Drawn {
        self.draw_path([a, b], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        self.add(
            Polyline::new()
                .set("class", of_shape(style, false))
                .set("points", points),
        )
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        self.add(
            Polygon::new()
                .set("class", of_shape(style, true))
                .set("points", points),
        )
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let rectangle = Rectangle::new()
            .set("class", of_shape(style, fill))
            .set("x", left)
            .set("y", top)
            .set("width", right - left)
            .set("height", bottom - top);
        self.add(rectangle)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let circle = Circle::new().set("class", of_shape(style, fill));
        self.add(circle.set("cx", x).set("cy", y).set("r", radius))
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // A letter without parts below the line is some three quarters as high as its font.
        let below = match style.anchor().v_pos {
            VPos::Top => 0.75,
            VPos::Center => 0.36,
            VPos::Bottom => 0.0,
        };
        let text = Text::new(text)
            .set("class", class("fill", style.color()))
            .set("text-anchor", anchor)
            .set("font-size", style.size())
            .set("x", at.0)
            .set("y", at.1 + (below * style.size()) as i32);
        self.add(text)
    }
}
