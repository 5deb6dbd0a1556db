//! Numbers from TensorFlow and torchvision: pixels of a network's input, bottlenecks and logits.

/// Numbers for the images beside them, which every clone has.
mod drawn;

/// Numbers for many photos, and what is trained on these.
mod photos;

use std::fs;
use std::path::Path;

use hd::bottleneck::Bottlenecks;
use hd::photo::{Element, Filter, MAX_PIXELS, Preprocess, ResizeRule};

use crate::workdir::{Workdir, base};

/// Reads a two-dimensional float32 array in numpy's format: shape, and values row by row.
fn table(path: &Path) -> ([usize; 2], Vec<f32>) {
    let (shape, values) = npy(path);
    (shape.try_into().unwrap(), values)
}

/// Reads a float32 array in numpy's format, version 1: shape, and values with the last index running fastest.
fn npy(path: &Path) -> (Vec<usize>, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length]).unwrap();
    assert!(
        header.contains("'<f4'") && header.contains("'fortran_order': False"),
        "{header}"
    );
    let shape = header.split('(').nth(1).unwrap().split(')').next().unwrap();
    let shape: Vec<usize> = shape
        .split(',')
        .map(|size| size.trim().parse().unwrap())
        .collect();
    let values = bytes[10 + length..]
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    (shape, values.collect())
}

/// The length of the difference of two vectors, as a share of the second's length. Unlike an angle
/// it sees a wrong scale too.
fn off(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let length = |squares: f64| squares.sqrt();
    let squares = |value: f32| f64::from(value).powi(2);
    let differences = ours.iter().zip(theirs).map(|(a, b)| squares(a - b));
    length(differences.sum()) / length(theirs.iter().copied().map(squares).sum())
}

/// The bottlenecks of these images in a folder, in their order, by this base.
fn bottlenecks(
    folder: &Path,
    images: &[String],
    architecture: &str,
    flags: &[&str],
) -> Vec<Vec<f32>> {
    let dir = Workdir::new();
    for image in images {
        let bytes = fs::read(folder.join(image)).unwrap();
        dir.write(Path::new("images").join(image), bytes);
    }
    // Brings ONNX Runtime.
    base();
    let base = ["base", architecture, "-o", "base.onnx"];
    dir.program("hd-fetch").args(base).args(flags).succeeds();
    let run = ["--base", "base.onnx", "images", "-o", "bottlenecks.bin"];
    dir.program("hd-bottleneck").args(run).succeeds();
    let ours = Bottlenecks::open(&dir.path("bottlenecks.bin")).unwrap();
    let row = |image: &String| {
        let mut rows = ours.rows().iter();
        rows.position(|row| row.path == Path::new(image)).unwrap()
    };
    let rows = images.iter().map(row);
    rows.map(|row| ours.bottleneck(row).to_vec()).collect()
}

/// An image as a rule makes it the input of a network: 224 x 224 pixels, RGB, from 0 to 255.
fn input(image: &Path, resize: ResizeRule, filter: Filter) -> Vec<f32> {
    let rule = Preprocess {
        resize,
        filter,
        ..Preprocess::of_size(224, 224)
    };
    let bytes = rule.apply(&fs::read(image).unwrap(), MAX_PIXELS).unwrap();
    match filter.element() {
        Element::Byte => bytes.into_iter().map(f32::from).collect(),
        Element::Float => {
            let words = bytes.as_chunks().0.iter();
            words.map(|&word| f32::from_ne_bytes(word)).collect()
        }
    }
}

/// The mean and the largest distance between two arrays.
fn distance(ours: &[f32], theirs: &[f32]) -> (f32, f32) {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    let distances = pairs.map(|(ours, theirs)| (ours - theirs).abs());
    let (sum, worst) = distances.fold((0.0, 0f32), |(sum, worst), d| (sum + d, worst.max(d)));
    (sum / ours.len() as f32, worst)
}
