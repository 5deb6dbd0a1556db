//! Numbers for the images in the folder `images`; README.md beside it says how both were made.

use std::fs;
use std::path::PathBuf;

use hd::photo::{Filter, ResizeRule};

use super::{bottlenecks, distance, input, off, table};
use crate::workdir::{ARCHITECTURE, top};

const LAB: &str = "mobilenet_1.0_224";
const CROP: ResizeRule = ResizeRule::CentreCrop { shorter_side: 256 };
/// Of an input every so many columns and rows are kept.
const STRIDE: usize = 15;
/// How far vectors are off where every pixel is the same, and only sums are taken in another order.
const SAME: f64 = 5e-5;
/// How far they are off where JPEG decoders and resizers differ by a level or two of a pixel.
const ALIKE: f64 = 0.05;

fn folder() -> PathBuf {
    top().join("tests/golden")
}

/// The images, as paths within their folder, in the order of the rows of numbers.
fn images() -> Vec<String> {
    let names = |label: &str| {
        let entries = fs::read_dir(folder().join("images").join(label)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        let mut paths: Vec<String> = names
            .map(|name| format!("{label}/{}", name.to_str().unwrap()))
            .collect();
        paths.sort();
        paths
    };
    ["drawing", "texture"].map(names).concat()
}

/// The rows of an array, one an image.
fn rows(array: &str) -> Vec<Vec<f32>> {
    let ([rows, size], values) = table(&folder().join(format!("{array}.npy")));
    assert_eq!(rows, images().len());
    values.chunks_exact(size).map(<[f32]>::to_vec).collect()
}

/// The pixels of an input that are kept.
fn sample(input: &[f32]) -> Vec<f32> {
    let pixels = input.as_chunks::<3>().0;
    let rows = pixels.chunks(224).step_by(STRIDE);
    let kept = rows.flat_map(|row| row.iter().step_by(STRIDE));
    kept.flatten().copied().collect()
}

/// Each image's name, and the mean and largest distance of its pixels from those of the array.
fn distances(array: &str, resize: ResizeRule, filter: Filter) -> Vec<(String, f32, f32)> {
    let images = images().into_iter().zip(rows(array));
    let distances = images.map(|(image, theirs)| {
        let ours = input(&folder().join("images").join(&image), resize, filter);
        let (mean, worst) = distance(&sample(&ours), &theirs);
        (image, mean, worst)
    });
    distances.collect()
}

/// Asserts that every image's values are those of its row in the array, but for this share.
fn assert_near(array: &str, architecture: &str, flags: &[&str], most: f64) {
    let images = images();
    let ours = bottlenecks(&folder().join("images"), &images, architecture, flags);
    for ((image, ours), theirs) in images.iter().zip(&ours).zip(rows(array)) {
        let off = off(ours, &theirs);
        assert!(off <= most, "{array} {image}: {off}");
    }
}

#[test]
fn every_pixel_of_the_legacy_filter_is_that_of_tensorflow() {
    let array = format!("{LAB}.input");
    for (image, _, worst) in distances(&array, ResizeRule::Squash, Filter::LegacyBilinear) {
        // Every one of them, to the rounding of floats.
        assert!(worst < 1e-3, "{image}: {worst}");
    }
}

#[test]
fn squashed_and_cropped_pixels_are_those_of_torchvision() {
    for (name, resize) in [("squash", ResizeRule::Squash), ("crop", CROP)] {
        let array = format!("{ARCHITECTURE}.{name}.input");
        for (image, mean, worst) in distances(&array, resize, Filter::Antialiased) {
            assert!(
                mean < 0.5 && worst <= 4.0,
                "{array} {image}: {mean} {worst}"
            );
        }
    }
}

#[test]
fn bottlenecks_and_logits_of_a_drawing_are_those_of_tensorflow() {
    assert_near(&format!("{LAB}.pooled"), LAB, &[], SAME);
    let logits = ["--bottleneck", "logits"];
    assert_near(&format!("{LAB}.logits"), LAB, &logits, SAME);
}

#[test]
fn bottlenecks_of_a_drawing_are_those_of_efficientnet_lite() {
    for base in [
        "efficientnet_lite0_224",
        "efficientnet_lite1_240",
        "efficientnet_lite2_260",
    ] {
        assert_near(
            &format!("{base}.pooled"),
            base,
            &["--resize", "squash"],
            ALIKE,
        );
    }
}

#[test]
fn bottlenecks_and_logits_of_a_drawing_are_those_of_torchvision() {
    for (name, resize) in [("squash", "squash"), ("crop", "centre-crop")] {
        let array = format!("{ARCHITECTURE}.{name}");
        let flags = ["--resize", resize, "--bottleneck", "logits"];
        assert_near(&format!("{array}.pooled"), ARCHITECTURE, &flags[..2], ALIKE);
        assert_near(&format!("{array}.logits"), ARCHITECTURE, &flags, ALIKE);
    }
}
