//! Where in an image the evidence for a label lies.
//!
//! A square of the image is hidden under its mean colour, and the graph is asked again: what is
//! lost of the label's log-odds is what the square was worth. Zeiler and Fergus, "Visualizing and
//! Understanding Convolutional Networks" (2014), section 4.2. It looks at nothing but the graph's
//! answers, and so serves every graph.

use super::outcome::Outcome;
use crate::argmax::argmax;
use crate::base::Base;
use crate::error::{Error, Result};
use crate::photo::{Element, Preprocess, Rgb, View, encode_jpeg, encode_png};

/// Cells across and down. The hidden square is two cells wide and moves by one, so that each cell
/// is hidden four times.
const CELLS: usize = 8;

/// The longer side of a painted image is no longer, in pixels.
const LONGEST: u32 = 800;

/// Where the best evidence is worth less than this, in nats, it is painted as weakly as it is.
const WEAK: f32 = 1.0;

/// How the image is painted from where there is no evidence to where it is strongest, as red,
/// green, blue.
const COLOURS: [[f32; 3]; 5] = [
    [20.0, 8.0, 60.0],
    [110.0, 20.0, 110.0],
    [205.0, 45.0, 75.0],
    [250.0, 140.0, 20.0],
    [252.0, 250.0, 130.0],
];

/// The quality of a heatmap as JPEG, of 100.
const QUALITY: u8 = 90;

/// An image painted with the evidence for its most probable label.
#[derive(Clone, Debug)]
pub struct Heatmap {
    /// The image: grey, and bright where the evidence lies.
    pub image: Rgb,
    /// The probabilities of all labels for the image as it is.
    pub scores: Vec<f32>,
}

impl Heatmap {
    /// The image as a PNG file.
    ///
    /// # Errors
    /// An image that is too large for that.
    pub fn png(&self) -> Result<Vec<u8>> {
        encode_png(&self.image).map_err(Error::io("PNG", "encode"))
    }

    /// The image as a JPEG file.
    ///
    /// # Errors
    /// As [`Self::png`].
    pub fn jpeg(&self) -> Result<Vec<u8>> {
        encode_jpeg(&self.image, QUALITY).map_err(Error::io("JPEG", "encode"))
    }
}

/// Where in an image the evidence for its most probable label lies; the image is prepared by
/// `rule`.
pub(super) fn of(rule: &Preprocess, base: &mut dyn Base, image: &Rgb) -> Result<Outcome<Heatmap>> {
    let pixels = match rule.pixels(image, &View::PLAIN) {
        Ok(pixels) => pixels,
        Err(reason) => return Ok(Err(reason)),
    };
    let scores = base.run(&pixels)?;
    let label = argmax(scores.iter().copied()).unwrap_or_default();
    let evidence = evidence(rule, base, &pixels, label, log_odds(&scores, label))?;
    Ok(paint(rule, image, &evidence).map(|image| Heatmap { image, scores }))
}

/// ln(p / (1 - p)), from the other probabilities where p itself is too near to 1 to tell.
fn log_odds(scores: &[f32], label: usize) -> f32 {
    let p = scores.get(label).copied().unwrap_or_default();
    let all: f32 = scores.iter().sum();
    let others = scores
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != label);
    let others: f32 = others.map(|(_, score)| score).sum();
    let [p, q] = [p, others].map(|part| (part / all.max(f32::MIN_POSITIVE)).max(1e-12));
    (p / q).ln()
}

/// The evidence in each cell, row by row.
fn evidence(
    rule: &Preprocess,
    base: &mut dyn Base,
    pixels: &[u8],
    label: usize,
    whole: f32,
) -> Result<Vec<f32>> {
    let mean = mean_pixel(rule, pixels);
    let mut worth = vec![0f32; CELLS * CELLS];
    // The square's upper left cell; the first and last squares lie half outside.
    for (top, left) in (0..=CELLS).flat_map(|top| (0..=CELLS).map(move |left| (top, left))) {
        let (rows, columns) = (around(top), around(left));
        let mut hidden = pixels.to_vec();
        hide(rule, &mut hidden, &mean, &rows, &columns);
        let lost = whole - log_odds(&base.run(&hidden)?, label);
        for row in rows {
            let cells = worth.get_mut(row * CELLS..).unwrap_or_default();
            for cell in cells.iter_mut().take(columns.end).skip(columns.start) {
                *cell += lost / 4.0;
            }
        }
    }
    Ok(worth)
}

