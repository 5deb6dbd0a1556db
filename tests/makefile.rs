mod compare;
mod experiment;
mod names;
mod plan;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use crate::workdir::{Call, Run, Workdir, drawings, top};

/// `make` at the top of the checkout, on the images and with its output in the folder of the test.
pub(crate) fn make(dir: &Workdir, args: &[&str]) -> Call {
    make_anywhere(dir, args)
        .arg(format!("IMAGES={}", dir.path("images").display()))
        .arg(format!("OUT={}", dir.path("out").display()))
}

/// `make` at the top of the checkout.
pub(crate) fn make_anywhere(dir: &Workdir, args: &[&str]) -> Call {
    let mut command = Command::new("make");
    // What the make and the cargo that are running these tests have told their children is not for these: cargo would
    // build half the programs again.
    let inherited = |name: &str| {
        name.starts_with("MAKE")
            || name == "MFLAGS"
            || (name.starts_with("CARGO_") && name != "CARGO_HOME")
    };
    for (name, _) in std::env::vars().filter(|(name, _)| inherited(name)) {
        command.env_remove(name);
    }
    command.current_dir(top()).args(args);
    // The home stays: it is where cargo may be.
    command.env("XDG_CACHE_HOME", dir.home().join(".cache"));
    Call(command)
}

const FILES: [&str; 6] = [
    "bottlenecks.bin",
    "head.bin",
    "retrained_graph.onnx",
    "retrained_labels.txt",
    "metrics.json",
    "report.html",
];

fn times(dir: &Workdir) -> Vec<SystemTime> {
    let path = |name: &&str| dir.path("out").join(name);
    FILES
        .iter()
        .map(|name| fs::metadata(path(name)).unwrap().modified().unwrap())
        .collect()
}

/// Whether the figures end with the accuracy.
fn says_accuracy(run: &Run) -> bool {
    let said = run.stdout();
    let figures = said.split("\n\nSee ").next().unwrap();
    let last = figures.lines().last().unwrap();
    last.starts_with("Final test accuracy = ")
}

/// The programs that make ran, in order.
pub(crate) fn ran(stdout: &str) -> Vec<String> {
    let lines = stdout
        .lines()
        .filter(|line| line.contains("/hd-") && line.starts_with("target/"));
    lines
        .map(|line| line.split([' ', '/']).nth(2).unwrap().to_owned())
        .collect()
}

#[test]
fn train_redoes_only_what_a_change_asks_for() {
    let dir = Workdir::new();
    dir.images("images", 25);
    let run = make(&dir, &["train"]).succeeds();
    assert_eq!(
        ran(&run.stdout())[ran(&run.stdout()).len() - 3..],
        ["hd-bottleneck", "hd-train", "hd-eval"]
    );
    assert!(says_accuracy(&run), "{}", run.stdout());
    let first = times(&dir);

    let run = make(&dir, &["train"]).succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck"]);
    assert!(says_accuracy(&run), "{}", run.stdout());
    assert_eq!(
        first,
        times(&dir),
        "a file was touched though nothing had changed"
    );

    let run = make(&dir, &["train", "TRAIN_FLAGS=--l2 0.5"]).succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-train", "hd-eval"]);
    assert!(run.stderr().contains("0 computed"), "{}", run.stderr());
    assert_eq!(first[0], times(&dir)[0]);

    let run = make(
        &dir,
        &[
            "train",
            "TRAIN_FLAGS=--l2 0.5",
            "EVAL_FLAGS=--split validation",
        ],
    )
    .succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-eval"]);

    dir.write(
        "images/hot_dog/new.jpg",
        fs::read(drawings().join("hot_dog/0028.jpg")).unwrap(),
    );
    let run = make(&dir, &["train", "TRAIN_FLAGS=--l2 0.5"]).succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-train", "hd-eval"]);
    assert!(
        run.stderr().contains("1 computed, 50 reused"),
        "{}",
        run.stderr()
    );

    fs::remove_file(dir.path("out/retrained_labels.txt")).unwrap();
    let run = make(&dir, &["train", "TRAIN_FLAGS=--l2 0.5"]).succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-train", "hd-eval"]);
    assert!(dir.path("out/retrained_labels.txt").exists());
}

