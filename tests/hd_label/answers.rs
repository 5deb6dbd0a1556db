//! What is printed of an image.

use std::fs;

use super::label;
use crate::workdir::Workdir;

#[test]
fn prints_path_label_and_score_in_the_order_given() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    let images = [
        "images/not_hot_dog/0001.jpg",
        "images/hot_dog/0002.jpg",
        "images/hot_dog/0000.jpg",
    ];
    let graph = ["--graph", "out/retrained_graph.onnx"];
    let run = dir.program("hd-label").args(graph).args(images).succeeds();
    assert!(run.stderr().starts_with("hd-label: 3 images labelled: "));
    for (line, image) in run.stdout().lines().zip(images) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields[0], image);
        assert!(["hot dog", "not hot dog"].contains(&fields[1]), "{line}");
        assert!(
            (0.5..=1.0).contains(&fields[2].parse::<f64>().unwrap()),
            "{line}"
        );
    }
    assert_eq!(run.stdout().lines().count(), 3);
}

#[test]
fn labels_most_of_the_images_it_was_trained_on_rightly() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 30);
    let images = (0..30).map(|index| format!("images/hot_dog/{index:04}.jpg"));
    let run = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(images)
        .succeeds();
    let right = run
        .stdout()
        .lines()
        .filter(|line| line.contains("\thot dog\t"))
        .count();
    assert!(right >= 25, "{right} of 30");
}

#[test]
fn top_and_threshold_say_what_is_printed() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let image = "images/hot_dog/0000.jpg";
    let table = label(&dir).args(["--top", "5", image]).succeeds().stdout();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 2);
    let scores: Vec<f64> = rows.iter().map(|row| row[2].parse().unwrap()).collect();
    assert!(scores[0] >= scores[1] && (scores[0] + scores[1] - 1.0).abs() < 1e-5);
    let unsure = label(&dir)
        .args(["--threshold", "1", image])
        .succeeds()
        .stdout();
    assert_eq!(
        unsure,
        format!("{image}\tcan't tell\t{}\thot dog\n", rows[0][2])
    );
    let sure = label(&dir)
        .args(["--threshold", "0.5", image])
        .succeeds()
        .stdout();
    assert_eq!(sure, format!("{}\thot dog\n", rows[0].join("\t")));
    label(&dir).args(["--threshold", "90", image]).ends_with(2);
}

#[test]
fn json_has_all_scores_the_verdict_and_the_base() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    let lines = label(&dir)
        .args(["--format", "json", "images"])
        .succeeds()
        .stdout();
    assert_eq!(lines.lines().count(), 4);
    let table = label(&dir).arg("images").succeeds().stdout();
    for (line, row) in lines.lines().zip(table.lines()) {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        let (label, score) = (
            answer["label"].as_str().unwrap(),
            answer["score"].as_f64().unwrap(),
        );
        assert_eq!(
            row,
            format!("{}\t{label}\t{score:.6}", answer["path"].as_str().unwrap())
        );
        let scores = answer["scores"].as_object().unwrap();
        assert_eq!(scores.len(), 2);
        assert_eq!(scores[label], answer["score"]);
        let verdict = match (label, score > 0.9) {
            (_, false) => "Can't tell.",
            ("hot dog", true) => "That's a hot dog!",
            (_, true) => "That's not a hot dog.",
        };
        assert_eq!(answer["verdict"], verdict);
        assert_eq!(answer["base"], "mobilenet_v2_1.0_224");
    }
}

#[test]
fn the_list_of_its_labels_goes_with_a_graph_whatever_they_begin_with() {
    let dir = Workdir::new();
    dir.images("images", 12);
    let images = dir.path("images");
    fs::rename(images.join("not_hot_dog"), images.join("_other")).unwrap();
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    let list = fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap();
    assert_eq!(list, " other\nhot dog\n");
    dir.write("marked.txt", format!("\u{feff}{list}"));
    for list in ["out/retrained_labels.txt", "marked.txt"] {
        let image = "images/hot_dog/0001.jpg";
        label(&dir).args(["--labels", list, image]).succeeds();
    }
}