/// The cells before and behind a border between cells.
fn around(border: usize) -> std::ops::Range<usize> {
    border.saturating_sub(1)..(border + 1).min(CELLS)
}

/// The mean colour, as the bytes of a pixel.
fn mean_pixel(rule: &Preprocess, pixels: &[u8]) -> Vec<u8> {
    let mean = |values: &mut dyn Iterator<Item = f32>| {
        let mut sums = [0f64; 3];
        let mut count = 0f64;
        for (index, value) in values.enumerate() {
            if let Some(sum) = sums.get_mut(index % 3) {
                *sum += f64::from(value);
            }
            count += 1.0 / 3.0;
        }
        sums.map(|sum| (sum / count.max(1.0)) as f32)
    };
    match rule.filter.element() {
        Element::Byte => mean(&mut pixels.iter().map(|&value| value.into()))
            .map(|value| value.round() as u8)
            .to_vec(),
        Element::Float => {
            let values = bytemuck::pod_collect_to_vec::<u8, f32>(pixels);
            bytemuck::cast_slice(&mean(&mut values.iter().copied())).to_vec()
        }
    }
}

fn hide(
    rule: &Preprocess,
    pixels: &mut [u8],
    mean: &[u8],
    rows: &std::ops::Range<usize>,
    columns: &std::ops::Range<usize>,
) {
    let [width, height] = [rule.width, rule.height].map(|side| side as usize);
    let pixel = mean.len().max(1);
    let within = |cells: &std::ops::Range<usize>, side: usize| {
        cells.start * side / CELLS..cells.end * side / CELLS
    };
    let across = within(columns, width);
    let lines = pixels.chunks_exact_mut(width * pixel);
    let rows = within(rows, height);
    for line in lines.take(rows.end).skip(rows.start) {
        let part = line.get_mut(across.start * pixel..across.end * pixel);
        let part = part.unwrap_or_default();
        part.chunks_exact_mut(pixel)
            .for_each(|one| one.copy_from_slice(mean));
    }
}

/// The image in grey, and the cells upon it in colours that run into each other.
fn paint(rule: &Preprocess, image: &Rgb, evidence: &[f32]) -> Outcome<Rgb> {
    let seen = rule.region(image);
    let mut painted = image.fitted(LONGEST)?;
    let strongest = evidence.iter().copied().fold(WEAK, f32::max);
    let (width, height) = (painted.width, painted.height);
    let shrink = f64::from(width) / f64::from(image.width.max(1));
    let place = |at: u32, start: f64, length: f64| {
        ((f64::from(at) + 0.5) / shrink - start) / length.max(1.0) * CELLS as f64 - 0.5
    };
    let lines = painted.pixels.chunks_exact_mut(width.max(1) as usize * 3);
    for (y, line) in (0..height).zip(lines) {
        let down = place(y, seen.top, seen.height);
        for (x, pixel) in (0..width).zip(line.chunks_exact_mut(3)) {
            let across = place(x, seen.left, seen.width);
            let heat = (between(evidence, down, across) / strongest).clamp(0.0, 1.0);
            let [red, green, blue] =
                [0, 1, 2].map(|i| f32::from(pixel.get(i).copied().unwrap_or(0)));
            let grey = 0.55 * (0.299 * red + 0.587 * green + 0.114 * blue);
            let cover = 0.75 * heat.sqrt();
            for (value, colour) in pixel.iter_mut().zip(colour(heat)) {
                *value = (grey * (1.0 - cover) + colour * cover).round() as u8;
            }
        }
    }
    Ok(painted)
}

/// The evidence at a place between the middles of cells; at the edges that of the nearest.
fn between(evidence: &[f32], down: f64, across: f64) -> f32 {
    let last = (CELLS - 1) as f64;
    let (down, across) = (down.clamp(0.0, last), across.clamp(0.0, last));
    let at = |row: f64, column: f64| {
        let index = row.min(last) as usize * CELLS + column.min(last) as usize;
        evidence.get(index).copied().unwrap_or_default()
    };
    let mix = |a: f32, b: f32, share: f64| a + (b - a) * share as f32;
    let (row, column) = (down.floor(), across.floor());
    let upper = mix(at(row, column), at(row, column + 1.0), across - column);
    let lower = mix(
        at(row + 1.0, column),
        at(row + 1.0, column + 1.0),
        across - column,
    );
    mix(upper, lower, down - row)
}

