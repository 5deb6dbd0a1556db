//! What of an image the base sees: reduced decoding of large photos, and distorted views for training.

use std::fs;
use std::path::Path;

use hd::bottleneck::Bottlenecks;
use hd::onnx::Network;
use hd::photo::{MAX_PIXELS, Preprocess, Rgb, encode_jpeg};
use hd::split::{Sample, Split, SplitRule};

use super::{change_floats, counts, settle};
use crate::workdir::{Workdir, base, cosine, drawings};

/// A drawing as a photo of this size.
fn enlarged(drawing: &str, width: u32, height: u32) -> Vec<u8> {
    let rule = Preprocess {
        width,
        height,
        ..Network::open_base(base()).unwrap().preprocess
    };
    let pixels = rule
        .apply(&fs::read(drawings().join(drawing)).unwrap(), MAX_PIXELS)
        .unwrap();
    let image = Rgb {
        width,
        height,
        pixels,
    };
    encode_jpeg(&image, 90).unwrap()
}

#[test]
fn large_photos_are_decoded_smaller_and_give_nearly_the_same() {
    let dir = Workdir::new();
    // Reduced to 1/2, 1/4 and 1/8, and one that is too small for that.
    let sizes = [(1100, 900), (2400, 1800), (3600, 3700), (800, 890)];
    for (index, (width, height)) in sizes.into_iter().enumerate() {
        let photo = enlarged(&format!("hot_dog/{index:04}.jpg"), width, height);
        dir.write(format!("images/hot_dog/{index}.jpg"), photo);
    }
    dir.images("images", 2);
    dir.bottleneck("images").succeeds();
    let reduced = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    let run = dir.bottleneck("images").arg("--full-decode").succeeds();
    assert!(
        counts(&run.stderr()).starts_with("8 computed, 0 reused"),
        "{}",
        run.stderr()
    );
    let full = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    for (index, row) in full.rows().iter().enumerate() {
        let (a, b) = (reduced.bottleneck(index), full.bottleneck(index));
        let likeness = cosine(&a, &b);
        assert!(likeness >= 0.99, "{}: {likeness}", row.path.display());
        let large = (Path::new("hot_dog/0.jpg")..Path::new("hot_dog/3.jpg"))
            .contains(&row.path.as_path())
            && row.path.file_name().unwrap().len() == 5;
        assert_eq!(a != b, large, "{}", row.path.display());
    }
    let text = dir
        .program("hd-bottleneck")
        .args(["--describe", "out/bottlenecks.bin"]);
    assert!(text.succeeds().stdout().contains("\"full-decode\":true"));
}

#[test]
fn the_graph_asks_for_the_decoding_that_it_was_trained_with() {
    let dir = Workdir::new();
    dir.images("images", 20);
    for (flags, full) in [(&["--full-decode"][..], true), (&[], false)] {
        dir.bottleneck("images").args(flags).succeeds();
        dir.train().succeeds();
        let graph = Network::open_retrained(&dir.path("out/retrained_graph.onnx")).unwrap();
        assert_eq!(graph.preprocess.full_decode, full);
    }
}

const DISTORTED: [&str; 6] = [
    "--flip-left-right",
    "--random-crop=10",
    "--random-scale=10",
    "--random-brightness=10",
    "--variants=2",
    "--seed=3",
];

#[test]
fn views_are_computed_once_and_only_the_missing_ones() {
    let dir = Workdir::new();
    dir.images("images", 3);
    settle(&dir.path("images"));
    let run = |flags: &[&str]| {
        let run = dir.bottleneck("images").args(flags).succeeds();
        let counts = counts(&run.stderr()).to_owned();
        (counts, fs::read(dir.path("out/bottlenecks.bin")).unwrap())
    };
    let (_, plain) = run(&[]);
    let (told, distorted) = run(&DISTORTED);
    assert_eq!(told, "6 computed, 0 reused, 0 skipped");
    let file = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    let variants: Vec<u32> = file.rows().iter().map(|row| row.variant).collect();
    assert_eq!(variants, [0, 1, 2].repeat(6));
    for image in 0..6 {
        let views = [0, 1, 2].map(|view| file.bottleneck(image * 3 + view));
        assert!(views[0] != views[1] && views[1] != views[2]);
        assert!(cosine(&views[0], &views[1]) > 0.5);
    }
    assert_eq!(run(&DISTORTED).0, "0 computed, 6 reused, 0 skipped");
    // Without distortions it is the file that it was, and nothing is computed for it.
    let (told, again) = run(&[]);
    assert_eq!(told, "0 computed, 6 reused, 0 skipped");
    assert!(again == plain);
    // The same flags give the same bytes in a folder of their own, with any number of jobs.
    fs::remove_dir_all(dir.path("out")).unwrap();
    let jobs = [&DISTORTED[..], &["--jobs=3"]].concat();
    assert!(run(&jobs).1 == distorted);
    // One more view an image is the only one that is computed; its neighbours are what they were.
    let more: Vec<&str> = DISTORTED
        .map(|flag| flag.replace("variants=2", "variants=3").leak() as &str)
        .to_vec();
    assert_eq!(run(&more).0, "6 computed, 0 reused, 0 skipped");
    let larger = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    assert_eq!(larger.bottleneck(5), file.bottleneck(4));
}

#[test]
fn variants_without_a_distortion_are_wrong_usage() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let message = dir
        .bottleneck("images")
        .args(["--variants", "3"])
        .ends_with(2)
        .stderr();
    assert!(message.contains("--flip-left-right"), "{message}");
    dir.bottleneck("images")
        .args(["--random-brightness", "101"])
        .ends_with(2);
}

/// Sets a float of some rows of `out/bottlenecks.bin` to another value, as if that had been written.
fn spoil(dir: &Workdir, which: impl Fn(usize) -> bool) {
    change_floats(dir, |row, floats| {
        if which(row) {
            floats[0] = 25.0;
        }
    });
}

#[test]
fn views_are_learned_from_in_training_and_looked_at_nowhere_else() {
    let dir = Workdir::new();
    dir.images("images", 30);
    dir.bottleneck("images").args(DISTORTED).succeeds();
    let eval = || {
        let files = ["out/head.bin", "out/bottlenecks.bin"];
        dir.program("hd-eval").args(files).succeeds().stdout()
    };
    let head = || {
        dir.train().succeeds();
        fs::read(dir.path("out/head.bin")).unwrap()
    };
    let (before, score) = (head(), eval());
    let file = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    let rule = SplitRule {
        validation: 15,
        testing: 15,
        ..SplitRule::default()
    };
    let images: Vec<_> = file
        .rows()
        .iter()
        .map(|row| Sample {
            given: None,
            digest: row.digest,
            group: row.digest,
            label: row.label,
            path: &row.path,
        })
        .collect();
    let splits = rule.assign(&images, file.labels()).unwrap();
    let variant = |row: usize| file.rows()[row].variant > 0;
    assert!(splits.contains(&Split::Validation) && splits.contains(&Split::Testing));

    // Views of what is for validation and testing can hold anything.
    spoil(&dir, |row| variant(row) && splits[row] != Split::Training);
    assert!(head() == before);
    assert_eq!(eval(), score);
    // Those of what is for training cannot.
    spoil(&dir, |row| {
        variant(row) && splits[row] == Split::Training && row % 2 == 0
    });
    assert!(head() != before);
}
