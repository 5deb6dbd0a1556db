//! Bottlenecks that are not what was written are never used, and are mended.

use std::fs;

use super::{counts, settle};
use crate::workdir::Workdir;

const BOTTLENECKS: &str = "out/bottlenecks.bin";

/// A folder whose bottlenecks are there, and their bytes.
fn made() -> (Workdir, Vec<u8>) {
    let dir = Workdir::new();
    dir.images("images", 10);
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    let whole = fs::read(dir.path(BOTTLENECKS)).unwrap();
    (dir, whole)
}

/// Flips a bit of the first float of the image `row`. There are 20 images with 1280 floats each,
/// and the checks of two blocks behind them.
fn damage(dir: &Workdir, whole: &[u8], row: usize) {
    let mut bytes = whole.to_vec();
    let at = bytes.len() - 2 * 8 - (20 - row) * 1280 * 4 + 2;
    bytes[at] ^= 0x40;
    dir.write(BOTTLENECKS, bytes);
}

#[test]
fn one_flipped_bit_is_never_trained_on_or_evaluated() {
    let (dir, whole) = made();
    dir.train().succeeds();
    damage(&dir, &whole, 15);
    let said = dir.train().ends_with(1).stderr();
    let named =
        "the bottlenecks of not_hot_dog/0002.jpg to not_hot_dog/0009.jpg are not what was written";
    assert!(said.contains(named), "{said}");
    assert!(said.contains("--verify"), "{said}");
    let eval = dir.program("hd-eval").args(["out/head.bin", BOTTLENECKS]);
    let said = eval.ends_with(1).stderr();
    assert!(said.contains(named), "{said}");
}

#[test]
fn verify_computes_what_is_damaged_again_and_nothing_else() {
    let (dir, whole) = made();
    damage(&dir, &whole, 3);
    let run = dir.bottleneck("images").arg("--verify").succeeds();
    assert_eq!(counts(&run.stderr()), "12 computed, 8 reused, 0 skipped");
    assert!(
        run.stderr()
            .contains("the bottlenecks of 12 images were damaged"),
        "{}",
        run.stderr()
    );
    assert!(fs::read(dir.path(BOTTLENECKS)).unwrap() == whole);
    let run = dir.bottleneck("images").arg("--verify").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 20 reused, 0 skipped");
}

#[test]
fn an_added_image_does_not_carry_damage_on() {
    let (dir, whole) = made();
    fs::rename(dir.path("images/hot_dog/0000.jpg"), dir.path("kept.jpg")).unwrap();
    dir.bottleneck("images").succeeds();
    let without = fs::read(dir.path(BOTTLENECKS)).unwrap();
    fs::rename(dir.path("kept.jpg"), dir.path("images/hot_dog/0000.jpg")).unwrap();
    let mut bytes = without;
    let last = bytes.len() - 2 * 8 - 1;
    bytes[last] ^= 1;
    dir.write(BOTTLENECKS, bytes);
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "8 computed, 12 reused, 0 skipped");
    assert!(
        run.stderr()
            .contains("the bottlenecks of 7 images were damaged"),
        "{}",
        run.stderr()
    );
    let floats = |bytes: &[u8]| bytes[bytes.len() - 20 * 1280 * 4..].to_vec();
    assert!(floats(&fs::read(dir.path(BOTTLENECKS)).unwrap()) == floats(&whole));
}

#[test]
fn damaged_bottlenecks_of_an_image_that_is_gone_are_gone() {
    let (dir, whole) = made();
    damage(&dir, &whole, 19);
    for image in 2..10 {
        fs::remove_file(dir.path(format!("images/not_hot_dog/{image:04}.jpg"))).unwrap();
    }
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 12 reused, 0 skipped");
    let run = dir.bottleneck("images").arg("--verify").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 12 reused, 0 skipped");
}

#[test]
fn damaged_floats_are_not_exported() {
    let (dir, whole) = made();
    damage(&dir, &whole, 0);
    let export = dir.bottleneck("images").args(["--export", "numpy"]);
    let said = export.ends_with(1).stderr();
    assert!(said.contains("are not what was written"), "{said}");
    assert!(!dir.path("numpy/bottlenecks.npy").exists());
}
