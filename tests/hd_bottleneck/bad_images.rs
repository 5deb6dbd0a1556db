//! Images that are skipped, and listed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{counts, settle};
use crate::workdir::{Workdir, take};

#[test]
fn bad_images_are_skipped_and_listed_and_cost_the_others_nothing() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.write("images/hot_dog/empty.jpg", "");
    dir.write("images/hot_dog/text.jpg", "this is no image");
    let whole = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    dir.write("images/hot_dog/cut.jpg", &whole[..whole.len() / 3]);
    dir.write("images/hot_dog/Thumbs.db", "x");
    std::os::unix::fs::symlink("nowhere", dir.path("images/hot_dog/dangling.jpg")).unwrap();
    fs::create_dir(dir.path("images/hot_dog/folder.jpg")).unwrap();
    let run = dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("bad_images", run.stderr());
    let table = fs::read_to_string(dir.path("out/bottlenecks.skipped.tsv")).unwrap();
    insta::assert_snapshot!("bottlenecks.skipped.tsv", table);
    // The second run knows them without decoding them again.
    settle(&dir.path("images"));
    assert!(
        counts(&dir.bottleneck("images").succeeds().stderr())
            .starts_with("0 computed, 6 reused, 5 skipped")
    );
    dir.bottleneck("images").arg("--strict").ends_with(1);
    for bad in ["empty.jpg", "text.jpg", "cut.jpg", "dangling.jpg"] {
        fs::remove_file(dir.path("images/hot_dog").join(bad)).unwrap();
    }
    fs::remove_dir(dir.path("images/hot_dog/folder.jpg")).unwrap();
    dir.bottleneck("images").arg("--strict").succeeds();
    assert!(!dir.path("out/bottlenecks.skipped.tsv").exists());
}

#[test]
fn the_limit_on_pixels_holds_whatever_an_earlier_run_allowed() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let tiny = hd::photo::Rgb {
        width: 20,
        height: 10,
        pixels: vec![77; 600],
    };
    dir.write(
        "images/hot_dog/tiny.jpg",
        hd::photo::encode_jpeg(&tiny, 90).unwrap(),
    );
    settle(&dir.path("images"));
    let run = |limit: &str| {
        let run = dir.bottleneck("images").args(["--max-pixels", limit]);
        counts(&run.succeeds().stderr())
            .split(" (")
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(run("200"), "1 computed, 0 reused, 4 skipped");
    let table = fs::read_to_string(dir.path("out/bottlenecks.skipped.tsv")).unwrap();
    assert!(
        table
            .lines()
            .skip(1)
            .all(|line| line.ends_with("pixels are more than the limit")),
        "{table}"
    );
    let strict = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    assert_eq!(run("200"), "0 computed, 1 reused, 4 skipped");
    assert_eq!(run("1000000"), "4 computed, 1 reused, 0 skipped");
    assert_eq!(run("200"), "0 computed, 1 reused, 4 skipped");
    assert!(strict == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn pipes_and_devices_are_skipped_and_not_waited_for() {
    let dir = Workdir::new();
    dir.images("images", 1);
    std::os::unix::fs::symlink("/dev/zero", dir.path("images/hot_dog/zero.jpg")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(dir.path("images/hot_dog/pipe.jpg"))
            .status()
            .unwrap()
            .success()
    );
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(
        run.stderr().matches("not a regular file").count(),
        2,
        "{}",
        run.stderr()
    );
}

#[test]
fn an_unreadable_image_is_skipped() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let image = dir.path("images/hot_dog/0000.jpg");
    fs::set_permissions(&image, fs::Permissions::from_mode(0o0)).unwrap();
    let base = dir.path("base.onnx");
    take(crate::workdir::base(), &base);
    let args = ["--base", "base.onnx", "images", "-o", "out/bottlenecks.bin"];
    let run = dir.unprivileged("hd-bottleneck").args(args).succeeds();
    assert!(
        counts(&run.stderr()).starts_with("3 computed, 0 reused, 1 skipped"),
        "{}",
        run.stderr()
    );
}
