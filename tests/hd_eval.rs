use std::fs;

use serde_json::Value;

use crate::workdir::{Run, Workdir, trained};

mod against;
mod bounds;
mod compare;
mod numbers;
mod report;
mod suspects;
mod tars;

fn eval(dir: &Workdir, more: &[&str]) -> Run {
    dir.program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"])
        .args(more)
        .succeeds()
}

#[test]
fn the_last_line_is_the_final_test_accuracy() {
    let dir = Workdir::new();
    dir.trained();
    let stdout = eval(&dir, &[]).stdout();
    let last = stdout.lines().last().unwrap();
    let figures = last.strip_prefix("Final test accuracy = ").unwrap();
    let (accuracy, n) = figures.split_once("% (N=").unwrap();
    assert!(
        (50.0..=100.0).contains(&accuracy.parse::<f64>().unwrap()),
        "{last}"
    );
    assert!(
        n.strip_suffix(')').unwrap().parse::<u32>().unwrap() > 4,
        "{last}"
    );
}

#[test]
fn metrics_hold_every_figure_and_the_figures_agree() {
    let dir = Workdir::new();
    dir.trained();
    let printed = eval(&dir, &["--metrics", "m.json"]).stdout();
    let text = fs::read_to_string(dir.path("m.json")).unwrap();
    let metrics: Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<&String> = metrics.as_object().unwrap().keys().collect();
    let sorted = {
        let mut sorted = keys.clone();
        sorted.sort();
        sorted
    };
    assert_eq!(keys, sorted);
    assert_eq!(metrics["split"], "testing");
    assert_eq!(
        metrics["labels"],
        serde_json::json!(["hot dog", "not hot dog"])
    );
    let cell = |row: usize, column: usize| metrics["confusion"][row][column].as_u64().unwrap();
    let n = metrics["n"].as_u64().unwrap();
    assert_eq!(cell(0, 0) + cell(0, 1) + cell(1, 0) + cell(1, 1), n);
    assert_eq!(
        metrics["accuracy"].as_f64().unwrap(),
        (cell(0, 0) + cell(1, 1)) as f64 / n as f64
    );
    assert_eq!(
        metrics["mistakes"].as_array().unwrap().len() as u64,
        cell(0, 1) + cell(1, 0)
    );
    for label in 0..2 {
        let class = &metrics["per_class"][label];
        assert_eq!(
            class["n"].as_u64().unwrap(),
            cell(label, 0) + cell(label, 1)
        );
        let recall = cell(label, label) as f64 / class["n"].as_f64().unwrap();
        assert_eq!(class["recall"].as_f64().unwrap(), recall);
    }
    assert!(metrics["cross_entropy"].as_f64().unwrap() > 0.0);
    let described = dir
        .program("hd-eval")
        .args(["--describe", "m.json"])
        .succeeds()
        .stdout();
    assert_eq!(described, printed);
}

#[test]
fn text_and_report_say_that_the_images_are_drawings() {
    let dir = Workdir::new();
    dir.trained();
    assert!(
        eval(&dir, &["--report", "r.html"])
            .stdout()
            .contains("drawings, not photos")
    );
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    assert!(page.contains("drawings, not photos") && page.contains("hot dog"));
    // The namespace of SVG is a name, and nobody is asked for it.
    let page = page.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !page.contains("http"),
        "the page must need nothing beside it"
    );
}

