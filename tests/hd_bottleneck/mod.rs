//! Tests of hd-bottleneck, by feature.

mod bad_images;
mod damaged;
mod devices;
mod errors;
mod folders;
mod interrupted;
mod lists;
mod noted;
mod outputs;
mod reuse;
mod views;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What the closing line counts.
pub(crate) fn counts(stderr: &str) -> &str {
    let line = stderr
        .lines()
        .find(|line| line.contains(" computed, "))
        .unwrap();
    line.split("labels: ").nth(1).unwrap()
}

fn set_time(path: &Path, time: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

/// Changes an image's content, and leaves its size and time.
fn change_unseen(image: &Path) {
    let time = fs::metadata(image).unwrap().modified().unwrap();
    let mut bytes = fs::read(image).unwrap();
    let end = bytes.len();
    bytes[end - 40] ^= 0x15;
    fs::write(image, bytes).unwrap();
    set_time(image, time);
}

/// Puts the time of every image below `folder` back, as that of images that have long been there.
pub(crate) fn settle(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            settle(&path);
        } else if path.is_file() {
            set_time(&path, SystemTime::now() - Duration::from_secs(3600));
        }
    }
}
