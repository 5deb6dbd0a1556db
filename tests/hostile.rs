//! The readers of files on hostile ones: no panic, and no more memory than the file could need.
//!
//! A test binary of its own, since it counts what is allocated. Files are made from good ones by a
//! seeded generator, so that every run sees the same; `fuzz/Cargo.toml` says how to go on without
//! end.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "fuzz/archives.rs"]
mod archives;
#[path = "fuzz/files.rs"]
mod files;
#[path = "fuzz/images.rs"]
mod images;
#[path = "fuzz/readers.rs"]
mod readers;
#[path = "fuzz/scratch.rs"]
mod scratch;

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::GzEncoder;
use hd::digest::Digest;
use hd::head::Head;
use hd::split::SplitRule;
use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use scratch::Scratch;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// One at a time, or one would count the other's memory.
static TURN: Mutex<()> = Mutex::new(());

/// Most bytes for a network of a few thousand.
const MOST_FOR_A_NETWORK: usize = 48 << 20;

/// Most bytes for an image of a few thousand. The decoder of WebP takes what a frame claims, up to
/// 400 MB, before it sees that the whole image claims less.
const MOST_FOR_AN_IMAGE: usize = 400 << 20;

/// Most bytes for any other file of a few thousand.
const MOST: usize = 8 << 20;

/// A file made from a good one: some of its bytes changed, moved, doubled or left out.
fn spoiled(good: &[u8], chance: &mut Pcg64Mcg) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..chance.random_range(1..6) {
        let length = bytes.len();
        if length < 16 {
            break;
        }
        let at = chance.random_range(0..length);
        let span = chance.random_range(1..64).min(length - at);
        match chance.random_range(0..7) {
            0 => bytes[at] ^= 1 << chance.random_range(0..8),
            1 => bytes[at] = chance.random(),
            // Large numbers, as lengths and sizes are written.
            2 => bytes[at..at + span.min(9)].fill(0xff),
            3 => bytes.truncate(at.max(1)),
            4 => drop(bytes.drain(at..at + span)),
            5 => {
                let doubled = bytes[at..at + span].to_vec();
                bytes.splice(at..at, doubled);
            }
            _ => {
                let to = chance.random_range(0..length - span + 1);
                bytes.copy_within(at..at + span, to);
            }
        }
    }
    bytes
}

/// The files with these names in a folder beside this file.
fn seeds(folder: &str, names: &[&str]) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let names = names.iter();
    names
        .map(|name| fs::read(folder.join(name)).unwrap())
        .collect()
}

/// What hours of fuzzing have found of files that take ways of their own through a reader.
fn found(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    let entries = fs::read_dir(folder.join(target)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Reads good files, and so many that were made from them.
fn survives(good: &[Vec<u8>], rounds: usize, most: usize, read: fn(&[u8])) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    good.iter().for_each(|bytes| read(bytes));
    let mut chance = Pcg64Mcg::seed_from_u64(0);
    for round in 0..rounds {
        let bytes = spoiled(&good[round % good.len()], &mut chance);
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        read(&bytes);
        let taken = ALLOCATED.peak_usage().saturating_sub(before);
        assert!(
            taken < most,
            "{taken} bytes for {} in round {round}",
            bytes.len()
        );
    }
}

#[test]
fn graphs_of_tensorflow() {
    let names = [
        "mobilenet_v1.pb",
        "fused.pb",
        "inception.pb",
        "resnet_v1.pb",
        "resnet_v2.pb",
    ];
    let good = seeds("networks", &names);
    survives(&good, 20_000, MOST_FOR_A_NETWORK, readers::graphdef);
}

#[test]
fn networks_in_onnx() {
    let names = [
        "resnet.onnx",
        "efficientnet.onnx",
        "vit.onnx",
        "keras.onnx",
        "any_planes.onnx",
        "any_pixels.onnx",
        "tokens.onnx",
        "patches.onnx",
        "outside.onnx",
    ];
    let good = seeds("networks", &names);
    let good = [good, found("onnx")].concat();
    survives(&good, 20_000, MOST_FOR_A_NETWORK, readers::onnx);
}

#[test]
fn weights_of_pytorch_and_in_safetensors() {
    let names = [
        "weights.pth",
        "zip.pth",
        "checkpoint.pth",
        "weights.safetensors",
    ];
    let good = seeds("networks", &names);
    survives(&good, 20_000, MOST_FOR_A_NETWORK, readers::weights);
}

#[test]
fn images_of_every_format() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "py"))
        .collect();
    paths.sort();
    let good: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let good = [good, found("image")].concat();
    survives(&good, 20_000, MOST_FOR_AN_IMAGE, images::image);
}

