//! Images that can be used, and that somebody should look at all the same.

use std::fs;

use super::{counts, settle};
use crate::workdir::{Workdir, top};

/// A JPEG of one colour.
fn flat(side: u32) -> Vec<u8> {
    let image = hd::photo::Rgb {
        width: side,
        height: side,
        pixels: vec![200; (side * side * 3) as usize],
    };
    hd::photo::encode_jpeg(&image, 90).unwrap()
}

#[test]
fn what_cannot_be_meant_is_listed_beside_what_is_skipped_and_stays_listed() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.write("images/hot_dog/flat.jpg", flat(40));
    let microscope = fs::read(top().join("tests/images/ranged-f4.tif")).unwrap();
    dir.write("images/hot_dog/microscope.tif", microscope);
    let run = dir.bottleneck("images").succeeds();
    let said = run.stderr();
    assert!(
        said.contains("flat.jpg: all of its pixels are the same"),
        "{said}"
    );
    let table = dir.path("out/bottlenecks.warnings.tsv");
    let expected = "path\treason\nhot_dog/flat.jpg\tall of its pixels are the same\n\
        hot_dog/microscope.tif\tits darkest number is shown black and its brightest white\n";
    assert_eq!(fs::read_to_string(&table).unwrap(), expected);
    // Neither is skipped, and the next run knows without decoding them again.
    settle(&dir.path("images"));
    let again = dir.bottleneck("images").succeeds().stderr();
    assert!(counts(&again).starts_with("0 computed, 8 reused, 0 skipped"));
    assert_eq!(fs::read_to_string(&table).unwrap(), expected);
    for image in ["flat.jpg", "microscope.tif"] {
        fs::remove_file(dir.path("images/hot_dog").join(image)).unwrap();
    }
    dir.bottleneck("images").succeeds();
    assert!(!table.exists());
}

#[test]
fn a_jpeg_that_ends_too_early_is_kept_only_where_that_is_asked_for() {
    let dir = Workdir::new();
    dir.images("images", 3);
    let whole = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    dir.write("images/hot_dog/most.jpg", &whole[..whole.len() * 9 / 10]);
    dir.write("images/hot_dog/little.jpg", &whole[..whole.len() / 3]);
    let refuse = dir.bottleneck("images").succeeds().stderr();
    assert!(counts(&refuse).starts_with("6 computed, 0 reused, 2 skipped"));
    // What was refused is looked at again under the other rule.
    let keep = dir.bottleneck("images").args(["--truncated", "keep"]);
    let keep = keep.succeeds().stderr();
    assert!(keep.contains("1 skipped"), "{keep}");
    assert!(
        keep.contains("most.jpg: it ends too early, and the rest is grey"),
        "{keep}"
    );
    assert!(keep.contains("little.jpg: corrupt JPEG"), "{keep}");
}
