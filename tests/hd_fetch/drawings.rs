//! Drawings, in place of images that cannot be had.

use std::fs;

use super::cut_off;
use crate::workdir::Workdir;

#[test]
fn where_no_mirror_can_be_reached_it_says_so_and_draws() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .args(["images", "hotdog", "--count", "3"])
        .succeeds();
    let stderr = run.stderr();
    assert!(
        stderr.contains("github.com") && stderr.contains("topcs.blob.core.windows.net"),
        "{stderr}"
    );
    assert!(stderr.contains("images are drawn instead"), "{stderr}");
    for label in ["hot_dog", "not_hot_dog"] {
        assert_eq!(
            fs::read_dir(dir.path("data/hotdog").join(label))
                .unwrap()
                .count(),
            3
        );
    }
    let source = fs::read_to_string(dir.path("data/hotdog/source.json")).unwrap();
    assert!(source.contains("\"drawings\": true"), "{source}");
}

#[test]
fn drawings_can_be_forbidden() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .args(["images", "hotdog", "--no-synthetic"])
        .ends_with(1);
    assert!(
        run.stderr().contains("hotdog: no source could be reached"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data/hotdog").exists());
}

#[test]
fn drawings_follow_from_the_seed() {
    let dir = Workdir::new();
    let draw = |seed: &str, to: &str| {
        let how = [
            "images",
            "hotdog",
            "--synthetic",
            "--count",
            "2",
            "--seed",
            seed,
            "-o",
            to,
        ];
        cut_off(&dir).args(how).succeeds();
        fs::read(dir.path(to).join("hot_dog/0001.jpg")).unwrap()
    };
    let (one, again, other) = (draw("1", "a"), draw("1", "b"), draw("2", "c"));
    assert!(one == again && one != other);
}

#[test]
fn trouble_on_this_machine_is_not_papered_over_with_drawings() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .env("XDG_CACHE_HOME", "/proc/none")
        .args(["images", "hotdog"])
        .ends_with(1);
    assert!(
        run.stderr()
            .contains("nothing can be written in this folder of the cache"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data/hotdog").exists());
}

#[test]
fn there_are_no_drawings_of_what_is_not_in_the_catalogue() {
    let dir = Workdir::new();
    cut_off(&dir)
        .args(["images", "birds", "--synthetic"])
        .ends_with(1);
    let run = cut_off(&dir).args(["images", "missing.zip"]).ends_with(1);
    assert!(
        run.stderr().contains("missing.zip: cannot open"),
        "{}",
        run.stderr()
    );
    fs::create_dir(dir.path("here")).unwrap();
    let run = cut_off(&dir).args(["images", "./here"]).ends_with(1);
    assert!(
        run.stderr().contains("it is a folder already"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data").exists());
}
