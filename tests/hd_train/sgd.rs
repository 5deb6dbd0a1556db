//! Gradient descent, as retrain.py does it.

use std::fs;

use crate::workdir::Workdir;

/// hd-train by gradient descent, as retrain.py does it.
const STEPS: [&str; 4] = ["--solver", "sgd", "--how_many_training_steps", "25"];

#[test]
fn gradient_descent_says_what_retrain_py_says() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args(STEPS)
        .args(["--eval_step_interval=10"])
        .succeeds();
    let lines: Vec<String> = run.stderr().lines().map(str::to_owned).collect();
    let steps: Vec<&String> = lines.iter().filter(|line| line.contains("Step ")).collect();
    // Every tenth, and the last.
    for (index, step) in [0, 10, 20, 24].into_iter().enumerate() {
        let three = &steps[index * 3..index * 3 + 3];
        let starts = [
            "Train accuracy = ",
            "Cross entropy = ",
            "Validation accuracy = ",
        ];
        for (line, start) in three.iter().zip(starts) {
            assert!(
                line.starts_with(&format!("hd-train: Step {step}: {start}")),
                "{line}"
            );
        }
        assert!(three[2].ends_with("% (N=100)"), "{}", three[2]);
    }
    assert_eq!(steps.len(), 12);
    // The entropy falls, and the head can be scored.
    let entropy = |line: &str| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    assert!(entropy(steps[10]) < 0.8 * entropy(steps[1]), "{steps:?}");
    let scored = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"])
        .succeeds();
    assert!(scored.stdout().contains("Final test accuracy = "));
}

#[test]
fn gradient_descent_is_the_same_for_the_same_seed() {
    let dir = Workdir::new();
    dir.trained();
    let head = |seed: &str| {
        dir.train().args(STEPS).args(["--seed", seed]).succeeds();
        fs::read(dir.path("out/head.bin")).unwrap()
    };
    assert!(head("1") == head("1"));
    assert!(head("1") != head("2"));
}

#[test]
fn validation_can_be_on_every_image_once() {
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .train()
        .args(STEPS)
        .args(["--validation_batch_size", "-1"])
        .succeeds();
    let validation = |line: &&str| line.contains("images for training");
    let stderr = run.stderr();
    let counts = stderr.lines().find(validation).unwrap().to_owned();
    let n = counts
        .split(", ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert!(stderr.contains(&format!("(N={n})\n")), "{stderr}");
}

#[test]
fn solvers_do_not_take_each_others_flags() {
    let dir = Workdir::new();
    dir.trained();
    for (flags, reason) in [
        (
            &["--solver", "lbfgs", "--learning_rate", "0.1"][..],
            "--solver lbfgs goes to the optimum",
        ),
        (&["--solver", "sgd", "--l2", "0.1"], "--l2 is for lbfgs"),
        (
            &["--path_prefix", "hotdog"],
            "--path-prefix needs --split-by path",
        ),
        (&["--learning_rate", "0"], "expected a number above 0"),
        (&["--validation_batch_size", "-2"], "or -1"),
    ] {
        let run = dir.train().args(flags).ends_with(2);
        assert!(run.stderr().contains(reason), "{}", run.stderr());
    }
}
