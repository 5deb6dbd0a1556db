//! An image is computed once, and again only if it changed.

use std::fs;

use super::{change_unseen, counts, settle};
use crate::workdir::Workdir;

#[test]
fn computes_every_image_once_and_then_none() {
    let dir = Workdir::new();
    dir.images("images", 4);
    settle(&dir.path("images"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "8 computed, 0 reused, 0 skipped"
    );
    let first = fs::metadata(dir.path("out/bottlenecks.bin"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "0 computed, 8 reused, 0 skipped"
    );
    let second = fs::metadata(dir.path("out/bottlenecks.bin"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(
        first, second,
        "the file was touched though nothing had changed"
    );
}

#[test]
fn the_same_images_give_the_same_bytes_on_any_number_of_cores() {
    let dir = Workdir::new();
    dir.images("images", 5);
    settle(&dir.path("images"));
    dir.bottleneck("images").args(["--jobs", "1"]).succeeds();
    let one = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    fs::remove_dir_all(dir.path("out")).unwrap();
    dir.bottleneck("images").args(["--jobs", "3"]).succeeds();
    assert!(one == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn an_added_image_is_the_only_one_computed() {
    let dir = Workdir::new();
    dir.images("images", 4);
    dir.bottleneck("images").succeeds();
    dir.write(
        "images/hot_dog/new.jpg",
        fs::read(crate::workdir::drawings().join("hot_dog/0020.jpg")).unwrap(),
    );
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "1 computed, 8 reused, 0 skipped"
    );
}

#[test]
fn renamed_moved_touched_and_doubled_images_cost_nothing() {
    let dir = Workdir::new();
    dir.images("images", 4);
    dir.bottleneck("images").succeeds();
    fs::rename(
        dir.path("images/hot_dog/0000.jpg"),
        dir.path("images/hot_dog/renamed.jpg"),
    )
    .unwrap();
    fs::rename(
        dir.path("images/hot_dog/0001.jpg"),
        dir.path("images/not_hot_dog/moved.jpg"),
    )
    .unwrap();
    fs::copy(
        dir.path("images/hot_dog/0002.jpg"),
        dir.path("images/hot_dog/doubled.jpg"),
    )
    .unwrap();
    settle(&dir.path("images"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "0 computed, 9 reused, 0 skipped"
    );
}

#[test]
fn touched_images_do_not_touch_the_file() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.bottleneck("images").succeeds();
    let time = || {
        fs::metadata(dir.path("out/bottlenecks.bin"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = time();
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    assert_eq!(before, time());
}

#[test]
fn an_image_replaced_by_another_of_the_same_size_and_time_is_noticed_while_it_is_fresh() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.bottleneck("images").succeeds();
    change_unseen(&dir.path("images/hot_dog/0000.jpg"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "1 computed, 5 reused, 0 skipped"
    );
}

#[test]
fn verify_finds_a_change_that_size_and_time_hide() {
    let dir = Workdir::new();
    dir.images("images", 2);
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    change_unseen(&dir.path("images/hot_dog/0000.jpg"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "0 computed, 4 reused, 0 skipped"
    );
    let run = dir.bottleneck("images").arg("--verify").succeeds();
    assert_eq!(counts(&run.stderr()), "1 computed, 3 reused, 0 skipped");
}
