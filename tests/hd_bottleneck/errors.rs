//! Inputs and outputs that cannot be used.

use std::fs;

use crate::workdir::{Workdir, base, trained};

#[test]
fn a_damaged_file_is_made_anew_and_a_foreign_one_is_left_alone() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.bottleneck("images").succeeds();
    let whole = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    dir.write("out/bottlenecks.bin", &whole[..whole.len() - 7]);
    let run = dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("a_damaged_file", run.message());
    dir.write("out/bottlenecks.bin", "my only copy of a poem");
    let run = dir.bottleneck("images").ends_with(1);
    insta::assert_snapshot!("a_foreign_file", run.message());
    assert_eq!(
        fs::read(dir.path("out/bottlenecks.bin")).unwrap(),
        b"my only copy of a poem"
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    let message = |images: &str| dir.bottleneck(images).ends_with(1).message();
    insta::assert_snapshot!("no_such_folder", message("nowhere"));
    fs::create_dir(dir.path("empty")).unwrap();
    insta::assert_snapshot!("empty_folder", message("empty"));
    fs::create_dir_all(dir.path("hollow/cats")).unwrap();
    insta::assert_snapshot!("empty_label", message("hollow"));
    dir.write("clash/hot_dog/a.jpg", "x");
    dir.write("clash/hot-dog/a.jpg", "x");
    assert!(message("clash").contains("both give the label 'hot dog'"));
    dir.write("text/cats/a.txt", "no image");
    dir.write("text/dogs/a.txt", "no image either");
    insta::assert_snapshot!("no_image_at_all", message("text"));
    assert!(!dir.path("out/bottlenecks.bin").exists());
}

#[test]
fn an_output_that_is_a_folder_or_lies_among_the_labels_is_refused_before_any_work() {
    let dir = Workdir::new();
    dir.images("images", 3);
    fs::create_dir(dir.path("folder")).unwrap();
    let refused = |output: &str| {
        let args = ["images", "-o", output];
        dir.program("hd-bottleneck")
            .arg("--base")
            .arg(base())
            .args(args)
            .ends_with(1)
            .message()
    };
    insta::assert_snapshot!("an_output_that_is_a_folder", refused("folder"));
    insta::assert_snapshot!(
        "an_output_among_the_labels",
        refused("images/out/bottlenecks.bin")
    );
    assert_eq!(fs::read_dir(dir.path("")).unwrap().count(), 2);
}

#[test]
fn a_base_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    dir.images("images", 3);
    let whole = fs::read(base()).unwrap();
    dir.write("cut.onnx", &whole[..whole.len() / 2]);
    dir.write("text.onnx", "not a network");
    dir.write(
        "retrained.onnx",
        fs::read(trained().join("retrained_graph.onnx")).unwrap(),
    );
    for name in ["missing", "cut", "text", "retrained"] {
        let file = format!("{name}.onnx");
        let args = ["--base", &file, "images", "-o", "out/bottlenecks.bin"];
        let run = dir.program("hd-bottleneck").args(args).ends_with(1);
        insta::assert_snapshot!(format!("{name}_base"), run.message());
    }
}

#[test]
fn without_a_runtime_it_names_hd_fetch_runtime() {
    let dir = Workdir::new();
    dir.images("images", 3);
    let cache = dir.path("cache");
    let run = dir
        .bottleneck("images")
        .env("XDG_CACHE_HOME", &cache)
        .env("ORT_DYLIB_PATH", "")
        .ends_with(1);
    let message = run
        .message()
        .replace(cache.to_str().unwrap(), "CACHE")
        .replace(std::env::consts::ARCH, "ARCH");
    insta::assert_snapshot!("no_runtime", message);
    let text = dir.write("text.so", "no library");
    let run = dir
        .bottleneck("images")
        .args(["--runtime", "text.so"])
        .ends_with(1);
    assert!(
        run.message().contains(text.to_str().unwrap()),
        "{}",
        run.message()
    );
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_that_names_it() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.write("file", "in the way");
    let args = ["images", "-o", "file/bottlenecks.bin"];
    let run = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(base())
        .args(args)
        .ends_with(1);
    insta::assert_snapshot!("an_output_below_a_file", run.message());
}
