//! Networks that were not retrained here: bases, and classifiers of the user.

use std::fs;

use super::label;
use crate::workdir::{Workdir, top};

#[test]
fn bottlenecks_are_those_that_hd_bottleneck_keeps() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    dir.bottleneck("images")
        .args(["--export", "export"])
        .succeeds();
    let kept = fs::read(dir.path("export/bottlenecks.npy")).unwrap();
    let kept: Vec<f32> = kept[kept.len() - 4 * 1280 * 4..]
        .chunks(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let table = label(&dir).args(["--embed", "images"]).succeeds().stdout();
    let numbers = |line: &str| -> Vec<f32> {
        line.split('\t')
            .skip(1)
            .map(|number| number.parse().unwrap())
            .collect()
    };
    let printed: Vec<f32> = table.lines().flat_map(numbers).collect();
    assert_eq!(printed, kept);
    let json = label(&dir)
        .args(["--embed", "--format", "json", "images"])
        .succeeds()
        .stdout();
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["bottleneck"].as_array().unwrap().len(), 1280);
    // A base has them too.
    let base = dir
        .program("hd-label")
        .arg("--graph")
        .arg(crate::workdir::base());
    assert_eq!(base.args(["--embed", "images"]).succeeds().stdout(), table);
}

/// Small networks beside this file, the side of their images, and whether they end in logits.
const NETWORKS: [(&str, usize, bool); 3] = [
    ("resnet.onnx", 32, true),
    ("vit.onnx", 32, true),
    ("efficientnet.onnx", 32, false),
];

#[test]
fn any_classifier_of_images_labels_with_a_file_of_labels() {
    let dir = Workdir::new();
    // Brings ONNX Runtime.
    crate::workdir::base();
    let expected: serde_json::Value =
        serde_json::from_slice(&fs::read(top().join("tests/networks/expected.json")).unwrap())
            .unwrap();
    dir.write("labels.txt", "a\nb\nc\nd\n");
    for (name, size, softmax) in NETWORKS {
        let pixel =
            |i: usize| ((7 * (i / 3 % size) + 13 * (i / 3 / size) + 29 * (i % 3)) % 256) as u8;
        let mut image = format!("P6 {size} {size} 255\n").into_bytes();
        image.extend((0..size * size * 3).map(pixel));
        dir.write("image.ppm", &image);
        let graph = top().join("tests/networks").join(name);
        let call = dir.program("hd-label").arg("--graph").arg(&graph);
        let call = call.args(["--labels", "labels.txt", "--format", "json", "image.ppm"]);
        let answer: serde_json::Value = serde_json::from_str(&call.succeeds().stdout()).unwrap();
        let output = expected[format!("{name} output")].as_array().unwrap();
        let output: Vec<f64> = output.iter().map(|value| value.as_f64().unwrap()).collect();
        let theirs = match softmax {
            true => {
                let all: f64 = output.iter().map(|z| z.exp()).sum();
                output.iter().map(|z| z.exp() / all).collect()
            }
            false => output,
        };
        for (label, theirs) in ["a", "b", "c", "d"].iter().zip(theirs) {
            let ours = answer["scores"][label].as_f64().unwrap();
            assert!((ours - theirs).abs() < 1e-5, "{name}: {answer} {theirs}");
        }
    }
    let graph = top().join("tests/networks/resnet.onnx");
    let call = || {
        dir.program("hd-label")
            .arg("--graph")
            .arg(&graph)
            .arg("image.ppm")
    };
    let without = call().ends_with(1);
    assert!(
        without.message().contains("hint: "),
        "{}",
        without.message()
    );
    dir.write("three.txt", "a\nb\nc\n");
    let three = call().args(["--labels", "three.txt"]).ends_with(1);
    assert!(
        three
            .message()
            .contains("gives 4 numbers an image, and there are 3 labels")
    );
}
