//! The head that is trained: the same for the same input, and no better than it is.

use std::fs;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::hd_bottleneck::change_floats;
use crate::workdir::{Workdir, base};

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
                let image = format!("{label}/{index:04}.jpg");
                dir.write(
                    format!("{part}/{image}"),
                    fs::read(all.join(&image)).unwrap(),
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
    let said = run.stderr();
    assert!(said.contains("l2 = 0.5000, temperature = ") && said.contains("cross-validated"));
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
            .contains("from 0 to 1000000000")
    );
}

#[test]
fn a_head_to_start_from_that_has_learned_from_testing_images_is_mentioned() {
    let dir = Workdir::new();
    dir.trained();
    let again = |more: &[&str]| {
        let args = [
            "out/bottlenecks.bin",
            "--head",
            "h.bin",
            "--init",
            "out/head.bin",
        ];
        dir.program("hd-train")
            .args(args)
            .args(more)
            .succeeds()
            .stderr()
    };
    let steps = ["--how-many-training-steps", "10"];
    let flatters = "gradient descent does not forget them: figures on these flatter the head";
    let said = again(&[&steps[..], &["--seed", "1"]].concat());
    assert!(
        said.contains("has learned from ") && said.contains(flatters),
        "{said}"
    );
    // The same division has the same testing images, and the optimum does not know where it began.
    assert!(!again(&steps).contains(flatters));
    assert!(!again(&["--seed", "1"]).contains(flatters));
}

/// The value of a line in the description of a head.
fn described(dir: &Workdir, head: &str, name: &str) -> String {
    let text = dir
        .program("hd-train")
        .args(["--describe", head])
        .succeeds()
        .stdout();
    let mut lines = text.lines().filter_map(|line| line.split_once('\t'));
    lines
        .find(|(other, _)| *other == name)
        .unwrap()
        .1
        .to_owned()
}

#[test]
fn a_given_strength_has_the_temperature_that_the_chosen_one_would_have() {
    let dir = Workdir::new();
    dir.trained();
    // Some labels are as good as wrong, so that the fits have an end.
    change_floats(&dir, |row, floats| {
        let mut random = Pcg64Mcg::seed_from_u64(row as u64);
        let label = if (row < 30) == (row % 6 > 0) {
            -0.2
        } else {
            0.2
        };
        let noise = floats.iter_mut();
        noise.for_each(|x| *x = random.random_range(-1f32..1.0) + label);
    });
    for percentage in ["15", "0"] {
        let train = |more: &[&str]| {
            let args = ["--validation-percentage", percentage, "--head", "h.bin"];
            let run = dir
                .program("hd-train")
                .arg("out/bottlenecks.bin")
                .args(args)
                .args(more);
            run.succeeds();
            ["l2", "temperature"].map(|name| described(&dir, "h.bin", name))
        };
        let [l2, chosen] = train(&[]);
        let [_, given] = train(&["--l2", &l2]);
        let [chosen, given] = [chosen, given].map(|text| text.parse::<f64>().unwrap());
        // The fits begin elsewhere, and end within their tolerance.
        assert!(
            given != 1.0 && (chosen / given - 1.0).abs() < 0.03,
            "{chosen} {given}"
        );
    }
}

#[test]
fn a_strength_at_the_edge_of_those_tried_is_mentioned() {
    let dir = Workdir::new();
    dir.trained();
    // Nothing is left to chance, so that the less the weights are held the better.
    change_floats(&dir, |row, floats| {
        floats.fill(0.0);
        floats[0] = if row < 30 { -1.0 } else { 1.0 } * (10 + row % 30) as f32;
        floats[1] = 100.0;
    });
    let said = dir.train().succeeds().stderr();
    assert!(
        said.contains("l2 = 1.0e-4 did best, which is the last that is tried on that side"),
        "{said}"
    );
}

#[test]
fn a_head_that_knows_nothing_is_not_called_right() {
    let dir = Workdir::new();
    dir.trained();
    let args = ["out/bottlenecks.bin", "--head", "h.bin", "--l2", "1e9"];
    let said = dir.program("hd-train").args(args).succeeds().stderr();
    let line = said
        .lines()
        .find(|line| line.contains("Validation accuracy"));
    let percent = line.unwrap().split("= ").nth(1).unwrap();
    let percent: f64 = percent.split('%').next().unwrap().parse().unwrap();
    assert!(percent < 90.0, "{said}");
}

#[test]
fn an_earlier_head_is_where_training_starts_and_its_labels_keep_their_order() {
    let dir = Workdir::new();
    dir.images("images", 12);
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    fs::rename(dir.path("out/head.bin"), dir.path("first.bin")).unwrap();
    // From the optimum it is not far to the optimum.
    let steps = |flags: &[&str]| {
        let run = dir
            .train()
            .arg("-v")
            .args(["--l2", "0.5"])
            .args(flags)
            .succeeds();
        let said = run.stderr();
        let line = said
            .lines()
            .find(|line| line.contains("the last fit took"))
            .unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        words[5].parse::<u32>().unwrap()
    };
    assert!(steps(&["--init", "first.bin"]) <= steps(&[]));
    // A label that sorts before the others comes behind them.
    for index in 12..24 {
        let drawing = crate::workdir::drawings().join(format!("hot_dog/{index:04}.jpg"));
        dir.write(
            format!("images/another/{index}.jpg"),
            fs::read(drawing).unwrap(),
        );
    }
    dir.bottleneck("images").succeeds();
    let labels = || fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap();
    dir.train().succeeds();
    assert_eq!(labels(), "another\nhot dog\nnot hot dog\n");
    for solver in ["lbfgs", "sgd"] {
        let flags = [
            "--init",
            "first.bin",
            "--solver",
            solver,
            "--summaries-dir",
            "summaries",
        ];
        dir.train().args(flags).succeeds();
        assert_eq!(labels(), "hot dog\nnot hot dog\nanother\n");
        let score = ["out/head.bin", "out/bottlenecks.bin"];
        let run = dir.program("hd-eval").args(score).succeeds();
        assert_eq!(run.stderr(), "");
        assert!(run.stdout().lines().nth(1).unwrap().starts_with("hot dog"));
    }
    // What it knows must still be there.
    fs::remove_dir_all(dir.path("images/hot_dog")).unwrap();
    dir.bottleneck("images").succeeds();
    let run = dir.train().args(["--init", "first.bin"]).ends_with(1);
    assert!(
        run.stderr().contains("no image of 'hot dog'"),
        "{}",
        run.stderr()
    );
}
