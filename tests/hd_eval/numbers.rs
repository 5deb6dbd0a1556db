use std::fs;

use serde_json::Value;

use super::eval;
use crate::workdir::{Workdir, reference};

/// The lines of a table of predictions: path, split, label, answer, and the score of each label.
struct Line {
    path: String,
    label: usize,
    answer: usize,
    scores: Vec<f64>,
}

fn predictions(dir: &Workdir, name: &str, separator: char) -> Vec<Line> {
    let text = fs::read_to_string(dir.path(name)).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(separator).collect();
    assert_eq!(
        header,
        [
            "path",
            "split",
            "label",
            "answer",
            "score",
            "hot dog",
            "not hot dog"
        ]
    );
    let labels = &header[5..];
    let number = |label: &str| labels.iter().position(|known| *known == label).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(separator).collect();
        assert_eq!(fields[1], "testing");
        let scores: Vec<f64> = fields[5..]
            .iter()
            .map(|score| score.parse().unwrap())
            .collect();
        let (label, answer) = (number(fields[2]), number(fields[3]));
        assert_eq!(fields[4], fields[5 + answer]);
        assert!((scores.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        Line {
            path: fields[0].to_owned(),
            label,
            answer,
            scores,
        }
    };
    lines.map(line).collect()
}

fn metrics(dir: &Workdir, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.path(name)).unwrap()).unwrap()
}

fn close(figure: &Value, expected: f64) {
    let figure = figure.as_f64().unwrap();
    assert!(
        (figure - expected).abs() < 1e-9,
        "{figure} where {expected} was expected"
    );
}

#[test]
fn every_figure_follows_from_the_table_of_predictions() {
    let dir = Workdir::new();
    dir.trained();
    eval(&dir, &["--metrics", "m.json", "--predictions", "p.tsv"]);
    let (metrics, lines) = (metrics(&dir, "m.json"), predictions(&dir, "p.tsv", '\t'));
    let n = lines.len() as f64;
    let mean = |of: &dyn Fn(&Line) -> f64| lines.iter().map(of).sum::<f64>() / n;
    close(
        &metrics["accuracy"],
        mean(&|line| f64::from(u8::from(line.label == line.answer))),
    );
    close(
        &metrics["cross_entropy"],
        mean(&|line| -line.scores[line.label].ln()),
    );
    let squares = |line: &Line| {
        let truth = |number: usize| f64::from(u8::from(number == line.label));
        let errors = line
            .scores
            .iter()
            .enumerate()
            .map(|(number, p)| (p - truth(number)).powi(2));
        errors.sum()
    };
    close(&metrics["brier"], mean(&squares));
    for (number, class) in metrics["per_class"].as_array().unwrap().iter().enumerate() {
        // Of each pair of an image of the label and one of another, how often the first is higher.
        let score = |line: &Line| line.scores[number];
        let (with, without): (Vec<&Line>, Vec<&Line>) =
            lines.iter().partition(|line| line.label == number);
        let pairs = with
            .iter()
            .flat_map(|a| without.iter().map(move |b| (score(a), score(b))));
        let won = pairs.map(|(a, b)| {
            if a > b {
                1.0
            } else if a == b {
                0.5
            } else {
                0.0
            }
        });
        close(
            &class["roc_auc"],
            won.sum::<f64>() / (with.len() * without.len()) as f64,
        );
        let above = |a: &Line| {
            let above =
                |lines: &[&Line]| lines.iter().filter(|b| score(b) >= score(a)).count() as f64;
            above(&with) / (above(&with) + above(&without))
        };
        close(
            &class["average_precision"],
            with.iter().map(|a| above(a)).sum::<f64>() / with.len() as f64,
        );
        let right = with.iter().filter(|line| line.answer == number).count() as f64;
        let answers = lines.iter().filter(|line| line.answer == number).count() as f64;
        close(&class["f1"], 2.0 * right / (with.len() as f64 + answers));
    }
    let sure: Vec<&Line> = lines
        .iter()
        .filter(|line| line.scores[line.answer] > 0.9)
        .collect();
    let decided = metrics["decided"].as_array().unwrap();
    let decided = decided
        .iter()
        .find(|decided| decided["threshold"] == 0.9)
        .unwrap();
    assert_eq!(decided["n"], sure.len());
    close(&decided["share"], sure.len() as f64 / n);
    let paths: Vec<&String> = lines.iter().map(|line| &line.path).collect();
    assert!(paths.is_sorted(), "{paths:?}");
}

#[test]
fn predictions_are_csv_where_the_name_says_so_and_cover_the_images_that_were_asked_for() {
    let dir = Workdir::new();
    dir.trained();
    eval(&dir, &["--predictions", "p.csv"]);
    eval(&dir, &["--predictions", "p.tsv"]);
    let [csv, tsv] = [("p.csv", ','), ("p.tsv", '\t')].map(|(name, separator)| {
        predictions(&dir, name, separator)
            .into_iter()
            .map(|line| line.path)
            .collect::<Vec<_>>()
    });
    assert_eq!(csv, tsv);
    // Images that the head knows have their own split also among all of them.
    eval(&dir, &["--split", "all", "--predictions", "all.tsv"]);
    let all = fs::read_to_string(dir.path("all.tsv")).unwrap();
    assert_eq!(all.lines().count(), 61);
    for split in ["training", "validation", "testing"] {
        assert!(all.contains(&format!("\t{split}\t")), "{split}");
    }
    dir.images("images", 4);
    dir.bottleneck("images").succeeds();
    eval(&dir, &["--split", "all", "--predictions", "other.tsv"]);
    let other = fs::read_to_string(dir.path("other.tsv")).unwrap();
    assert!(
        other
            .lines()
            .skip(1)
            .all(|line| line.split('\t').nth(1) == Some("")),
        "{other}"
    );
}

