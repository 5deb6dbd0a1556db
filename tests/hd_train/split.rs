//! The division into training, validation and testing images.

use std::fs;

use crate::workdir::Workdir;

#[test]
fn labels_that_cannot_be_told_apart_or_divided_are_errors_that_say_why() {
    let dir = Workdir::new();
    dir.images("images", 3);
    fs::remove_dir_all(dir.path("images/not_hot_dog")).unwrap();
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("one_label_only", dir.train().ends_with(1).message());
    dir.images("images", 3);
    fs::remove_file(dir.path("images/not_hot_dog/0002.jpg")).unwrap();
    dir.bottleneck("images").succeeds();
    insta::assert_snapshot!(
        "a_label_too_small_to_split",
        dir.train().ends_with(1).message()
    );
    dir.write("images/empty/note.txt", "no image");
    let left_out = "no image of the label 'empty' can be used, so it is left out";
    let told = dir.bottleneck("images").succeeds().stderr();
    assert!(told.contains(left_out), "{told}");
    assert!(!dir.path("out/head.bin").exists());
    // What is too small for three splits is enough for one, and a label without an image is left out.
    let all = ["--testing-percentage=0", "--validation-percentage=0"];
    let told = dir.train().args(all).succeeds().stderr();
    assert!(told.contains(left_out), "{told}");
    let labels = fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap();
    assert_eq!(labels, "hot dog\nnot hot dog\n");
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
fn by_path_the_spelling_of_the_folder_divides_and_the_head_remembers() {
    let dir = Workdir::new();
    dir.trained();
    let counts = |prefix: &str| {
        let run = dir
            .train()
            .args(["--split-by", "path", "--path-prefix", prefix])
            .succeeds();
        let line = |line: &&str| line.contains("images for training");
        run.stderr().lines().find(line).unwrap().to_owned()
    };
    let described = || {
        let call = dir.program("hd-train").args(["--describe", "out/head.bin"]);
        call.succeeds().stdout()
    };
    let one = counts("images");
    assert!(
        described().contains("split by\tpath\timages\n"),
        "{}",
        described()
    );
    assert_ne!(one, counts("./images"));
    // The testing images are those that hd-train counted.
    let scored = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"])
        .succeeds();
    let testing = counts("./images")
        .rsplit(", ")
        .next()
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        scored.stdout().contains(&format!("(N={testing})")),
        "{}",
        scored.stdout()
    );
}

#[test]
fn two_images_are_enough_where_none_is_kept_back() {
    let dir = Workdir::new();
    dir.images("images", 1);
    dir.bottleneck("images").succeeds();
    let run = dir.train().ends_with(1);
    assert!(run.stderr().contains("'hot dog'"), "{}", run.stderr());
    let all = ["--testing-percentage", "0", "--validation-percentage", "0"];
    dir.train().args(all).succeeds();
    let score = ["out/head.bin", "out/bottlenecks.bin", "--split", "all"];
    let text = dir.program("hd-eval").args(score).succeeds().stdout();
    assert!(text.contains("All accuracy = 100.0% (N=2)"), "{text}");
}

#[test]
fn an_image_that_is_moved_to_fill_a_split_is_mentioned() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.bottleneck("images").succeeds();
    let said = dir.train().succeeds().stderr();
    let moved = "moved to another split for its label to be in each, such as ";
    assert!(said.contains(moved), "{said}");
    let dir = Workdir::new();
    dir.trained();
    assert!(!dir.train().succeeds().stderr().contains(moved));
}