#[test]
fn images_that_the_head_has_learned_from_are_counted_wherever_they_lie() {
    let dir = Workdir::new();
    dir.trained();
    assert_eq!(eval(&dir, &[]).stderr(), "");
    // A part of the head's own images, under other names.
    dir.images("images", 10);
    fs::rename(dir.path("images"), dir.path("elsewhere")).unwrap();
    dir.program("hd-bottleneck")
        .arg("--base")
        .arg(crate::workdir::base())
        .args(["elsewhere", "-o", "other.bin"])
        .succeeds();
    let all = [
        "out/head.bin",
        "other.bin",
        "--split",
        "all",
        "--metrics",
        "m.json",
    ];
    let run = dir.program("hd-eval").args(all).succeeds();
    let text = fs::read_to_string(dir.path("m.json")).unwrap();
    let metrics: Value = serde_json::from_str(&text).unwrap();
    let seen = metrics["seen"].as_u64().unwrap();
    assert!((1..20).contains(&seen), "{seen}");
    let said = format!("as learned from {seen} of these 20 images: the figures flatter it");
    assert!(run.stderr().contains(&said), "{}", run.stderr());
    assert!(run.stdout().contains(&said), "{}", run.stdout());
    assert!(run.stdout().ends_with("(N=20)\n"), "{}", run.stdout());
    let run = eval(&dir, &["--split", "training"]);
    let said = "has learned from all of these images: the figures flatter it";
    assert!(run.stderr().contains(said), "{}", run.stderr());
    assert!(run.stdout().contains("Training accuracy = "));
}

#[test]
fn files_that_cannot_be_used_are_errors_that_name_them() {
    let dir = Workdir::new();
    dir.trained();
    let message = |head: &str, bottlenecks: &str| {
        dir.program("hd-eval")
            .args([head, bottlenecks])
            .ends_with(1)
            .message()
    };
    insta::assert_snapshot!("no_head", message("missing.bin", "out/bottlenecks.bin"));
    insta::assert_snapshot!(
        "bottlenecks_for_a_head",
        message("out/bottlenecks.bin", "out/head.bin")
    );
    let whole = fs::read(trained().join("head.bin")).unwrap();
    dir.write("cut.bin", &whole[..whole.len() / 2]);
    insta::assert_snapshot!(
        "a_truncated_head",
        message("cut.bin", "out/bottlenecks.bin")
    );
    dir.write("cut.json", "{\"accuracy\": 1");
    let run = dir
        .program("hd-eval")
        .args(["--describe", "cut.json"])
        .ends_with(1);
    insta::assert_snapshot!("truncated_metrics", run.message());
    let run = dir
        .program("hd-eval")
        .args(["--describe", "out/head.bin"])
        .ends_with(1);
    insta::assert_snapshot!("a_head_for_metrics", run.message());
}

#[test]
fn labels_that_the_head_does_not_know_are_an_error_that_names_one() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 4);
    fs::rename(dir.path("images/hot_dog"), dir.path("images/sausage")).unwrap();
    dir.program("hd-bottleneck")
        .arg("--base")
        .arg(crate::workdir::base())
        .args(["images", "-o", "other.bin"])
        .succeeds();
    let run = dir
        .program("hd-eval")
        .args(["out/head.bin", "other.bin"])
        .ends_with(1);
    insta::assert_snapshot!("an_unknown_label", run.message());
}

#[test]
fn images_that_are_there_twice_are_listed_with_their_splits() {
    let dir = Workdir::new();
    dir.images("images", 12);
    let again = fs::read(dir.path("images/hot_dog/0003.jpg")).unwrap();
    dir.write("images/not_hot_dog/again.jpg", &again);
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    eval(&dir, &["--duplicates", "twice.tsv"]);
    let table = fs::read_to_string(dir.path("twice.tsv")).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("group\tpath\tlabel\tsplit\tkind"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    let row = |path: &str| rows.iter().find(|row| row[1] == path).unwrap();
    let (one, other) = (row("hot_dog/0003.jpg"), row("not_hot_dog/again.jpg"));
    assert_eq!((one[0], one[3], one[4]), (other[0], other[3], "same file"));
    assert_eq!((one[2], other[2]), ("hot dog", "not hot dog"));
    assert!(["training", "validation", "testing"].contains(&one[3]));
    eval(&dir, &["--duplicates", "all.tsv", "--split", "all"]);
    // These are the head's own images, so that their splits are known whichever are scored.
    assert_eq!(fs::read_to_string(dir.path("all.tsv")).unwrap(), table);
}
