//! Bottlenecks that cannot be trained on.

use std::fs;

use hd::head::Head;

use crate::hd_bottleneck::change_floats;
use crate::workdir::{ARCHITECTURE, Workdir, trained};

#[test]
fn bottlenecks_of_another_base_are_an_error_that_names_both() {
    let dir = Workdir::new();
    dir.trained();
    // The same network for images that are brought to its size in another way is another base.
    let other = [
        "base",
        ARCHITECTURE,
        "--resize",
        "centre-crop",
        "-o",
        "other.onnx",
    ];
    dir.program("hd-fetch").args(other).succeeds();
    let args = [
        "out/bottlenecks.bin",
        "--base",
        "other.onnx",
        "--head",
        "h",
        "--output-graph",
        "g",
    ];
    let message = dir.program("hd-train").args(args).ends_with(1).message();
    assert!(
        message.contains("out/bottlenecks.bin: made with the base mobilenet_v2_1.0_224 ("),
        "{message}"
    );
    assert!(
        message.contains("other.onnx is the base mobilenet_v2_1.0_224 ("),
        "{message}"
    );
    assert!(!dir.path("h").exists() && !dir.path("g").exists());
}

#[test]
fn damaged_and_foreign_bottlenecks_are_errors_that_name_the_file() {
    let dir = Workdir::new();
    let whole = fs::read(trained().join("bottlenecks.bin")).unwrap();
    dir.write("out/bottlenecks.bin", &whole[..whole.len() - 1]);
    insta::assert_snapshot!("truncated_floats", dir.train().ends_with(1).message());
    dir.write("out/bottlenecks.bin", &whole[..100]);
    insta::assert_snapshot!("truncated_header", dir.train().ends_with(1).message());
    dir.write("out/bottlenecks.bin", "\x7fELF and so on");
    insta::assert_snapshot!("foreign_bottlenecks", dir.train().ends_with(1).message());
    dir.write("out/bottlenecks.bin", "");
    insta::assert_snapshot!("empty_bottlenecks", dir.train().ends_with(1).message());
    fs::remove_file(dir.path("out/bottlenecks.bin")).unwrap();
    insta::assert_snapshot!("no_bottlenecks", dir.train().ends_with(1).message());
}

#[test]
fn images_under_two_labels_are_mentioned() {
    let dir = Workdir::new();
    dir.images("images", 3);
    for index in 0..3 {
        let name = format!("{index:04}.jpg");
        fs::copy(
            dir.path("images/hot_dog").join(&name),
            dir.path("images/not_hot_dog").join(format!("x{name}")),
        )
        .unwrap();
    }
    dir.bottleneck("images").succeeds();
    let run = dir.train().ends_with(1);
    assert!(
        run.stderr()
            .contains("3 images stand under more than one label, such as not_hot_dog/x0000.jpg"),
        "{}",
        run.stderr()
    );
    insta::assert_snapshot!("a_label_without_images_of_its_own", run.message());
}

#[test]
fn bottlenecks_that_are_no_numbers_or_stand_in_two_files_are_errors() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .program("hd-train")
        .args(["out/bottlenecks.bin", "out/bottlenecks.bin", "--head", "h"])
        .ends_with(1);
    assert!(
        run.stderr().contains("holds hot_dog/0000.jpg, which"),
        "{}",
        run.stderr()
    );
    change_floats(&dir, |row, floats| {
        if row == 7 {
            floats[3] = f32::NAN;
        }
    });
    assert!(
        dir.train()
            .ends_with(1)
            .stderr()
            .contains("something that is no number")
    );
}

#[test]
fn bottlenecks_that_are_all_the_same_are_warned_of() {
    let dir = Workdir::new();
    dir.trained();
    change_floats(&dir, |_, floats| floats.fill(0.5));
    let said = dir.train().succeeds().stderr();
    assert!(
        said.contains("all bottlenecks are the same, so that nothing can be learned"),
        "{said}"
    );
}

/// The head that [`Workdir::trained`] has, changed and with the digest that it should have.
fn changed(dir: &Workdir, change: impl Fn(&mut Head)) {
    let mut head = Head::open(&dir.path("out/head.bin")).unwrap();
    change(&mut head);
    head.write(&dir.path("changed.bin")).unwrap();
}

#[test]
fn a_head_that_does_not_fit_is_an_error_and_no_panic() {
    let dir = Workdir::new();
    dir.trained();
    let refused = |expected: &str| {
        let eval = dir
            .program("hd-eval")
            .args(["changed.bin", "out/bottlenecks.bin"]);
        let said = eval.ends_with(1).stderr();
        assert!(said.contains(expected), "{said}");
        let init = dir
            .train()
            .args(["--init", "changed.bin"])
            .ends_with(1)
            .stderr();
        assert!(init.contains(expected), "{init}");
    };
    changed(&dir, |head| head.weights[5] = f32::NAN);
    refused("changed.bin: a head, but damaged: it holds something that is no number");
    changed(&dir, |head| head.temperature = f64::INFINITY);
    refused("it holds something that is no number");
    changed(&dir, |head| head.biases.truncate(1));
    refused("its weights do not fit its labels");
    changed(&dir, |head| head.weights.truncate(2 * 700));
    refused("its bottlenecks are of 1280 numbers, but the head");
    changed(&dir, |head| {
        head.labels[0] = "hot\u{1b}[31m dog\nx".to_owned()
    });
    refused("a name in it has control characters");
}
