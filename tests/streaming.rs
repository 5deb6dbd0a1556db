//! Bottlenecks of which there are more than the memory that hd-train and hd-eval are given.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use hd::bottleneck::{Bottlenecks, Facts, Precision};
use hd::digest::Digest;
use hd::frame::Format;

use crate::workdir::{Call, Workdir, trained};

/// Images, spread over so many files, and the size of a bottleneck: 200 MB of floats.
const IMAGES: usize = 40_000;
const SHARDS: usize = 4;
const SIZE: usize = 1280;
/// The bytes of a block of rows, and of the check of one; see `shared/hd/src/bottleneck/layout.rs`.
const BLOCK: usize = 1 << 16;
const CHECK: usize = 8;
/// What the programs are given, in megabytes.
const MEMORY: u64 = 96;

/// Reproducible numbers from 0 to 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

/// The bottleneck of an image of one of two labels, of which one number in eight leans to the label.
fn bottleneck(image: usize) -> Vec<f32> {
    let mut noise = Noise(image as u64);
    let lean = if image < IMAGES / 2 { 0.05 } else { 0.0 };
    let number = |at: usize| noise.next() + if at.is_multiple_of(8) { lean } else { 0.0 };
    (0..SIZE).map(number).collect()
}

/// The row of an image: its path, label, digest, stamp, facts, split, and number of its view.
type Row = (Vec<u8>, u32, Digest, Option<u8>, Facts, Option<u8>, u32);

fn row(image: usize) -> Row {
    let path = format!("{}/{image:06}.jpg", image * 2 / IMAGES);
    let digest = Digest::of(path.as_bytes());
    let mut facts = Facts::default();
    facts.look.hash = hd::photo::ImageHash::from_bits(digest.prefix() & !1);
    let label = (image * 2 / IMAGES) as u32;
    (path.into_bytes(), label, digest, None, facts, None, 0)
}

/// Writes one file of bottlenecks, with every so manieth image in it.
fn write(path: &Path, shard: usize) {
    let like = Bottlenecks::open(&trained().join("bottlenecks.bin")).unwrap();
    let version = fs::read(trained().join("bottlenecks.bin")).unwrap()[8];
    let format = Format {
        magic: *b"HDBOTTLE",
        version: version.into(),
        what: "a file of bottlenecks",
        maker: "a test",
    };
    let images: Vec<usize> = (shard..IMAGES).step_by(SHARDS).collect();
    let rows: Vec<Row> = images.iter().map(|&image| row(image)).collect();
    let header = (
        (like.architecture(), like.base()),
        serde_json::to_string(like.preprocess()).unwrap(),
        (
            like.fingerprint(),
            SIZE as u32,
            Precision::Single,
            ["0", "1"].as_slice(),
        ),
        (None::<u8>, None::<u8>, rows, [0u64; 0].as_slice()),
    );
    let mut out = BufWriter::new(File::create(path).unwrap());
    format.write_header(&mut out, &header).unwrap();
    let mut checks = Vec::new();
    for block in images.chunks(BLOCK / (4 * SIZE)) {
        let floats = block.iter().flat_map(|&image| bottleneck(image));
        let bytes: Vec<u8> = floats.flat_map(f32::to_le_bytes).collect();
        checks.extend_from_slice(&Digest::of(&bytes).as_bytes()[..CHECK]);
        out.write_all(&bytes).unwrap();
    }
    out.write_all(&checks).unwrap();
    out.flush().unwrap();
}

fn shards(dir: &Workdir) -> Vec<PathBuf> {
    let path = |shard: usize| dir.path(format!("{shard}.bin"));
    let paths: Vec<PathBuf> = (0..SHARDS).map(path).collect();
    thread::scope(|scope| {
        for (shard, path) in paths.iter().enumerate() {
            scope.spawn(move || write(path, shard));
        }
    });
    paths
}

/// The most megabytes that the process had at a time, those of mapped files among them.
fn most(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes / 1024)
}

/// Runs a program, which must succeed, and gives the most megabytes that it had.
fn run(call: Call) -> u64 {
    let Call(mut command) = call;
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let mut highest = 0;
    let status = loop {
        highest = highest.max(most(&child).unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success());
    highest
}

/// Trains and evaluates, and gives the most megabytes that both had.
fn with(dir: &Workdir, shards: &[PathBuf], memory: &str) -> [u64; 2] {
    let out = |name: &str| format!("{memory}/{name}");
    fs::create_dir(dir.path(memory)).unwrap();
    let train = [
        "-q",
        "--memory",
        memory,
        "--l2",
        "0.1",
        "--head",
        &out("head.bin"),
    ];
    let eval = [
        "-q",
        "--memory",
        memory,
        "--metrics",
        &out("metrics.json"),
        "--predictions",
        &out("predictions.tsv"),
    ];
    let train = dir.program("hd-train").args(shards).args(train);
    let head = dir.program("hd-eval").arg(out("head.bin"));
    [run(train), run(head.args(shards).args(eval))]
}

#[test]
fn files_larger_than_the_memory_give_the_same_results_within_it() {
    let dir = Workdir::new();
    let shards = shards(&dir);
    let tight = format!("{MEMORY}M");
    let within = with(&dir, &shards, &tight);
    let ample = with(&dir, &shards, "4G");
    for name in ["head.bin", "metrics.json", "predictions.tsv"] {
        let read = |memory: &str| fs::read(dir.path(memory).join(name)).unwrap();
        assert!(read(&tight) == read("4G"), "{name}");
    }
    assert!(within.iter().all(|&most| most <= MEMORY), "{within:?}");
    assert!(ample.iter().all(|&most| most > 200), "{ample:?}");
}

#[test]
fn too_little_memory_is_refused_with_the_least_that_would_do() {
    let dir = Workdir::new();
    dir.trained();
    for (program, rest) in [
        ("hd-train", ["--head", "new.bin"]),
        ("hd-eval", ["--metrics", "new.json"]),
    ] {
        let call = |memory: &str| {
            let call = dir.program(program);
            let call = if program == "hd-eval" {
                call.arg("out/head.bin")
            } else {
                call
            };
            call.arg("out/bottlenecks.bin")
                .args(rest)
                .args(["--memory", memory])
        };
        let said = call("1M").ends_with(2).stderr();
        let least = said
            .split(": ")
            .last()
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned();
        assert!(said.contains("is the least that will do"), "{said}");
        assert!(!dir.path(rest[1]).exists());
        call(&least).succeeds();
        call("plenty").ends_with(2);
    }
}
