//! Heads whose header is malformed within, each in one way; the tests of model.rs have the rest.

use super::{Head, Learned};
use crate::damage::{Bench, length, patch, seal, with_length};
use crate::digest::Digest;
use crate::split::{SplitBy, SplitRule};

fn head() -> Head {
    Head {
        architecture: "some-net".into(),
        base: Digest::of(b"base"),
        preprocess: Digest::of(b"rule"),
        labels: vec!["cat".into(), "dog".into()],
        unit_length: true,
        weights: vec![0.5, -0.5, 1.0, -1.0],
        biases: vec![0.0, 0.25],
        split: SplitRule {
            validation: 15,
            testing: 15,
            seed: 7,
            by: SplitBy::Path {
                prefix: "pets".into(),
            },
            twins: None,
        },
        counts: vec![[4, 1, 1], [3, 1, 1]],
        images: Digest::of(b"images"),
        learned: Learned::default(),
        init: None,
        validation_accuracy: Some(0.75),
        temperature: 1.5,
        class_weights: vec![0.5, 1.5],
        prior: Vec::new(),
        l2: 0.01,
        scores: Vec::new(),
        sgd: None,
    }
}

fn bench_of(head: &Head) -> Bench {
    Bench::new(
        "head.bin",
        |path| head.write(path).map(|_| ()),
        |path| Head::open(path).map(|_| ()),
    )
}

fn bench() -> Bench {
    bench_of(&head())
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
        (bench.whole.len() as u64, "cut short in its header"),
        (1 << 32, "cut short in its header"),
        (u64::MAX, "impossible length"),
    ] {
        bench.refuses(&with_length(&bench.whole, length), reason);
    }
    for shorter in 0..right {
        let mut bytes = with_length(&bench.whole, shorter);
        seal(&mut bytes);
        bench.refuses(&bytes, "its header cannot be decoded");
    }
}

/// Lengths stand before texts and lists as eight bytes.
#[test]
fn lengths_that_are_longer_than_the_file_are_refused() {
    let bench = bench();
    let number = |number: u64| number.to_le_bytes();
    let weights = [0.5f32, -0.5, 1.0, -1.0];
    let counts = [4u64, 1, 1, 3, 1, 1].map(u64::to_le_bytes).concat();
    let class_weights = [0.5f64, 1.5];
    for (length, behind) in [
        (8, &b"some-net"[..]),
        (2, b"\x03\0\0\0\0\0\0\0cat"),
        (3, b"dog"),
        (4, bytemuck::cast_slice(&weights)),
        (2, &counts),
        (4, b"pets"),
        (2, bytemuck::cast_slice(&class_weights)),
    ] {
        let old = [&number(length), behind].concat();
        for claim in [100_000, 3 << 30, 5 << 30, 1 << 40, u64::MAX / 2, u64::MAX] {
            let mut bytes = bench.whole.clone();
            patch(&mut bytes, &old, &[&number(claim), behind].concat());
            bench.refuses(&bytes, "its header cannot be decoded");
        }
    }
}

#[test]
fn a_header_of_what_is_no_text_or_no_choice_is_refused() {
    let bench = bench();
    for (old, new) in [
        (&b"some-net"[..], &b"some-\xff\xff\xff"[..]),
        (b"cat", b"\xc3at"),
        // How images were divided: there is no third way.
        (
            b"\x01\0\0\0\x04\0\0\0\0\0\0\0pets",
            b"\x02\0\0\0\x04\0\0\0\0\0\0\0pets",
        ),
    ] {
        let mut bytes = bench.whole.clone();
        patch(&mut bytes, old, new);
        bench.refuses(&bytes, "its header cannot be decoded");
    }
}

#[test]
fn weights_of_labels_that_do_not_fit_or_are_no_numbers_are_refused() {
    for (weights, reason) in [
        (vec![1.0; 9], "its weights do not fit its labels"),
        (vec![f64::NAN; 2], "it holds something that is no number"),
    ] {
        let mut head = head();
        head.class_weights = weights;
        let message = Head::open(&bench_of(&head).path).unwrap_err().to_string();
        assert!(message.ends_with(reason), "{message}");
    }
}

/// Beyond its shape and that its weights are numbers nothing of a head is checked, so the rest must
/// do no harm.
#[test]
fn values_that_mean_nothing_are_read_and_do_no_harm() {
    let changes: [fn(&mut Head); 8] = [
        |head| head.labels[1] = "cat".into(),
        |head| head.labels[1] = String::new(),
        |head| head.split.validation = 101,
        |head| {
            head.split.validation = u32::MAX;
            head.split.testing = u32::MAX;
        },
        |head| head.weights.clear(),
        |head| head.temperature = f64::MAX,
        |head| head.weights.fill(f32::MAX),
        |head| head.counts = vec![[u64::MAX; 3]; 2],
    ];
    for change in changes {
        let mut head = head();
        change(&mut head);
        let bench = bench_of(&head);
        let read = Head::open(&bench.path).unwrap();
        assert!(read.to_string().starts_with("base\tsome-net"));
        assert_eq!(read.totals().len(), 3);
        assert_eq!(read.features(), read.weights.len() / 2);
        let (with, without) = read.probabilities_and_before(&[1.0, 2.0]);
        assert_eq!(with.len(), without.len());
        let sample = crate::split::Sample {
            digest: Digest::of(b"image"),
            group: Digest::of(b"image"),
            given: None,
            label: 0,
            path: "cat/a.jpg".as_ref(),
        };
        // Which split it is in, or that there are too few images: either is an answer.
        let _ = read.split.assign(&[sample], &read.labels);
    }
}
