//! The readers of networks on hostile files: no panic, and no more memory than the file could need.
//!
//! A test binary of its own, since it counts what is allocated. Files are made from good ones by a seeded generator, so
//! that every run sees the same; `fuzz/Cargo.toml` says how to go on without end.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "fuzz/readers.rs"]
mod readers;

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// One at a time, or one would count the other's memory.
static TURN: Mutex<()> = Mutex::new(());

/// Files of each kind.
const ROUNDS: usize = 20_000;

/// Most bytes for a file of a few thousand.
const MOST: usize = 48 << 20;

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

fn survives(names: &[&str], read: fn(&[u8])) {
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks");
    let good: Vec<Vec<u8>> = names
        .iter()
        .map(|name| fs::read(folder.join(name)).unwrap())
        .collect();
    good.iter().for_each(|bytes| read(bytes));
    let mut chance = Pcg64Mcg::seed_from_u64(0);
    for round in 0..ROUNDS {
        let bytes = spoiled(&good[round % good.len()], &mut chance);
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        read(&bytes);
        let most = ALLOCATED.peak_usage().saturating_sub(before);
        assert!(
            most < MOST,
            "{most} bytes for {} in round {round}",
            bytes.len()
        );
    }
}

#[test]
fn graphs_of_tensorflow() {
    survives(&["mobilenet_v1.pb", "fused.pb"], readers::graphdef);
}

#[test]
fn networks_in_onnx() {
    survives(
        &["resnet.onnx", "efficientnet.onnx", "vit.onnx", "keras.onnx"],
        readers::onnx,
    );
}

#[test]
fn weights_of_pytorch() {
    survives(&["weights.pth"], readers::torch);
}
