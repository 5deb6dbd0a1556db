//! An image is computed once, and again only if it changed.

use std::fs;
use std::time::{Duration, SystemTime};

use hd::bottleneck::Bottlenecks;

use super::{change_unseen, counts, set_time, settle};
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
fn an_image_replaced_by_another_of_the_same_size_and_time_is_noticed_ever_after() {
    let dir = Workdir::new();
    dir.images("images", 2);
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    change_unseen(&dir.path("images/hot_dog/0000.jpg"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "1 computed, 3 reused, 0 skipped"
    );
}

#[test]
fn images_of_one_size_and_time_that_change_places_change_their_labels() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let paths = ["hot_dog", "not_hot_dog"].map(|label| dir.path(format!("images/{label}/x.ppm")));
    for (path, value) in paths.iter().zip([10, 200]) {
        let ppm = [
            b"P6 8 8 255\n".to_vec(),
            (0..192).map(|at| at ^ value).collect(),
        ]
        .concat();
        fs::write(path, ppm).unwrap();
        set_time(
            path,
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000),
        );
    }
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    let digests = || {
        let file = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
        let ppm = file.rows().iter().filter(|row| row.path.ends_with("x.ppm"));
        ppm.map(|row| row.digest).collect::<Vec<_>>()
    };
    let before = digests();
    let aside = dir.path("aside.ppm");
    fs::rename(&paths[0], &aside).unwrap();
    fs::rename(&paths[1], &paths[0]).unwrap();
    fs::rename(&aside, &paths[1]).unwrap();
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 6 reused, 0 skipped");
    assert_eq!(digests(), [before[1], before[0]]);
}