#[test]
fn misclassified_images_are_printed_as_retrain_prints_them() {
    let dir = Workdir::new();
    dir.trained();
    let usual = eval(&dir, &["--metrics", "m.json"]).stdout();
    for flag in [
        "--print_misclassified_test_images",
        "--print-misclassified-test-images",
    ] {
        let stdout = eval(&dir, &[flag]).stdout();
        let list = stdout.strip_suffix(&usual).unwrap();
        let mut lines = list.lines();
        assert_eq!(lines.next(), Some("=== MISCLASSIFIED TEST IMAGES ==="));
        let mistakes = metrics(&dir, "m.json")["mistakes"]
            .as_array()
            .unwrap()
            .clone();
        let mut expected: Vec<String> = mistakes
            .iter()
            .map(|mistake| {
                format!(
                    "{:>70}  {}",
                    mistake["path"].as_str().unwrap(),
                    mistake["given"].as_str().unwrap()
                )
            })
            .collect();
        expected.sort();
        let mut given: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        given.sort_unstable();
        assert_eq!(given, expected);
    }
}

#[test]
fn the_baselines_are_what_somebody_would_find_without_a_head() {
    let dir = Workdir::new();
    dir.trained();
    eval(&dir, &["--metrics", "m.json"]);
    let metrics = metrics(&dir, "m.json");
    let baselines = &metrics["baselines"];
    let label = baselines["most_frequent"]["label"].as_str().unwrap();
    let classes = metrics["per_class"].as_array().unwrap();
    let class = classes
        .iter()
        .find(|class| class["label"] == label)
        .unwrap();
    assert_eq!(baselines["most_frequent"]["right"], class["n"]);
    let nearest = &baselines["nearest_neighbour"];
    assert_eq!(nearest["n"], metrics["n"]);
    assert!(nearest["accuracy"].as_f64().unwrap() > 0.5, "{nearest}");
    // Among images that the head learned from, an image is not its own neighbour.
    eval(&dir, &["--split", "training", "--metrics", "t.json"]);
    let training = self::metrics(&dir, "t.json");
    assert!(
        training["baselines"]["nearest_neighbour"]["accuracy"]
            .as_f64()
            .unwrap()
            < 1.0
    );
}

#[test]
fn copies_among_the_images_are_said() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 4);
    assert!(!eval(&dir, &[]).stdout().contains("cop"));
    for copy in ["images/hot_dog/a.jpg", "images/hot_dog/b.jpg"] {
        fs::copy(dir.path("images/hot_dog/0000.jpg"), dir.path(copy)).unwrap();
    }
    dir.bottleneck("images").succeeds();
    let run = eval(&dir, &["--split", "all", "--metrics", "m.json"]);
    assert!(
        run.stdout()
            .contains("2 of the images are copies of others"),
        "{}",
        run.stdout()
    );
    assert_eq!(metrics(&dir, "m.json")["copies"], 2);
}

#[test]
fn a_label_without_an_image_has_no_figures_that_are_not_numbers() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 4);
    fs::remove_dir_all(dir.path("images/hot_dog")).unwrap();
    dir.bottleneck("images").succeeds();
    let run = eval(
        &dir,
        &[
            "--split",
            "all",
            "--metrics",
            "m.json",
            "--report",
            "r.html",
        ],
    );
    assert!(
        !run.stdout().contains("NaN") && run.stdout().ends_with("(N=4)\n"),
        "{}",
        run.stdout()
    );
    let metrics = metrics(&dir, "m.json");
    let class = &metrics["per_class"][0];
    assert_eq!(
        (&class["n"], &class["recall"], &class["roc_auc"]),
        (&0.into(), &Value::Null, &Value::Null)
    );
    let described = dir
        .program("hd-eval")
        .args(["--describe", "m.json"])
        .succeeds();
    assert_eq!(described.stdout(), run.stdout());
}

#[test]
fn a_split_without_an_image_is_an_error() {
    let dir = Workdir::new();
    dir.trained();
    dir.train().args(["--testing-percentage", "0"]).succeeds();
    let call =
        dir.program("hd-eval")
            .args(["out/head.bin", "out/bottlenecks.bin", "--metrics", "m.json"]);
    insta::assert_snapshot!(call.ends_with(1).message());
    assert!(!dir.path("m.json").exists());
}

#[test]
fn the_table_for_photos_fits_a_screen() {
    let test = "the_table_for_photos_fits_a_screen";
    let Some(photos) = reference(test, "photos/hotdog") else {
        return;
    };
    let dir = Workdir::new();
    dir.bottleneck(photos.to_str().unwrap()).succeeds();
    dir.train().succeeds();
    let stdout = eval(&dir, &[]).stdout();
    assert!(
        stdout.lines().count() <= 40 && stdout.lines().all(|line| line.chars().count() <= 100),
        "{stdout}"
    );
}

#[test]
fn the_figures_are_the_same_to_the_bit_with_any_number_of_threads() {
    let dir = Workdir::new();
    dir.trained();
    let written = |jobs: &str| {
        let files = ["--metrics", "m.json", "--predictions", "p.tsv"];
        eval(
            &dir,
            &[&["--jobs", jobs, "--split", "all"][..], &files[..]].concat(),
        );
        ["m.json", "p.tsv"].map(|name| fs::read(dir.path(name)).unwrap())
    };
    assert!(written("1") == written("3"));
}
