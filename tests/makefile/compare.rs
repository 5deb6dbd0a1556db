//! Several bases on the same images.

use std::fs;

use super::{make, ran};
use crate::workdir::Workdir;

const BASES: &str = "ARCHITECTURES=mobilenet_v2_1.0_224 mobilenet_v2_1.0_224_quantized";

#[test]
fn bases_are_compared_on_images_that_none_is_tested_on() {
    let dir = Workdir::new();
    dir.images("images", 25);
    let run = make(
        &dir,
        &["compare", BASES, "TRAIN_FLAGS=--testing-percentage 30"],
    )
    .succeeds();
    let said = run.stdout();
    let rows: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("BSD-3-Clause"))
        .collect();
    assert_eq!(rows.len(), 2, "{said}");
    for row in rows {
        assert!(row.contains(" %") && row.contains(" to "), "{row}");
    }
    let n = said
        .split("Cross-validated on ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .unwrap();
    assert!((25..=45).contains(&n.parse::<u32>().unwrap()), "{said}");
    assert!(said.contains("McNemar's exact test"), "{said}");
    assert!(!said.contains("Final test accuracy"), "{said}");
    assert!(!dir.path("out/head.bin").exists());

    // What was made stays, is remembered, and can be gone on with.
    let run = make(
        &dir,
        &["compare", BASES, "TRAIN_FLAGS=--testing-percentage 30"],
    )
    .succeeds();
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-bottleneck"]);
    let folder = dir.path("out/compare/mobilenet_v2_1.0_224");
    let kept = fs::read_to_string(folder.join("experiment.mk")).unwrap();
    assert!(
        kept.contains("TRAIN_FLAGS = --testing-percentage 30"),
        "{kept}"
    );
}

#[test]
fn one_base_is_nothing_to_compare() {
    let dir = Workdir::new();
    dir.images("images", 5);
    let run = make(&dir, &["compare", "ARCHITECTURES=mobilenet_v2_1.0_224"]).ends_with(2);
    assert!(
        run.stderr().contains("name two bases or more"),
        "{}",
        run.stderr()
    );
}
