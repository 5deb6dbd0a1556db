//! Files for TensorBoard's projector: bottlenecks as points, with the labels and thumbnails of
//! their images.
//!
//! | file | content |
//! |---|---|
//! | `projector_config.pbtxt` | ProjectorConfig as text; its first line, a comment, identifies what the others were made of |
//! | `bottlenecks.tsv` | a line of D numbers for each image |
//! | `images.tsv` | label and path of each image, under a line that says so |
//! | `thumbnails.png` | the images, row by row in a square; only where their folder is known |

use std::fmt::Write as _;
use std::path::Path;

use hd_rows::{Row, floats};
use rayon::prelude::*;

use crate::dataset::{Tars, root_of};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file;
use crate::photo::{self, Preprocess, ResizeRule, Rgb};

/// As many are shown at most; of more, evenly spaced ones.
const MOST: usize = 2000;

/// The side of a thumbnail in pixels. A square of all of them is no larger than browsers draw.
const SIDE: u32 = 64;

const CONFIG: &str = "projector_config.pbtxt";
const BOTTLENECKS: &str = "bottlenecks.tsv";
const IMAGES: &str = "images.tsv";
const THUMBNAILS: &str = "thumbnails.png";

/// An image to be shown as a point.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// The bottleneck: D floats.
    pub bottleneck: Row<'a>,
    /// The image's path within the folder of images.
    pub path: &'a Path,
    /// The name of the image's label.
    pub label: &'a str,
    /// The digest of the image's content.
    pub digest: Digest,
}

/// Writes the files into `folder`, unless they are there and of the same points. With `images`, the
/// folder or the tar of the images, there are thumbnails too; an image that cannot be read has a grey one.
pub(super) fn write(folder: &Path, points: &[Point], images: Option<&Path>) -> Result<()> {
    let step = points.len().div_ceil(MOST).max(1);
    let points: Vec<Point> = points.iter().step_by(step).copied().collect();
    let identity = format!("# {}\n", identify(&points, images));
    let there = std::fs::read_to_string(folder.join(CONFIG));
    if there.is_ok_and(|config| config.starts_with(&identity)) {
        return Ok(());
    }
    // What is identified is written last.
    remove(&folder.join(CONFIG))?;
    remove(&folder.join(THUMBNAILS))?;
    if points.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = points
        .par_iter()
        .map(|point| line(&point.bottleneck.floats()))
        .collect();
    file::replace(&folder.join(BOTTLENECKS), |out| {
        let mut lines = lines.iter();
        lines.try_for_each(|line| out.write_all(line.as_bytes()))
    })?;
    file::replace(&folder.join(IMAGES), |out| {
        writeln!(out, "label\timage")?;
        points.iter().try_for_each(|point| {
            write!(out, "{}\t", point.label)?;
            out.write_all(&crate::tsv::field(point.path))?;
            writeln!(out)
        })
    })?;
    if let Some(images) = images {
        let png = thumbnails(&points, images);
        let png = png.map_err(Error::io(&folder.join(THUMBNAILS), "encode"))?;
        file::replace(&folder.join(THUMBNAILS), |out| out.write_all(&png))?;
    }
    let mut config = identity;
    let size = points
        .first()
        .map_or(0, |point| point.bottleneck.floats().len());
    let count = points.len();
    // Writing to a string does not fail.
    let _ = write!(
        config,
        "embeddings {{\n  tensor_name: \"bottlenecks\"\n  tensor_path: \"{BOTTLENECKS}\"\n  tensor_shape: {count}\n  \
         tensor_shape: {size}\n  metadata_path: \"{IMAGES}\"\n"
    );
    if images.is_some() {
        let _ = write!(
            config,
            "  sprite {{\n    image_path: \"{THUMBNAILS}\"\n    single_image_dim: {SIDE}\n    single_image_dim: {SIDE}\n  }}\n"
        );
    }
    config.push_str("}\n");
    file::replace(&folder.join(CONFIG), |out| out.write_all(config.as_bytes()))
}

fn line(numbers: &[f32]) -> String {
    let mut line = String::with_capacity(numbers.len() * 12);
    for number in numbers {
        // Writing to a string does not fail.
        let _ = write!(line, "{number}\t");
    }
    line.pop();
    line.push('\n');
    line
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(path, "remove")(error))
        }
        _ => Ok(()),
    }
}

fn identify(points: &[Point], images: Option<&Path>) -> Digest {
    let bottlenecks = floats(points.iter().map(|point| point.bottleneck));
    let parts = points
        .iter()
        .zip(&bottlenecks)
        .flat_map(|(point, bottleneck)| {
            [
                point.digest.as_bytes().as_slice(),
                point.label.as_bytes(),
                point.path.as_os_str().as_encoded_bytes(),
                bytemuck::cast_slice(bottleneck),
            ]
        });
    let images = images.map(|images| images.as_os_str().as_encoded_bytes());
    Digest::of_parts(parts.chain(images))
}

/// All thumbnails in one image, as a PNG file.
fn thumbnails(points: &[Point], images: &Path) -> std::io::Result<Vec<u8>> {
    let columns = points.len().isqrt() + usize::from(points.len().isqrt().pow(2) < points.len());
    let (tars, root) = (Tars::default(), root_of(images).unwrap_or_default());
    let all: Vec<Vec<u8>> = (points.par_iter())
        .map(|point| thumbnail(&tars, &root.join(point.path)).unwrap_or_else(grey))
        .collect();
    let line = SIDE as usize * 3;
    let mut pixels = vec![0u8; columns * columns * SIDE as usize * line];
    for (index, image) in all.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let from = row * SIDE as usize * columns * line + column * line;
        let rows = pixels.get_mut(from..).unwrap_or_default();
        for (target, source) in rows.chunks_mut(columns * line).zip(image.chunks(line)) {
            let target = target.iter_mut().zip(source);
            target.for_each(|(to, from)| *to = *from);
        }
    }
    let side = columns as u32 * SIDE;
    photo::encode_png(&Rgb {
        width: side,
        height: side,
        pixels,
    })
}

fn thumbnail(tars: &Tars, path: &Path) -> Option<Vec<u8>> {
    let rule = Preprocess {
        resize: ResizeRule::CentreCrop { shorter_side: SIDE },
        ..Preprocess::of_size(SIDE, SIDE)
    };
    rule.apply(&tars.read(path).ok()?, photo::MAX_PIXELS).ok()
}

fn grey() -> Vec<u8> {
    vec![128; (SIDE * SIDE * 3) as usize]
}
