//! Corrections of labels, by hd-train, hd-eval and make.

use std::fs;

use crate::makefile::{make, ran};
use crate::workdir::{Call, Workdir};

fn train(dir: &Workdir) -> Call {
    let args = [
        "out/bottlenecks.bin",
        "--head",
        "h.bin",
        "--corrections",
        "c.tsv",
    ];
    dir.program("hd-train").args(args)
}

#[test]
fn corrected_labels_are_learned_and_scored_and_nothing_of_the_users_changes() {
    let dir = Workdir::new();
    dir.trained();
    let plain = fs::read(dir.path("out/head.bin")).unwrap();
    dir.write(
        "c.tsv",
        "path\tlabel\nhot_dog/0001.jpg\tnot hot dog\nnot_hot_dog/0002.jpg\thot_dog\nhot_dog/0003.jpg\t-\ngone.jpg\t-\n",
    );
    let said = train(&dir).succeeds().stderr();
    assert!(
        said.contains("c.tsv: 2 images with another label, 1 left out"),
        "{said}"
    );
    assert!(
        said.contains("warning: c.tsv: of 1 line there is no image here"),
        "{said}"
    );
    let text = dir
        .program("hd-train")
        .args(["--describe", "h.bin"])
        .succeeds()
        .stdout();
    let of = |label: &str| {
        let start = format!("images of {label}\t");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap()
            .to_owned();
        let numbers = line
            .split(['\t', ' '])
            .filter_map(|word| word.parse::<u32>().ok());
        numbers.sum::<u32>()
    };
    assert_eq!((of("hot dog"), of("not hot dog")), (29, 30));
    let args = [
        "h.bin",
        "out/bottlenecks.bin",
        "--split",
        "all",
        "--corrections",
        "c.tsv",
    ];
    let scored = dir.program("hd-eval").args(args).succeeds().stdout();
    assert!(scored.ends_with("(N=59)\n"), "{scored}");
    // What a correction takes back is as if nothing had been said.
    dir.write("c.tsv", "path\tlabel\nhot_dog/0001.jpg\thot dog\n");
    assert!(
        train(&dir)
            .succeeds()
            .stderr()
            .contains("0 images with another label, 0 left out")
    );
    assert!(fs::read(dir.path("h.bin")).unwrap() == plain);
    assert!(fs::exists(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn a_label_of_which_all_images_are_left_out_is_gone() {
    let dir = Workdir::new();
    dir.trained();
    let lines = (0..30).map(|index| format!("hot_dog/{index:04}.jpg\t-\n"));
    dir.write(
        "c.tsv",
        format!("path\tlabel\n{}", lines.collect::<String>()),
    );
    let said = train(&dir).ends_with(1).stderr();
    assert!(said.contains("'not hot dog'"), "{said}");
}

#[test]
fn corrections_that_cannot_be_used_are_errors_before_anything_is_written() {
    let dir = Workdir::new();
    dir.trained();
    let message = |text: &str| {
        dir.write("c.tsv", text);
        train(&dir).ends_with(1).message()
    };
    insta::assert_snapshot!(
        "corrections_misspelt",
        message("path\tlabel\nhot_dog/0001.jpg\thotdog\n")
    );
    insta::assert_snapshot!(
        "corrections_without_header",
        message("hot_dog/0001.jpg\thot dog\n")
    );
    assert!(!dir.path("h.bin").exists());
}

#[test]
fn make_trains_and_scores_anew_where_corrections_change_and_remembers_them() {
    let dir = Workdir::new();
    dir.images("images", 25);
    crate::hd_bottleneck::settle(&dir.path("images"));
    let corrections = dir.write("my c.tsv", "path\tlabel\nhot_dog/0001.jpg\tnot hot dog\n");
    let flag = format!("CORRECTIONS={}", corrections.display());
    let said = make(&dir, &["train", &flag]).succeeds().stderr();
    assert_eq!(
        said.matches("1 image with another label").count(),
        2,
        "{said}"
    );
    let again = make(&dir, &["train"]).succeeds();
    assert_eq!(
        ran(&again.stdout()),
        ["hd-bottleneck"],
        "{}",
        again.stdout()
    );
    dir.write("my c.tsv", "path\tlabel\nhot_dog/0002.jpg\t-\n");
    let again = make(&dir, &["train"]).succeeds().stderr();
    assert_eq!(again.matches("1 left out").count(), 2, "{again}");
}
