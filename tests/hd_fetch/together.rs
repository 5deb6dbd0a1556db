//! Two hd-fetch that bring the same at the same time.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::{cut_off, hotdog_zip, weights};
use crate::serving::serve;
use crate::workdir::{ARCHITECTURE, Call, Workdir, base};

/// A server that is slow to answer, and how often it was asked.
fn slow(content: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let address = serve(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(800));
        Some(("application/octet-stream", content.clone()))
    });
    (address, asked)
}

/// What both say, who begin one soon after the other.
fn both(call: impl Fn(&str) -> Call + Sync) -> [String; 2] {
    thread::scope(|scope| {
        let first = scope.spawn(|| call("one").succeeds().stderr());
        thread::sleep(Duration::from_millis(300));
        let second = call("two").succeeds().stderr();
        [first.join().unwrap(), second]
    })
}

#[test]
fn the_second_waits_and_takes_the_weights_that_the_first_has_brought() {
    let dir = Workdir::new();
    let (address, asked) = slow(fs::read(weights()).unwrap());
    let said = both(|name| {
        let args = ["base", ARCHITECTURE, "--mirror", &address, "-o", name];
        cut_off(&dir).env("NO_PROXY", "*").args(args)
    });
    let word = "another process is bringing it; waiting for that one";
    assert_eq!(said.map(|said| said.matches(word).count()), [0, 1]);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    for name in ["one", "two"] {
        assert!(fs::read(dir.path(name)).unwrap() == fs::read(base()).unwrap());
    }
    let kept = fs::read_dir(dir.path("cache/hd/weights")).unwrap();
    assert_eq!(kept.count(), 1);
}

#[test]
fn the_second_waits_until_the_images_of_the_first_are_unpacked() {
    let dir = Workdir::new();
    let (address, _) = slow(hotdog_zip());
    let said = both(|name| {
        let args = ["images", "hotdog", "--mirror", &address, "-o", name];
        cut_off(&dir).env("NO_PROXY", "*").args(args)
    });
    let word = "another process is bringing it; waiting for that one";
    assert_eq!(said.map(|said| said.matches(word).count()), [0, 1]);
    for name in ["one", "two"] {
        assert!(dir.path(name).join("hot_dog/1.jpg").is_file());
    }
}
