//! The charts of a report, as inline SVG.
//!
//! plotters knows where things go, and [`canvas`] writes them as elements whose looks are those of
//! the page: templates/report/charts.css has the classes.

mod bins;
mod canvas;
mod coverage;
mod curves;
mod growth;
mod pen;
mod plot;
mod reliability;
mod scores;
mod strengths;
mod thin;

use std::io;

use super::evaluate::Evaluation;
use super::learning::LearningCurve;
use crate::bottleneck::Samples;
use crate::head::Head;
use canvas::Canvas;

/// A chart for a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The `id` of its SVG.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What it shows, with the figures that matter most.
    pub caption: String,
    /// The SVG, to be put into the page as it is.
    pub svg: String,
    /// What a script needs to bring it to life, as JSON for a `<script type="application/json">`.
    pub data: Option<String>,
}

impl Chart {
    fn new(canvas: &Canvas, id: &'static str, title: &str, caption: String) -> Self {
        Self {
            id,
            title: title.to_owned(),
            caption,
            svg: canvas.text(),
            data: None,
        }
    }
}

/// The charts that can be drawn of an evaluation of `head` on `samples`, in the order in which a
/// page shows them.
pub fn charts(
    evaluation: &Evaluation,
    head: &Head,
    samples: &Samples,
    learning: Option<&LearningCurve>,
) -> io::Result<Vec<Chart>> {
    let mut charts = vec![
        coverage::coverage(evaluation)?,
        reliability::reliability(evaluation)?,
        scores::scores(evaluation)?,
    ];
    charts.extend(curves::charts(evaluation, head, samples)?);
    charts.extend(learning.map(growth::growth).transpose()?);
    charts.extend(strengths::strengths(head)?);
    Ok(charts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::learning::LearningCurve;
    use crate::head::Growth;

    #[test]
    fn a_chart_says_its_figures_and_asks_the_page_for_its_colours() {
        let grown = [(50, 20), (100, 10)].map(|(images, wrong)| Growth {
            images,
            right: (0..200).map(|index| index >= wrong).collect(),
        });
        let curve = LearningCurve::of(&grown, 200).unwrap();
        let chart = growth::growth(&curve).unwrap();
        assert!(
            chart.svg.contains("50 images 90.0 %, 100 images 95.0 %"),
            "{}",
            chart.svg
        );
        assert!(
            chart.svg.contains("role=\"img\"") && chart.svg.contains("viewBox=\"0 0 4000 2700\"")
        );
        assert!(!chart.svg.contains('#') && !chart.svg.contains("rgb("));
        assert!(chart.svg.len() < 10_000 && chart.caption.contains("likely to help"));
    }

    #[test]
    fn words_are_escaped() {
        let canvas = Canvas::new("roc", "a <b>", "\"&\" </svg>");
        let text = canvas.text();
        assert!(
            text.contains("a &lt;b&gt;") && text.contains("&amp;\" &lt;/svg&gt;"),
            "{text}"
        );
    }
}