#[test]
fn a_stage_that_fails_leaves_no_file_that_make_takes_for_done() {
    let dir = Workdir::new();
    dir.images("images", 5);
    make(&dir, &["train", "TRAIN_FLAGS=--l2 nonsense"]).ends_with(2);
    assert!(!dir.path("out/head.bin").exists() && !dir.path("out/metrics.json").exists());
    let run = make(&dir, &["train"]).succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-train", "hd-eval"]);
}

#[test]
fn figures_that_fall_short_are_written_and_are_never_done() {
    let dir = Workdir::new();
    dir.images("images", 12);
    for _ in 0..2 {
        let run = make(&dir, &["train", "EVAL_FLAGS=--min n=1000"]).ends_with(2);
        let said = run.stderr();
        assert!(said.contains("below the 1000 that is asked for"), "{said}");
        assert!(dir.path("out/metrics.json").is_file() && dir.path("out/report.html").is_file());
    }
    make(&dir, &["train"]).succeeds();
}

#[test]
fn help_lists_targets_and_variables() {
    let help = make(&Workdir::new(), &["help"]).succeeds().stdout();
    for word in [
        "train",
        "test",
        "install",
        "IMAGES",
        "page",
        "PAGE_FLAGS",
        "azure-train",
        "AZURE_NAME",
        "cluster-status",
        "CLUSTER_FLAGS",
        "ARCHITECTURE",
        "OUT",
        "TRAIN_FLAGS",
        "EVAL_FLAGS",
    ] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}

#[test]
fn install_copies_the_programs_and_uninstall_deletes_them() {
    let dir = Workdir::new();
    let prefix = format!("PREFIX={}", dir.path("local").display());
    make(&dir, &["install", &prefix]).succeeds();
    for program in crate::workdir::PROGRAMS {
        let installed: PathBuf = dir.path("local/bin").join(program);
        let run = Call(Command::new(&installed)).arg("--version").succeeds();
        assert!(run.stdout().starts_with(program));
    }
    dir.write("local/bin/mine", "");
    make(&dir, &["uninstall", &prefix]).succeeds();
    let mut files = Command::new("find");
    files
        .args(["local", "-type", "f"])
        .current_dir(dir.path(""));
    assert_eq!(Call(files).succeeds().stdout(), "local/bin/mine\n");
}

#[test]
fn poets_does_what_the_lab_does() {
    let dir = Workdir::new();
    dir.images("images", 30);
    let run = make(&dir, &["poets"]).succeeds();
    let lines = run.stdout();
    assert!(
        run.stderr()
            .contains("hd-train: Step 499: Train accuracy = "),
        "{}",
        run.stderr()
    );
    assert!(says_accuracy(&run), "{lines}");
    let described = dir
        .program("hd-train")
        .args(["--describe", "out/head.bin"])
        .succeeds()
        .stdout();
    for line in [
        "weights\t2 x 1001",
        "split by\tpath\timages",
        "sgd\t500 steps\trate 0.01\tbatches of 100",
    ] {
        assert!(
            described.lines().any(|found| found == line),
            "{line:?} is not in\n{described}"
        );
    }
    // Nothing is left to do.
    assert!(
        ran(&make(&dir, &["poets"]).succeeds().stdout())
            .iter()
            .all(|program| program != "hd-train")
    );
}

#[test]
fn app_serves_the_graph_of_its_folder() {
    let dir = Workdir::new();
    dir.trained();
    let run = make(
        &dir,
        &[
            "-n",
            "-o",
            "always",
            "app",
            "APP_FLAGS=--listen localhost:8000",
        ],
    )
    .succeeds();
    let graph = dir.path("out/retrained_graph.onnx");
    let command = format!(
        "target/release/hd-app --graph {} --listen localhost:8000\n",
        graph.display()
    );
    assert!(run.stdout().ends_with(&command), "{}", run.stdout());
}
