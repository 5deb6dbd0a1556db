//! Bottlenecks that are kept as float16.

use std::fs;

use hd::bottleneck::Bottlenecks;

use super::counts;
use crate::workdir::{Call, Workdir};

const IMAGES: usize = 12;

fn half(dir: &Workdir) -> Call {
    dir.bottleneck("images").arg("--half")
}

fn size(dir: &Workdir, name: &str) -> u64 {
    fs::metadata(dir.path(name)).unwrap().len()
}

#[test]
fn halves_take_half_the_room_and_are_near_to_what_they_were() {
    let dir = Workdir::new();
    dir.images("images", IMAGES);
    dir.bottleneck("images").succeeds();
    let path = dir.path("out/bottlenecks.bin");
    let (single, before) = (
        Bottlenecks::open(&path).unwrap(),
        size(&dir, "out/bottlenecks.bin"),
    );
    let run = half(&dir).succeeds();
    assert!(
        counts(&run.stderr()).starts_with("0 computed, 24 reused"),
        "{}",
        run.stderr()
    );
    let halves = Bottlenecks::open(&path).unwrap();
    let floats = (2 * IMAGES * halves.size()) as u64;
    assert!(size(&dir, "out/bottlenecks.bin") <= before - 2 * floats + 64 * 8);
    for row in 0..2 * IMAGES {
        for (half, single) in halves.bottleneck(row).iter().zip(&*single.bottleneck(row)) {
            assert!(
                (half - single).abs() <= single.abs() / 2048.0 + 1e-7,
                "{half} {single}"
            );
        }
    }
    let said = dir
        .program("hd-bottleneck")
        .args(["--describe", "out/bottlenecks.bin"]);
    assert!(
        said.succeeds()
            .stdout()
            .contains(&format!("# size\t{}\tfloat16\n", halves.size()))
    );
}

#[test]
fn what_was_kept_as_halves_stays_so_until_it_is_computed_anew() {
    let dir = Workdir::new();
    dir.images("images", IMAGES);
    half(&dir).succeeds();
    let bytes = || fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    let halves = bytes();
    let again = half(&dir).arg("--verify").succeeds();
    assert!(
        counts(&again.stderr()).starts_with("0 computed"),
        "{}",
        again.stderr()
    );
    assert!(bytes() == halves);
    let said = dir.bottleneck("images").succeeds().stderr();
    assert!(
        said.contains("out/bottlenecks.bin: kept as float16, now float32; made anew"),
        "{said}"
    );
    assert!(counts(&said).starts_with("24 computed"), "{said}");
}

#[test]
fn shards_of_halves_train_as_one_file_of_them_and_are_not_mixed_with_floats() {
    let dir = Workdir::new();
    dir.images("images", IMAGES);
    let make = |out: &str, rest: &[&str]| {
        let call = dir
            .program("hd-bottleneck")
            .arg("--base")
            .arg(crate::workdir::base());
        call.args(["images", "-o", out]).args(rest).succeeds();
    };
    make("whole.bin", &["--half"]);
    make("1.bin", &["--half", "--shard", "1/2"]);
    make("2.bin", &["--half", "--shard", "2/2"]);
    make("floats.bin", &["--shard", "2/2"]);
    let train =
        |files: &[&str], head: &str| dir.program("hd-train").args(files).args(["--head", head]);
    train(&["whole.bin"], "whole.head").succeeds();
    train(&["2.bin", "1.bin"], "shards.head").succeeds();
    let read = |name: &str| fs::read(dir.path(name)).unwrap();
    assert!(read("whole.head") == read("shards.head"));
    let said = train(&["1.bin", "floats.bin"], "mixed.head")
        .ends_with(1)
        .stderr();
    let expected = "floats.bin: its numbers are float32, but those of 1.bin are float16: make all with --half, or all without";
    assert!(said.contains(expected), "{said}");
    let score = |files: &[&str]| {
        let eval = dir.program("hd-eval").arg("whole.head").args(files);
        eval.args(["--split", "all"]).succeeds().stdout()
    };
    assert_eq!(score(&["whole.bin"]), score(&["1.bin", "2.bin"]));
}
