//! Images and graphs that cannot be used, and readers that go away.

use std::fs;
use std::process::Stdio;

use super::label;
use crate::workdir::{Workdir, drawings, trained};

#[test]
fn a_bad_image_costs_the_others_nothing() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    dir.write("bad.jpg", "no image");
    let images = ["bad.jpg", "images/hot_dog/0000.jpg", "missing.jpg"];
    let run = label(&dir).args(images).ends_with(1);
    assert_eq!(run.stdout().lines().count(), 1);
    insta::assert_snapshot!("images_that_cannot_be_labelled", run.message());
}

#[test]
fn a_graph_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    dir.trained();
    let whole = fs::read(trained().join("retrained_graph.onnx")).unwrap();
    dir.write("cut.onnx", &whole[..whole.len() - 5000]);
    dir.write("base.onnx", fs::read(crate::workdir::base()).unwrap());
    dir.write("text.onnx", "no network");
    let image = drawings().join("hot_dog/0000.jpg");
    for name in ["missing", "cut", "base", "text"] {
        let run = dir
            .program("hd-label")
            .args(["--graph", &format!("{name}.onnx")])
            .arg(&image)
            .ends_with(1);
        insta::assert_snapshot!(format!("{name}_graph"), run.message());
        assert_eq!(run.stdout(), "");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    let images = (0..300).map(|index| format!("images/hot_dog/{:04}.jpg", index % 3));
    let mut call = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(images);
    let mut child = call
        .0
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
