//! Files of bottlenecks whose header is malformed within, each in one way; the tests of cache.rs
//! have the rest.

use std::path::Path;

use super::cache::{Bottlenecks, write};
use super::layout::{Header, Row, Skipped};
use super::{Facts, Precision, Samples};
use crate::damage::{Bench, length, patch, seal, tells, with_length};
use crate::digest::Digest;
use crate::error::Result;
use crate::origin::Origin;
use crate::photo::{Distortion, FileFormat, ImageHash, Look, Notes, Preprocess};
use crate::split::Split;
use crate::stamp::{Stamp, Time};

/// The size of a bottleneck.
const SIZE: u32 = 3;

fn row(path: &str, label: u32, variant: u32) -> Row {
    Row {
        path: path.into(),
        label,
        digest: Digest::of(path.as_bytes()),
        stamp: Some(Stamp {
            size: 77,
            inode: 4711,
            modified: Time {
                seconds: 1_000_000_000,
                nanoseconds: 5,
            },
            changed: Time {
                seconds: 1_000_000_001,
                nanoseconds: 6,
            },
        }),
        facts: Facts {
            width: 32,
            height: 20,
            format: FileFormat::Png,
            look: Look {
                brightness: 1,
                contrast: 2,
                colourfulness: 3,
                sharpness: 4,
                hash: ImageHash::from_bits(5),
            },
            notes: Notes::from_bits(5),
        },
        split: Some(Split::Testing),
        variant,
    }
}

/// Two images with a view each, and a file that is none.
fn header() -> Header {
    Header {
        architecture: "some-net".into(),
        base: Digest::of(b"base"),
        preprocess: Preprocess::of_size(32, 32),
        fingerprint: Digest::of(b"rule"),
        size: SIZE,
        precision: Precision::Single,
        labels: vec!["cat".into(), "dog".into()],
        origin: Some(Origin {
            drawings: true,
            name: "pets".into(),
            sha256: None,
            source: "seed 0".into(),
        }),
        distortion: Some(Distortion {
            flip_left_right: true,
            random_crop: 10,
            random_scale: 10,
            random_brightness: 10,
            variants: 1,
            seed: 0,
        }),
        rows: vec![
            row("cat/a.jpg", 0, 0),
            row("cat/a.jpg", 0, 1),
            row("dog/b.jpg", 1, 0),
            row("dog/b.jpg", 1, 1),
        ],
        skipped: vec![Skipped {
            path: "dog/c.txt".into(),
            digest: None,
            stamp: None,
            reason: "not an image".into(),
            pixels: 0,
        }],
    }
}

fn bench_of(header: &Header) -> Bench {
    Bench::new(
        "bottlenecks.bin",
        |path| {
            write(path, header, false, |_, floats| {
                floats.copy_from_slice(&[1.0, 2.0, 3.0]);
                Ok(())
            })
        },
        |path| Bottlenecks::open(path).map(|_| ()),
    )
}

fn bench() -> Bench {
    bench_of(&header())
}

fn samples(header: &Header) -> (Bench, Result<Samples>) {
    let bench = bench_of(header);
    let samples = Samples::open(std::slice::from_ref(&bench.path));
    (bench, samples)
}

#[test]
fn a_header_with_another_digest_is_refused() {
    bench().refuses_other_digests();
}

#[test]
fn a_header_of_another_length_is_refused() {
    let bench = bench();
    let right = length(&bench.whole);
    for (length, reason) in [
        (0, "digest that it should have"),
        (right - 1, "digest that it should have"),
        (right + 1, "digest that it should have"),
        (bench.whole.len() as u64, "cut short in its header"),
        (1 << 32, "cut short in its header"),
        ((1 << 32) + 1, "impossible length"),
        (u64::MAX, "impossible length"),
    ] {
        bench.refuses(&with_length(&bench.whole, length), reason);
    }
}

#[test]
fn a_header_that_is_shorter_or_longer_than_what_it_holds_is_refused() {
    let bench = bench();
    let right = length(&bench.whole);
    let sealed = |length: u64| {
        let mut bytes = with_length(&bench.whole, length);
        seal(&mut bytes);
        bytes
    };
    for shorter in 0..right {
        bench.refuses(&sealed(shorter), "its header cannot be decoded");
    }
    bench.refuses(&sealed(right + 1), "its header has bytes left over");
}

/// Lengths stand before texts, paths and lists as eight bytes.
#[test]
fn lengths_that_are_longer_than_the_file_are_refused() {
    let bench = bench();
    let number = |number: u64| number.to_le_bytes();
    for (length, behind) in [
        (8, &b"some-net"[..]),
        (2, b"\x03\0\0\0\0\0\0\0cat"),
        (3, b"dog"),
        (9, b"cat/a.jpg"),
        (12, b"not an image"),
    ] {
        let old = [&number(length), behind].concat();
        let mut windows = bench.whole.windows(old.len());
        let place = windows.position(|window| window == old).unwrap();
        for claim in [100_000, 3 << 30, 5 << 30, 1 << 40, u64::MAX / 2, u64::MAX] {
            let mut bytes = bench.whole.clone();
            bytes[place..place + 8].copy_from_slice(&number(claim));
            seal(&mut bytes);
            bench.refuses(&bytes, "its header cannot be decoded");
        }
    }
}

#[test]
fn a_header_of_what_is_no_text_no_rule_or_no_choice_is_refused() {
    let bench = bench();
    for (old, new) in [
        (&b"some-net"[..], &b"some-\xff\xff\xff"[..]),
        (b"\"width\":32", b"\"width\":-2"),
        (b"\"height\":", b"\"heights:"),
        (b"squash", b"squish"),
        // Whether there is an origin, and whether it is drawings.
        (b"dog\x01\x01", b"dog\x02\x01"),
        (b"dog\x01\x01", b"dog\x01\x02"),
    ] {
        let mut bytes = bench.whole.clone();
        patch(&mut bytes, old, new);
        bench.refuses(&bytes, "its header cannot be decoded");
    }
}

/// Nothing relies on the order of a file's rows: samples are sorted whatever it is.
#[test]
fn rows_that_are_not_sorted_give_the_same_samples() {
    let mut header = header();
    header.rows.rotate_left(2);
    let (_bench, samples) = samples(&header);
    let samples = samples.unwrap();
    let paths = (0..samples.len()).filter_map(|index| samples.image(index));
    let paths: Vec<_> = paths.collect();
    assert_eq!(paths, [Path::new("cat/a.jpg"), Path::new("dog/b.jpg")]);
}

#[test]
fn an_image_that_is_there_twice_is_refused() {
    let mut header = header();
    header.rows.extend_from_within(..2);
    let (bench, samples) = samples(&header);
    tells(
        &samples.unwrap_err(),
        &bench.path,
        "it holds cat/a.jpg, which",
    );
}

/// A path is only ever compared and shown, so that one that leads elsewhere leads nowhere.
#[test]
fn a_path_that_leads_elsewhere_is_only_a_name() {
    for path in ["../../etc/passwd", "/etc/passwd", ""] {
        let mut header = header();
        for row in &mut header.rows[2..] {
            row.path = path.into();
        }
        let (_bench, samples) = samples(&header);
        let samples = samples.unwrap();
        let mut images = (0..samples.len()).filter_map(|index| samples.image(index));
        assert!(images.any(|image| image == Path::new(path)));
    }
}
