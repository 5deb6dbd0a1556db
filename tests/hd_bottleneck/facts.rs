//! What is known of each image beside its bottleneck.

use std::collections::BTreeMap;
use std::fs;

use hd::bottleneck::{Facts, Samples};
use hd::photo::FileFormat;

use super::settle;
use crate::workdir::{Workdir, top};

/// The facts of the images, by their names.
fn facts(dir: &Workdir) -> BTreeMap<String, Facts> {
    let samples = Samples::open(&[dir.path("out/bottlenecks.bin")]).unwrap();
    let name = |index| {
        let path: &std::path::Path = samples.image(index).unwrap();
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    let all = (0..samples.len()).map(|index| (name(index), *samples.facts(index).unwrap()));
    all.collect()
}

#[test]
fn size_format_and_look_of_an_image_are_kept_and_shown() {
    let dir = Workdir::new();
    dir.images("images", 2);
    for image in ["grey-8.png", "colour-lossy.webp", "colour-24.bmp"] {
        let bytes = fs::read(top().join("tests/images").join(image)).unwrap();
        dir.write(format!("images/hot_dog/{image}"), bytes);
    }
    let flat = hd::photo::Rgb {
        width: 90,
        height: 30,
        pixels: vec![200; 90 * 30 * 3],
    };
    dir.write(
        "images/hot_dog/flat.jpg",
        hd::photo::encode_jpeg(&flat, 90).unwrap(),
    );
    dir.bottleneck("images").succeeds();
    let before = facts(&dir);
    let grey = before["grey-8.png"];
    assert_eq!(
        (grey.width, grey.height, grey.format),
        (48, 32, FileFormat::Png)
    );
    assert!(grey.look.is_grey() && grey.look.contrast > 20, "{grey:?}");
    let [webp, bmp] = [before["colour-lossy.webp"], before["colour-24.bmp"]];
    assert_eq!(
        (webp.format, bmp.format),
        (FileFormat::WebP, FileFormat::Bmp)
    );
    assert!(!webp.look.is_grey() && !bmp.look.is_grey());
    // One image in two encodings.
    assert!(webp.look.hash.distance(bmp.look.hash) <= 4);
    let flat = before["flat.jpg"];
    assert_eq!(
        (flat.width, flat.height, flat.format),
        (90, 30, FileFormat::Jpeg)
    );
    assert_eq!((flat.look.brightness, flat.look.sharpness), (200, 0));
    assert_eq!(flat.aspect(), 3.0);

    let table = dir
        .program("hd-bottleneck")
        .args(["--describe", "out/bottlenecks.bin"]);
    let table = table.succeeds().stdout();
    let header = "path\tlabel\tfolder\tdigest\tvariant\tsplit\tnotes\twidth\theight\tformat\tbrightness\tcontrast\tcolourfulness\tsharpness\thash";
    assert!(table.lines().any(|line| line == header), "{table}");
    let row = table
        .lines()
        .find(|line| line.contains("flat.jpg"))
        .unwrap();
    let end = "\tall of its pixels are the same\t90\t30\tJPEG\t200\t0\t0\t0\t0000000000000000";
    assert!(row.ends_with(end), "{row}");

    // What is known stays known where rows are taken over, and where only views are new.
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    assert_eq!(facts(&dir), before);
    dir.bottleneck("images").arg("--flip-left-right").succeeds();
    assert_eq!(facts(&dir), before);
}
