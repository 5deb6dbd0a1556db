use std::fs;
use std::io::Write;
use std::path::Path;

use hd::bottleneck::Bottlenecks;
use hd::onnx::classifier_from_weights;
use hd::photo::{Filter, Preprocess, ResizeRule};

use crate::workdir::{ARCHITECTURE, Workdir, base, cosine, reference};

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

fn argmax(values: &[f32]) -> usize {
    (0..values.len())
        .max_by(|&a, &b| values[a].total_cmp(&values[b]))
        .unwrap()
}

/// How far the largest value is above the next.
fn margin(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted[0] - sorted[1]
}

/// The photos that the reference numbers are for, in their order.
fn listed(golden: &Path) -> Vec<String> {
    let list = fs::read(golden.join("images.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let photos = list.as_array().unwrap().iter();
    photos
        .map(|photo| photo["path"].as_str().unwrap().to_owned())
        .collect()
}

/// The bottlenecks of the photos that the reference numbers are for, in their order, by a base with this `--resize`.
fn bottlenecks(photos: &Path, golden: &Path, resize: &str) -> Vec<Vec<f32>> {
    let dir = Workdir::new();
    let paths = listed(golden);
    for path in &paths {
        dir.write(
            Path::new("images").join(path),
            fs::read(photos.join(path)).unwrap(),
        );
    }
    // Brings ONNX Runtime.
    base();
    let base = ["base", ARCHITECTURE, "--resize", resize, "-o", "base.onnx"];
    dir.program("hd-fetch").args(base).succeeds();
    let run = ["--base", "base.onnx", "images", "-o", "bottlenecks.bin"];
    dir.program("hd-bottleneck").args(run).succeeds();
    let ours = Bottlenecks::open(&dir.path("bottlenecks.bin")).unwrap();
    let row = |path: &String| {
        ours.rows()
            .iter()
            .position(|row| row.path == Path::new(path))
            .unwrap()
    };
    paths
        .iter()
        .map(|path| ours.bottleneck(row(path)).to_vec())
        .collect()
}

/// Asserts that every row points the way that the reference's does, and says how long it is.
fn agree(ours: &[Vec<f32>], reference: &Path) -> usize {
    let ([rows, size], theirs) = table(reference);
    assert_eq!((rows, size), (64, 1280));
    assert_eq!(ours.len(), rows);
    let cosines = ours
        .iter()
        .zip(theirs.chunks(size))
        .map(|(ours, theirs)| cosine(ours, theirs));
    let worst = cosines.fold(1.0, f64::min);
    assert!(worst >= 0.999, "the worst cosine is {worst}");
    size
}

#[test]
fn with_a_centre_crop_too_bottlenecks_are_those_of_torchvision() {
    let test = "with_a_centre_crop_too_bottlenecks_are_those_of_torchvision";
    let (Some(golden), Some(photos)) =
        (reference(test, "golden"), reference(test, "photos/hotdog"))
    else {
        return;
    };
    let ours = bottlenecks(&photos, &golden, "centre-crop");
    agree(
        &ours,
        &golden.join("mobilenet_v2_1.0_224.crop.pool1280.npy"),
    );
}

#[test]
fn bottlenecks_and_top_classes_are_those_of_torchvision() {
    let test = "bottlenecks_and_top_classes_are_those_of_torchvision";
    let (Some(golden), Some(photos)) =
        (reference(test, "golden"), reference(test, "photos/hotdog"))
    else {
        return;
    };
    let ours = bottlenecks(&photos, &golden, "squash");
    let rows = ours.len();
    let size = agree(
        &ours,
        &golden.join("mobilenet_v2_1.0_224.squash.pool1280.npy"),
    );

    let weights = hd::fetch::cache_folder()
        .unwrap()
        .join("weights/mobilenet_v2-b0353104.pth");
    let (matrix, bias) = classifier_from_weights(&weights).unwrap();
    let ([_, classes], logits) = table(&golden.join("mobilenet_v2_1.0_224.squash.logits1000.npy"));
    let mut clear = 0;
    for (ours, theirs) in ours
        .iter()
        .zip(logits.chunks(classes))
        .filter(|(_, theirs)| margin(theirs) > 0.5)
    {
        let dot = |row: &[f32]| row.iter().zip(ours).map(|(w, x)| w * x).sum::<f32>();
        let logits: Vec<f32> = matrix
            .chunks(size)
            .zip(&bias)
            .map(|(row, b)| dot(row) + b)
            .collect();
        assert_eq!(argmax(&logits), argmax(theirs));
        clear += 1;
    }
    assert!(clear > 40, "only {clear} of {rows} margins are clear");
}

/// The first of the photos that the reference numbers are for, as a rule makes it the input of a network.
fn first_input(golden: &Path, photos: &Path, resize: ResizeRule, filter: Filter) -> Vec<u8> {
    let photo = photos.join(&listed(golden)[0]);
    let rule = Preprocess {
        width: 224,
        height: 224,
        resize,
        filter,
        full_decode: false,
    };
    rule.apply(&fs::read(photo).unwrap()).unwrap()
}

/// Mean and largest distance, in levels of 255, of our pixels from the reference.
fn distance(ours: &[u8], theirs: impl Fn(usize) -> f32) -> (f32, f32) {
    let distances = ours
        .iter()
        .enumerate()
        .map(|(index, &value)| (f32::from(value) - theirs(index)).abs());
    let (sum, worst) = distances.fold((0.0, 0f32), |(sum, worst), d| (sum + d, worst.max(d)));
    (sum / ours.len() as f32, worst)
}

#[test]
fn the_legacy_filter_gives_the_pixels_of_tensorflow() {
    let test = "the_legacy_filter_gives_the_pixels_of_tensorflow";
    let (Some(golden), Some(photos)) =
        (reference(test, "golden"), reference(test, "photos/hotdog"))
    else {
        return;
    };
    let (_, input) = npy(&golden.join("mobilenet_v1_1.0_224.input0.npy"));
    let ours = first_input(&golden, &photos, ResizeRule::Squash, Filter::LegacyBilinear);
    let (mean, worst) = distance(&ours, |index| input[index] * 127.5 + 127.5);
    // TensorFlow decodes with a fast and less exact cosine transform, which alone makes nearly a level on average.
    assert!(mean < 1.3 && worst < 10.0, "{mean} {worst}");
    // The antialiased filter is another thing altogether.
    let other = first_input(&golden, &photos, ResizeRule::Squash, Filter::Antialiased);
    let (mean, _) = distance(&other, |index| input[index] * 127.5 + 127.5);
    assert!(mean > 3.0, "{mean}");
}

#[test]
fn the_centre_crop_gives_the_pixels_of_torchvision() {
    let test = "the_centre_crop_gives_the_pixels_of_torchvision";
    let (Some(golden), Some(photos)) =
        (reference(test, "golden"), reference(test, "photos/hotdog"))
    else {
        return;
    };
    let (_, input) = npy(&golden.join("mobilenet_v2_1.0_224.crop.input0.npy"));
    let crop = ResizeRule::CentreCrop { shorter_side: 256 };
    let ours = first_input(&golden, &photos, crop, Filter::Antialiased);
    // Theirs lies channel by channel, normalised by ImageNet's mean and deviation.
    let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let theirs = |index: usize| {
        let (pixel, channel) = (index / 3, index % 3);
        (input[channel * 224 * 224 + pixel] * deviation[channel] + mean[channel]) * 255.0
    };
    let (mean, worst) = distance(&ours, theirs);
    assert!(mean < 0.8 && worst < 8.0, "{mean} {worst}");
    let squashed = first_input(&golden, &photos, ResizeRule::Squash, Filter::Antialiased);
    assert!(distance(&squashed, theirs).0 > 5.0);
}

#[test]
fn a_thousand_photos_give_the_accuracy_that_the_lab_gives() {
    let test = "a_thousand_photos_give_the_accuracy_that_the_lab_gives";
    let Some(photos) = reference(test, "photos/hotdog") else {
        return;
    };
    let dir = Workdir::new();
    dir.bottleneck(photos.to_str().unwrap()).succeeds();
    dir.train().succeeds();
    let run = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"])
        .succeeds();
    let last = run.stdout().lines().last().unwrap().to_owned();
    let _ = writeln!(std::io::stderr(), "{test}: {last}");
    let accuracy = last
        .strip_prefix("Final test accuracy = ")
        .unwrap()
        .split('%')
        .next()
        .unwrap();
    assert!(accuracy.parse::<f64>().unwrap() >= 93.0, "{last}");
}
