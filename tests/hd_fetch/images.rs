//! Archives of images: from mirrors, addresses and disks.

use std::fs;
use std::path::Path;

use super::{cut_off, hotdog_zip, mirror, zip};
use crate::workdir::Workdir;

#[test]
fn a_folder_that_is_there_is_never_overwritten() {
    let dir = Workdir::new();
    dir.write("data/hotdog/mine.txt", "mine");
    insta::assert_snapshot!(
        "images_that_are_there",
        cut_off(&dir)
            .args(["images", "hotdog"])
            .ends_with(1)
            .stderr()
    );
    assert_eq!(fs::read(dir.path("data/hotdog/mine.txt")).unwrap(), b"mine");
}

#[test]
fn a_catalogued_archive_is_found_on_a_mirror_folder_and_unpacked() {
    let dir = Workdir::new();
    dir.write(
        "mirror/353596473581b20f18d98e3bb535490fe389844e.zip",
        hotdog_zip(),
    );
    cut_off(&dir)
        .args(["images", "hotdog", "--mirror", "mirror"])
        .succeeds();
    assert_eq!(
        fs::read(dir.path("data/hotdog/hot_dog/1.jpg")).unwrap(),
        b"one"
    );
    assert_eq!(
        fs::read(dir.path("data/hotdog/not_hot_dog/2.jpg")).unwrap(),
        b"two"
    );
    assert!(!dir.path("data/hotdog/hot_dog/3.jpg").exists());
    let source = fs::read_to_string(dir.path("data/hotdog/source.json")).unwrap();
    assert!(
        source.contains("\"drawings\": false") && source.contains("mirror/353596"),
        "{source}"
    );
}

#[test]
fn an_archive_without_the_images_is_an_error_and_not_a_folder() {
    let dir = Workdir::new();
    let other = zip(&[("elsewhere/hot_dog/1.jpg", b"one")]);
    dir.write("mirror/353596473581b20f18d98e3bb535490fe389844e.zip", other);
    let run = cut_off(&dir)
        .args(["images", "hotdog", "--mirror", "mirror"])
        .ends_with(1);
    assert!(
        run.stderr()
            .contains("it does not hold images in train/hot_dog"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data/hotdog").exists());
}

#[test]
fn a_mirror_can_be_an_address() {
    let dir = Workdir::new();
    let address = mirror(&hotdog_zip());
    let call = cut_off(&dir)
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    call.args(["images", "hotdog", "--mirror", &address])
        .succeeds();
    assert!(dir.path("data/hotdog/hot_dog/1.jpg").exists());
}

#[test]
fn any_address_works_in_place_of_a_name() {
    let dir = Workdir::new();
    let flowers = zip(&[("flowers/rose/a.jpg", b"a"), ("flowers/tulip/b.jpg", b"b")]);
    let address = format!("{}/flowers.v2.zip", mirror(&flowers));
    let call = cut_off(&dir)
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    call.args(["images", &address]).succeeds();
    assert!(dir.path("data/flowers/rose/a.jpg").exists());
    let source = fs::read_to_string(dir.path("data/flowers/source.json")).unwrap();
    assert!(source.contains("\"sha256\""), "{source}");
}

#[test]
fn an_archive_on_disk_works_in_place_of_a_name() {
    let dir = Workdir::new();
    dir.write(
        "flowers.zip",
        zip(&[("rose/a.jpg", b"a"), ("tulip/b.jpg", b"b")]),
    );
    cut_off(&dir)
        .args(["images", "flowers.zip", "-o", "mine"])
        .succeeds();
    assert!(dir.path("mine/tulip/b.jpg").exists() && dir.path("flowers.zip").exists());
}

#[test]
fn a_hostile_or_damaged_archive_leaves_nothing() {
    let dir = Workdir::new();
    let good = hotdog_zip();
    dir.write(
        "escape.zip",
        zip(&[
            ("a/1.jpg", b"1"),
            ("b/2.jpg", b"2"),
            ("../../escaped.jpg", b"3"),
        ]),
    );
    dir.write("cut.zip", &good[..good.len() / 2]);
    dir.write("text.zip", "no archive");
    dir.write("flat.zip", zip(&[("1.jpg", b"1"), ("2.jpg", b"2")]));
    for name in ["escape", "cut", "text", "flat"] {
        let run = cut_off(&dir)
            .args(["images", &format!("{name}.zip"), "-o", "made/here"])
            .ends_with(1);
        assert!(
            run.stderr().contains(&format!("{name}.zip")),
            "{}",
            run.stderr()
        );
        let left: Vec<_> = fs::read_dir(dir.path("made"))
            .into_iter()
            .flatten()
            .collect();
        assert!(left.is_empty(), "{name}.zip left {left:?}");
    }
    assert!(!Path::new(&dir.path("escaped.jpg")).exists());
}