/// The colour of a heat from 0 to 1.
fn colour(heat: f32) -> [f32; 3] {
    let place = heat * (COLOURS.len() - 1) as f32;
    let at = |index: usize| {
        COLOURS
            .get(index)
            .or(COLOURS.last())
            .copied()
            .unwrap_or_default()
    };
    let (from, to) = (at(place as usize), at(place as usize + 1));
    let mix = |(from, to): (f32, f32)| from + (to - from) * place.fract();
    let [r, g, b] = [0, 1, 2].map(|i: usize| (from.get(i), to.get(i)));
    [r, g, b].map(|(from, to)| mix((from.copied().unwrap_or(0.0), to.copied().unwrap_or(0.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network of two labels whose logit is how red the lower right quarter is.
    struct Red(usize);

    impl Base for Red {
        fn run(&mut self, pixels: &[u8]) -> Result<Vec<f32>> {
            let side = self.0;
            let reds =
                (side / 2..side).flat_map(|y| (side / 2..side).map(move |x| (y * side + x) * 3));
            let sum: f32 = reds.map(|at| f32::from(pixels[at])).sum();
            let logit = 8.0 * sum / (255.0 * (side * side / 4) as f32) - 2.0;
            let p = 1.0 / (1.0 + (-logit).exp());
            Ok(vec![1.0 - p, p])
        }
    }

    fn rule(side: u32) -> Preprocess {
        Preprocess::of_size(side, side)
    }

    /// Black, with a red square in a quarter.
    fn image(side: u32) -> Rgb {
        let red = |y: u32, x: u32| y >= side / 2 && x >= side / 2;
        let places = (0..side).flat_map(|y| (0..side).map(move |x| (y, x)));
        let pixels = places.flat_map(|(y, x)| if red(y, x) { [255, 0, 0] } else { [0, 0, 0] });
        Rgb {
            width: side,
            height: side,
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn the_evidence_is_where_the_network_looks() {
        let heatmap = of(&rule(64), &mut Red(64), &image(64)).unwrap().unwrap();
        let at = |y: usize, x: usize| {
            let pixel = &heatmap.image.pixels[(y * 64 + x) * 3..][..3];
            pixel.iter().map(|&value| u32::from(value)).sum::<u32>()
        };
        assert!(at(48, 48) > 300, "{}", at(48, 48));
        assert!(at(12, 12) < 60, "{}", at(12, 12));
    }

    #[test]
    fn what_is_worth_is_what_hiding_costs() {
        let pixels = rule(64).pixels(&image(64), &View::PLAIN).unwrap();
        let scores = Red(64).run(&pixels).unwrap();
        let whole = log_odds(&scores, 1);
        assert!((whole - 6.0).abs() < 1e-3, "{whole}");
        let worth = evidence(&rule(64), &mut Red(64), &pixels, 1, whole).unwrap();
        // A hidden square of four cells in the quarter of sixteen makes a quarter of it a quarter
        // red.
        let cost = 8.0 * 0.25 * 0.75;
        assert!(
            (worth[6 * CELLS + 6] - cost).abs() < 0.02,
            "{}",
            worth[6 * CELLS + 6]
        );
        assert!(worth[0].abs() < 1e-3);
        // For the other label the same speaks against it.
        let other = evidence(&rule(64), &mut Red(64), &pixels, 0, -whole).unwrap();
        assert!((other[6 * CELLS + 6] + cost).abs() < 0.02);
    }

    #[test]
    fn log_odds_are_told_beyond_what_floats_can_tell_of_one() {
        assert!((log_odds(&[1.0, 1e-10], 0) - 23.0).abs() < 0.1);
        assert!((log_odds(&[0.25, 0.75], 1) - 3f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn colours_run_from_the_first_to_the_last() {
        assert_eq!(colour(0.0), COLOURS[0]);
        assert_eq!(colour(1.0), COLOURS[4]);
        assert_eq!(colour(0.125)[0], 65.0);
    }
}
