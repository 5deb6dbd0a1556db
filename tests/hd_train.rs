use std::fs;

use crate::workdir::{Workdir, base, trained};

#[test]
fn writes_the_head_the_graph_and_the_labels() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir.train().succeeds();
    assert!(
        run.stderr().contains("cross-validated accuracy"),
        "{}",
        run.stderr()
    );
    assert_eq!(
        fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap(),
        "hot dog\nnot hot dog\n"
    );
    let text = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    for line in [
        "labels\thot dog\tnot hot dog\n",
        "weights\t2 x 1280\n",
        "testing percentage\t15\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_cores() {
    let dir = Workdir::new();
    dir.trained();
    let files = ["head.bin", "retrained_graph.onnx"].map(|name| dir.path("out").join(name));
    let made_on = |threads: &str| {
        dir.train().env("RAYON_NUM_THREADS", threads).succeeds();
        files.clone().map(|file| fs::read(file).unwrap())
    };
    assert!(made_on("1") == made_on("4"));
}

#[test]
fn several_files_are_as_good_as_one() {
    let dir = Workdir::new();
    dir.trained();
    dir.train().succeeds();
    let one = fs::read(dir.path("out/head.bin")).unwrap();
    let all = crate::workdir::drawings();
    for (part, indices) in [("a", 0..13), ("b", 13..30)] {
        for label in ["hot_dog", "not_hot_dog"] {
            for index in indices.clone() {
                let picture = format!("{label}/{index:04}.jpg");
                dir.write(
                    format!("{part}/{picture}"),
                    fs::read(all.join(&picture)).unwrap(),
                );
            }
        }
        let args = [part.to_owned(), "-o".to_owned(), format!("{part}.bin")];
        dir.program("hd-bottleneck")
            .arg("--base")
            .arg(base())
            .args(args)
            .succeeds();
    }
    dir.program("hd-train")
        .args(["b.bin", "a.bin", "--head", "out/head.bin"])
        .succeeds();
    assert!(one == fs::read(dir.path("out/head.bin")).unwrap());
}

#[test]
fn a_strength_can_be_given() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir.train().args(["--l2", "0.5", "-v"]).succeeds();
    assert!(
        !run.stderr().contains("cross-validated"),
        "{}",
        run.stderr()
    );
    let text = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    assert!(text.contains("l2\t0.5\n"), "{text}");
    assert!(
        dir.train()
            .args(["--l2", "-1"])
            .ends_with(2)
            .stderr()
            .contains("at least 0")
    );
}

#[test]
fn underscores_in_flags_are_accepted() {
    let dir = Workdir::new();
    dir.trained();
    dir.train()
        .args(["--testing_percentage=20", "--validation_percentage", "10"])
        .succeeds();
    let text = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    assert!(text.contains("testing percentage\t20\n"), "{text}");
}

#[test]
fn labels_that_cannot_be_told_apart_or_divided_are_errors_that_say_why() {
    let dir = Workdir::new();
    dir.pictures("images", 3);
    fs::remove_dir_all(dir.path("images/not_hot_dog")).unwrap();
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("one_label_only", dir.train().ends_with(1).message());
    dir.pictures("images", 3);
    fs::remove_file(dir.path("images/not_hot_dog/0002.jpg")).unwrap();
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!(
        "a_label_too_small_to_split",
        dir.train().ends_with(1).message()
    );
    dir.write("images/empty/Thumbs.db", "");
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!(
        "a_label_without_a_picture",
        dir.train().ends_with(1).message()
    );
    assert!(!dir.path("out/head.bin").exists());
    // What is too small for three splits is enough for one.
    fs::remove_dir_all(dir.path("images/empty")).unwrap();
    dir.bottleneck("images").succeeds();
    dir.train()
        .args(["--testing-percentage=0", "--validation-percentage=0"])
        .succeeds();
}

#[test]
fn percentages_that_leave_nothing_to_train_on_are_wrong() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args([
            "--testing-percentage",
            "60",
            "--validation-percentage",
            "40",
        ])
        .ends_with(2);
    assert!(
        run.stderr().contains("leave nothing to train on"),
        "{}",
        run.stderr()
    );
    dir.train()
        .args(["--testing-percentage", "100"])
        .ends_with(2);
}

#[test]
fn bottlenecks_of_another_base_are_an_error_that_names_both() {
    let dir = Workdir::new();
    dir.trained();
    // The same network with one more byte of metadata is another base.
    let mut other = fs::read(base()).unwrap();
    other.extend([0x72, 0x05, 0x0a, 0x01, b'x', 0x12, 0x00]);
    dir.write("other.onnx", other);
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
fn an_output_that_would_destroy_an_input_or_another_output_is_refused() {
    let dir = Workdir::new();
    dir.trained();
    let before = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    let head = |path: &str, more: &[&str]| {
        let call = dir
            .program("hd-train")
            .args(["out/bottlenecks.bin", "--head", path])
            .args(more);
        call.ends_with(2).message()
    };
    insta::assert_snapshot!(
        "an_output_that_is_an_input",
        head("out/bottlenecks.bin", &[])
    );
    insta::assert_snapshot!(
        "two_outputs_in_one",
        head("new", &["--output-labels", "./new"])
    );
    assert!(before == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn outputs_can_be_devices() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args(["--output-labels", "/dev/stdout"])
        .ends_with(2);
    assert!(
        run.stderr().contains("cannot be used multiple times"),
        "{}",
        run.stderr()
    );
    let args = [
        "out/bottlenecks.bin",
        "--head",
        "/dev/null",
        "--output-labels",
        "/dev/stdout",
    ];
    assert_eq!(
        dir.program("hd-train").args(args).succeeds().stdout(),
        "hot dog\nnot hot dog\n"
    );
}

#[test]
fn pictures_under_two_labels_are_mentioned() {
    let dir = Workdir::new();
    dir.pictures("images", 8);
    for index in 0..8 {
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
            .contains("8 pictures stand under more than one label, such as not_hot_dog/x0000.jpg"),
        "{}",
        run.stderr()
    );
    insta::assert_snapshot!("a_label_without_pictures_of_its_own", run.message());
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
    let mut bytes = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    dir.write("out/bottlenecks.bin", bytes);
    assert!(
        dir.train()
            .ends_with(1)
            .stderr()
            .contains("something that is no number")
    );
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_that_names_it() {
    let dir = Workdir::new();
    dir.trained();
    dir.write("file", "in the way");
    let message = dir
        .program("hd-train")
        .args(["out/bottlenecks.bin", "--head", "file/head.bin"])
        .ends_with(1)
        .message();
    assert!(
        message.contains("hd-train: file: cannot create the folder: "),
        "{message}"
    );
}
