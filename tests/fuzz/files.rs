//! The readers of hd's own files and of lists, each on bytes that may be anything.

#![allow(dead_code, reason = "each target calls one of them")]

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use hd::base::{Base, Engine};
use hd::bottleneck::{Options, Progress, Samples, update};
use hd::dataset::{Dataset, Tars};
use hd::digest::Digest;
use hd::head::Head;
use hd::label::read_labels;
use hd::onnx::Network;
use hd::origin::Origin;
use hd::photo::{Element, MAX_PIXELS, Preprocess};
use hd::split::SplitRule;

use crate::scratch::{Scratch, sealed};

/// A file of bottlenecks, as it is and with the digest that it should have.
pub(crate) fn bottlenecks(bytes: &[u8]) {
    for bytes in [bytes, &sealed(bytes)] {
        let scratch = Scratch::with("bottlenecks.bin", bytes);
        let Ok(samples) = Samples::open(&[scratch.path("bottlenecks.bin")]) else {
            continue;
        };
        let _ = samples.check();
        let _ = samples.contradictions();
        let _ = SplitRule::default().assign(&samples.images(), samples.labels());
    }
}

/// A head, as it is and with the digest that it should have.
pub(crate) fn head(bytes: &[u8]) {
    for bytes in [bytes, &sealed(bytes)] {
        let scratch = Scratch::with("head.bin", bytes);
        let Ok(head) = Head::open(&scratch.path("head.bin")) else {
            continue;
        };
        let _ = head.to_string();
        let _ = head.probabilities_and_before(&[1.0; 4]);
        let _ = head.split.assign(&[], &head.labels);
    }
}

/// The journal of an interrupted run: the next one takes from it what is whole, and computes the
/// rest.
pub(crate) fn journal(bytes: &[u8]) {
    let scratch = Scratch::with("bottlenecks.bin.journal", bytes);
    let out = scratch.path("bottlenecks.bin");
    let done = update_bottlenecks(&out, false);
    if let Err(hd::Error::Occupied { .. }) = done {
        // It is no journal, and was left alone.
        assert_eq!(scratch.names(), ["bottlenecks.bin.journal"]);
        return;
    }
    assert!(done.is_ok(), "{done:?}");
    // It was of use or not; either way it is used up, and there is a bottleneck for each image.
    assert_eq!(scratch.names(), ["bottlenecks.bin"]);
    let samples = Samples::open(&[out]).expect("what was just written");
    assert_eq!(samples.len(), IMAGES.len());
    assert!((0..samples.len()).all(|index| samples.bottleneck(index).len() == SIZE));
}

/// A list of images, with either end of a record.
pub(crate) fn list(bytes: &[u8]) {
    for end in [b'\n', 0] {
        let _ = Dataset::of_list(Path::new("list"), bytes, end);
    }
}

/// A tar of images, each of which is read where the tar says it lies.
pub(crate) fn tar(bytes: &[u8]) {
    let scratch = Scratch::with("images.tar", bytes);
    let path = scratch.path("images.tar");
    let _ = Tars::default().images(&path);
    let Ok(dataset) = Dataset::scan(&path) else {
        return;
    };
    for entry in &dataset.entries {
        let read = dataset.read(&entry.path);
        assert!(read.is_ok_and(|image| image.len() <= bytes.len()));
    }
}

/// A list of labels.
pub(crate) fn labels(bytes: &[u8]) {
    let scratch = Scratch::with("labels.txt", bytes);
    let _ = read_labels(&scratch.path("labels.txt"));
}

/// The record of where images came from.
pub(crate) fn origin(bytes: &[u8]) {
    let scratch = Scratch::with("source.json", bytes);
    let _ = Origin::beside(scratch.folder());
}

/// The size of a bottleneck.
const SIZE: usize = 2;

/// Two images of the tests.
const IMAGES: [&str; 2] = ["grey-8.png", "colour-8.png"];

/// Brings the bottlenecks of two images up to date, or is interrupted after the first of them.
pub(crate) fn update_bottlenecks(out: &Path, interrupt: bool) -> hd::Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images");
    // The fuzz targets are a package of their own, beside the images.
    let folder = match Path::new(folder).exists() {
        true => folder,
        false => concat!(env!("CARGO_MANIFEST_DIR"), "/../images"),
    };
    let list: Vec<String> = IMAGES.map(|image| format!("any\t{folder}/{image}")).into();
    let dataset = Dataset::of_list(Path::new("list"), list.join("\n").as_bytes(), b'\n')?;
    let make_engine = || {
        Ok(Engine::EachWorker(Box::new(
            || Ok(Box::new(Same) as Box<_>),
        )))
    };
    let interrupted = AtomicBool::new(false);
    let options = Options {
        jobs: NonZeroUsize::MIN,
        verify: false,
        max_pixels: MAX_PIXELS,
        distortion: None,
        reuse: &[],
        precision: hd::bottleneck::Precision::default(),
        interrupted: &interrupted,
    };
    let progress = Interrupting {
        interrupted: &interrupted,
        interrupt,
    };
    update(&dataset, &base(), &make_engine, out, &options, &progress).map(drop)
}

fn base() -> Network {
    Network {
        path: "base.onnx".into(),
        bytes: Vec::new().into(),
        digest: Digest::of(b"base"),
        architecture: "any".into(),
        preprocess: Preprocess::of_size(8, 8),
        input: Element::Byte,
        bottleneck_size: SIZE,
        result: "bottleneck".into(),
        labels: None,
        folders: Default::default(),
        properties: Vec::new(),
    }
}

/// A base that gives every image the same bottleneck.
struct Same;

impl Base for Same {
    fn run(&mut self, _: &[u8]) -> hd::Result<Vec<f32>> {
        Ok(vec![0.5; SIZE])
    }
}

/// Interrupts the work after the first image, if it is to be.
struct Interrupting<'a> {
    interrupted: &'a AtomicBool,
    interrupt: bool,
}

impl Progress for Interrupting<'_> {
    fn begin(&self, _: u64) {}
    fn step(&self) {
        self.interrupted.store(self.interrupt, Ordering::Relaxed);
    }
    fn end(&self) {}
}
