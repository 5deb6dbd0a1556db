use crate::workdir::{Call, Workdir};

fn eval(dir: &Workdir, more: &[&str]) -> Call {
    let call = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"]);
    call.args(more)
}

#[test]
fn what_falls_short_ends_with_1_and_one_line_when_all_is_written() {
    let dir = Workdir::new();
    dir.trained();
    let bounds = [
        "--max",
        "cross_entropy=1e-9",
        "--min",
        "per_class.hot dog.recall=1.5",
    ];
    let written = [
        "--metrics",
        "m.json",
        "--report",
        "r.html",
        "--predictions",
        "p.tsv",
    ];
    let run = eval(&dir, &[&bounds[..], &written[..]].concat()).ends_with(1);
    assert!(
        run.stdout()
            .lines()
            .last()
            .unwrap()
            .starts_with("Final test accuracy")
    );
    let said = run.stderr();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("hd-eval: per_class.hot dog.recall is "),
        "{said}"
    );
    assert!(
        said.contains(" below the 1.5 that is asked for; cross_entropy is "),
        "{said}"
    );
    for file in ["m.json", "r.html", "p.tsv"] {
        assert!(dir.path(file).is_file(), "{file}");
    }
    // The same of a file that is there.
    let call = dir
        .program("hd-eval")
        .args(["--describe", "m.json"])
        .args(bounds);
    assert_eq!(call.ends_with(1).stderr(), said);
}

#[test]
fn what_is_reached_is_no_failure() {
    let dir = Workdir::new();
    dir.trained();
    let figures = [
        "decided.0.9.accuracy_interval.0",
        "baselines.nearest_neighbour.right",
        "macro.f1",
        "weighted.roc_auc",
        "decided.0.9.share",
        "top_k.1.accuracy",
    ];
    let figures = figures.map(|name| format!("--min={name}=0"));
    let figures: Vec<&str> = figures.iter().map(String::as_str).collect();
    let others = [
        "--min_accuracy=0.2",
        "--max",
        "accuracy=1",
        "--max",
        "uncalibrated.brier=2",
    ];
    eval(&dir, &[&figures[..], &others[..]].concat()).succeeds();
    eval(&dir, &["--min-accuracy", "1.01"]).ends_with(2);
    let run = eval(&dir, &["--min", "accuracy=1.01"]).ends_with(1);
    assert!(run.stderr().contains("below the 1.01 that is asked for"));
}

#[test]
fn a_figure_that_does_not_exist_is_wrong_usage_before_anything_is_written() {
    let dir = Workdir::new();
    dir.trained();
    let run = eval(&dir, &["--min", "acuracy=0.9", "--metrics", "m.json"]).ends_with(2);
    insta::assert_snapshot!("an_unknown_figure", run.message());
    assert!(!dir.path("m.json").exists() && run.stdout().is_empty());
    let run = eval(&dir, &["--min", "against.accuracy=0.9"]).ends_with(2);
    assert!(
        run.stderr()
            .contains("there is no figure 'against.accuracy'")
    );
    insta::assert_snapshot!(
        "no_bound",
        eval(&dir, &["--min", "accuracy"]).ends_with(2).message()
    );
}
