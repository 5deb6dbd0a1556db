//! Class weights.

use std::fs;

use crate::workdir::Workdir;

#[test]
fn class_weights_make_a_rare_label_count() {
    let dir = Workdir::new();
    for (label, count) in [("hot_dog", 6), ("not_hot_dog", 29)] {
        for index in 0..count {
            let image = format!("{label}/{index:04}.jpg");
            let drawing = fs::read(crate::workdir::drawings().join(&image)).unwrap();
            dir.write(format!("images/{image}"), drawing);
        }
    }
    dir.bottleneck("images").succeeds();
    let run = dir.train().succeeds();
    let said = "'not hot dog' has";
    assert!(run.stderr().contains(said) && run.stderr().contains("--class-weights balanced"));
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
    assert_eq!(given, text);
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