#[test]
fn files_of_bottlenecks() {
    let scratch = Scratch::with("empty", b"");
    let path = scratch.path("bottlenecks.bin");
    files::update_bottlenecks(&path, false).unwrap();
    let good = [vec![fs::read(path).unwrap()], found("bottlenecks")].concat();
    survives(&good, 1_000, MOST, files::bottlenecks);
}

#[test]
fn journals_of_interrupted_runs() {
    let scratch = Scratch::with("empty", b"");
    let interrupted = files::update_bottlenecks(&scratch.path("bottlenecks.bin"), true);
    assert!(matches!(interrupted, Err(hd::Error::Interrupted { .. })));
    let journal = fs::read(scratch.path("bottlenecks.bin.journal")).unwrap();
    let good = [vec![journal], found("journal")].concat();
    survives(&good, 500, MOST, files::journal);
}

#[test]
fn heads() {
    let head = Head {
        architecture: "any".into(),
        base: Digest::of(b"base"),
        preprocess: Digest::of(b"rule"),
        labels: vec!["cat".into(), "dog".into()],
        unit_length: true,
        weights: vec![0.5, -0.5, 1.0, -1.0],
        biases: vec![0.0, 0.25],
        split: SplitRule::default(),
        counts: vec![[4, 1, 1], [3, 1, 1]],
        images: Digest::of(b"images"),
        learned: Default::default(),
        init: None,
        validation_accuracy: Some(0.75),
        temperature: 1.5,
        class_weights: vec![0.5, 1.5],
        prior: vec![0.5, 0.5],
        l2: 0.01,
        scores: Vec::new(),
        sgd: None,
    };
    let scratch = Scratch::with("empty", b"");
    let path = scratch.path("head.bin");
    head.write(&path).unwrap();
    let good = [vec![fs::read(path).unwrap()], found("head")].concat();
    survives(&good, 1_000, MOST, files::head);
}

#[test]
fn archives_of_every_kind() {
    let members: [(&str, &[u8]); 3] = [
        ("a/b.txt", b"hot dog"),
        ("a/c/d.txt", &[b'x'; 300]),
        ("e", b""),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, body) in members {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(body).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        tar.append_data(&mut header, name, body).unwrap();
    }
    let (zip, tar) = (zip.finish().unwrap(), tar.into_inner().unwrap());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&tar).unwrap();
    let good = vec![zip.into_inner(), tar, gzip.finish().unwrap()];
    let good = [good, found("archive")].concat();
    survives(&good, 1_500, MOST, archives::archive);
}

#[test]
fn lists_of_images() {
    let list = b"cat/a.jpg\ndog\tb.jpg\r\nhot dog\t/tmp\n./cat/\xff.jpg\n".to_vec();
    let nul = b"cat/a\nb.jpg\0dog\tb.jpg\0".to_vec();
    survives(&[list, nul], 4_000, MOST, files::list);
}

#[test]
fn tars_of_images() {
    let long = format!("hot_dog/{}.jpg", "long".repeat(40));
    let members: [(&str, &[u8]); 7] = [
        ("./cat/1.jpg", b"an image"),
        (&long, &[b'x'; 700]),
        ("2.jpg", b"another"),
        ("2.cls", b"dog"),
        ("3.png", b"a third"),
        ("3.json", br#"{"label": "cat"}"#),
        ("dog/4.jpg", b""),
    ];
    let (mut gnu, mut posix) = (tar::Builder::new(Vec::new()), tar::Builder::new(Vec::new()));
    for (name, body) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        gnu.append_data(&mut header, name, body).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(body.len() as u64);
        posix
            .append_pax_extensions([("path", name.as_bytes())])
            .unwrap();
        posix.append_data(&mut header, "short.jpg", body).unwrap();
    }
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Link);
    link.set_size(0);
    gnu.append_link(&mut link, "dog/5.jpg", &long).unwrap();
    let good = [gnu.into_inner().unwrap(), posix.into_inner().unwrap()];
    survives(&good, 4_000, MOST, files::tar);
}

#[test]
fn lists_of_labels() {
    let labels = "hot dog\nnot hot dog\r\nKäse\n寿司\n".as_bytes().to_vec();
    survives(&[labels], 2_000, MOST, files::labels);
}

#[test]
fn records_of_where_images_came_from() {
    let origin = br#"{"drawings": true, "name": "hotdog", "sha256": null, "source": "seed 0"}"#;
    survives(&[origin.to_vec()], 2_000, MOST, files::origin);
}
