//! Class weights, and the mix of labels that scores are for.

use std::fs;

use crate::workdir::Workdir;

/// Bottlenecks of 6 images of one label and 29 of the other.
fn uneven_images(dir: &Workdir) {
    for (label, count) in [("hot_dog", 6), ("not_hot_dog", 29)] {
        for index in 0..count {
            let image = format!("{label}/{index:04}.jpg");
            let drawing = fs::read(crate::workdir::drawings().join(&image)).unwrap();
            dir.write(format!("images/{image}"), drawing);
        }
    }
    dir.bottleneck("images").succeeds();
}

#[test]
fn class_weights_make_a_rare_label_count() {
    let dir = Workdir::new();
    uneven_images(&dir);
    let run = dir.train().succeeds();
    let said = "'not hot dog' has";
    assert!(run.stderr().contains(said) && run.stderr().contains("--prior equal"));
    let plain = fs::read(dir.path("out/head.bin")).unwrap();
    let run = dir.train().args(["--class-weights", "balanced"]).succeeds();
    assert!(!run.stderr().contains(said), "{}", run.stderr());
    let balanced = fs::read(dir.path("out/head.bin")).unwrap();
    assert!(plain != balanced);
    let describe = ["--describe", "out/head.bin"];
    let text = dir.program("hd-train").args(describe).succeeds().stdout();
    assert!(text.contains("class weight\thot dog\t"), "{text}");
    // The same weights from a file are the same head.
    let weight = |label: &str| {
        let start = format!("class weight\t{label}\t");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap().to_owned()
    };
    let (rare, common) = (weight("hot dog"), weight("not hot dog"));
    dir.write(
        "weights.tsv",
        format!("hot dog\t{rare}\nnot hot dog\t{common}\n"),
    );
    dir.train()
        .args(["--class-weights", "weights.tsv"])
        .succeeds();
    let given = dir.program("hd-train").args(describe).succeeds().stdout();
    let weights = |text: &str| {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("class weight\t"));
        let numbers = lines.map(|line| line.rsplit_once('\t').unwrap().1.parse::<f64>().unwrap());
        numbers.collect::<Vec<f64>>()
    };
    for (a, b) in weights(&given).iter().zip(weights(&text)) {
        assert!((a / b - 1.0).abs() < 1e-9, "{given}");
    }
    dir.write("weights.tsv", "hot dog\tmany\n");
    let run = dir
        .train()
        .args(["--class-weights", "weights.tsv"])
        .ends_with(1);
    assert!(
        run.stderr().contains("weights.tsv: line 1 is not a label"),
        "{}",
        run.stderr()
    );
    let run = dir
        .train()
        .args(["--class-weights", "absent.tsv"])
        .ends_with(1);
    assert!(run.stderr().contains("absent.tsv"), "{}", run.stderr());
    dir.train()
        .args(["--class-weights", "balanced", "--solver", "sgd"])
        .ends_with(2);
}

/// What a training says, and the description of its head.
fn trained(dir: &Workdir, more: &[&str]) -> (String, String) {
    let args = ["out/bottlenecks.bin", "--head", "h.bin", "--l2", "1"];
    let said = dir
        .program("hd-train")
        .args(args)
        .args(more)
        .succeeds()
        .stderr();
    let describe = ["--describe", "h.bin"];
    (
        said,
        dir.program("hd-train").args(describe).succeeds().stdout(),
    )
}

#[test]
fn a_prior_is_recorded_and_begins_from_the_mix_of_training() {
    let dir = Workdir::new();
    uneven_images(&dir);
    let of = |more: &[&str]| {
        trained(&dir, more);
        fs::read(dir.path("h.bin")).unwrap()
    };
    let plain = of(&[]);
    let (said, text) = trained(&dir, &["--prior", "equal"]);
    assert!(!said.contains("--prior equal"), "{said}");
    assert!(
        text.contains("prior\thot dog\t0.5\nprior\tnot hot dog\t0.5\n"),
        "{text}"
    );
    // A head that was begun from a shifted one is not shifted twice.
    fs::copy(dir.path("h.bin"), dir.path("shifted.bin")).unwrap();
    let steps = [
        "--solver",
        "sgd",
        "--how-many-training-steps",
        "1",
        "--learning-rate",
        "1e-9",
    ];
    let scores = |init: &str, more: &[&str]| {
        let args = ["out/bottlenecks.bin", "--head", "s.bin", "--init", init];
        dir.program("hd-train")
            .args(args)
            .args(steps)
            .args(more)
            .succeeds();
        let args = ["s.bin", "out/bottlenecks.bin", "--split", "all"];
        dir.program("hd-eval").args(args).succeeds().stdout()
    };
    dir.write("plain.bin", &plain);
    assert_eq!(scores("shifted.bin", &[]), scores("plain.bin", &[]));
    // The mix of the images is what a head that is trained without weights has learned.
    let (_, images) = trained(&dir, &["--prior", "images"]);
    assert!(images.contains("prior\thot dog\t0."), "{images}");
    dir.write("mix.tsv", "hot dog\t3\nnot hot dog\t1\n");
    let (_, given) = trained(&dir, &["--prior", "mix.tsv"]);
    assert!(given.contains("prior\thot dog\t0.75\n"), "{given}");
    let args = [
        "out/bottlenecks.bin",
        "--head",
        "h.bin",
        "--prior",
        "absent",
    ];
    let said = dir.program("hd-train").args(args).ends_with(1).stderr();
    assert!(said.contains("--prior is `images`, `equal` or a file, and there is no file absent"));
}

#[test]
fn the_score_of_cross_validation_names_the_weights_that_it_counts_by() {
    let dir = Workdir::new();
    dir.trained();
    let weighted = ", each image weighted as in training (N=";
    assert!(
        trained(&dir, &["--class-weights", "balanced"])
            .0
            .contains(weighted)
    );
    assert!(!trained(&dir, &[]).0.contains(weighted));
}
