//! Tests of hd-bottleneck, by feature.

mod bad_images;
mod damaged;
mod devices;
mod errors;
mod facts;
mod folders;
mod half;
mod interrupted;
mod lists;
mod noted;
mod outliers;
mod outputs;
mod reuse;
mod screen;
mod shards;
pub(crate) mod tars;
mod twins;
mod unreadable;
mod views;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use hd::bottleneck::Bottlenecks;
use hd::digest::Digest;

use crate::workdir::Workdir;

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

/// Changes the floats of each row of `out/bottlenecks.bin`, as if that had been written.
pub(crate) fn change_floats(dir: &Workdir, change: impl Fn(usize, &mut [f32])) {
    let path = dir.path("out/bottlenecks.bin");
    let file = Bottlenecks::open(&path).unwrap();
    let (rows, size) = (file.rows().len(), file.size());
    let mut bytes = fs::read(&path).unwrap();
    let a_block = 65_536 / (size * 4);
    let checks = bytes.len() - rows.div_ceil(a_block) * 8;
    let payload = checks - rows * size * 4;
    for (row, bytes) in bytes[payload..checks]
        .chunks_exact_mut(size * 4)
        .enumerate()
    {
        let floats = bytes.as_chunks::<4>().0.iter();
        let mut floats: Vec<f32> = floats.map(|float| f32::from_le_bytes(*float)).collect();
        change(row, &mut floats);
        let changed: Vec<u8> = floats
            .iter()
            .flat_map(|float| float.to_le_bytes())
            .collect();
        bytes.copy_from_slice(&changed);
    }
    let digests = bytes[payload..checks]
        .chunks(a_block * size * 4)
        .map(Digest::of);
    let digests: Vec<u8> = digests
        .flat_map(|digest| digest.as_bytes()[..8].to_vec())
        .collect();
    bytes[checks..].copy_from_slice(&digests);
    dir.write("out/bottlenecks.bin", bytes);
}

/// Waits until the images are so old that their stamps are trusted. Nobody can set the time at which
/// a file changed last.
pub(crate) fn settle(folder: &Path) {
    let last = changed_last(folder).unwrap();
    let wait = last + Duration::from_millis(2050);
    sleep(wait.duration_since(SystemTime::now()).unwrap_or_default());
}

/// When a file below `folder` changed last.
fn changed_last(folder: &Path) -> Option<SystemTime> {
    let changed = |entry: fs::DirEntry| {
        let metadata = entry.metadata().unwrap();
        let since = Duration::new(metadata.ctime() as u64, metadata.ctime_nsec() as u32);
        let own = SystemTime::UNIX_EPOCH + since;
        let within = metadata.is_dir().then(|| changed_last(&entry.path()));
        within.flatten().map_or(own, |within| within.max(own))
    };
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| changed(entry.unwrap())).max()
}
