//! Images that stand apart, found from what is kept of images that were really prepared and run.

use std::collections::BTreeMap;

use hd::audit::{Outlier, Trait, outliers};
use hd::bottleneck::Samples;
use hd::photo::{Rgb, encode_png};

use crate::workdir::Workdir;

/// An image whose pixels follow from their places.
fn png(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let pixels = (0..width * height).flat_map(|at| pixel(at % width, at / width));
    let image = Rgb {
        width,
        height,
        pixels: pixels.collect(),
    };
    encode_png(&image).unwrap()
}

fn noise(x: u32, y: u32) -> [u8; 3] {
    let mixed = (x * 7919 + y).wrapping_mul(2_654_435_761);
    [mixed >> 24, mixed >> 16, mixed >> 8].map(|byte| byte as u8)
}

#[test]
fn images_that_stand_apart_are_named_with_their_measure() {
    let dir = Workdir::new();
    dir.images("images", 20);
    let put = |name: &str, bytes: Vec<u8>| dir.write(format!("images/hot_dog/{name}"), bytes);
    put("blank.png", png(300, 300, |_, _| [128; 3]));
    put(
        "dark.png",
        png(300, 300, |x, y| noise(x, y).map(|byte| byte / 8)),
    );
    put(
        "light.png",
        png(300, 300, |x, y| noise(x, y).map(|byte| 255 - byte / 8)),
    );
    put("tiny.png", png(40, 40, noise));
    put("wide.png", png(400, 150, noise));
    let soft = |x: u32, y: u32| [(x * 255 / 300) as u8, (y * 255 / 300) as u8, 128];
    put("blurred.png", png(300, 300, soft));
    dir.bottleneck("images").succeeds();
    let samples = Samples::open(&[dir.path("out/bottlenecks.bin")]).unwrap();
    let name = |it: &Outlier| {
        let name = samples.image(it.image).unwrap().file_name().unwrap();
        name.to_str().unwrap().to_owned()
    };
    let found = outliers(&samples);
    let found: BTreeMap<String, Outlier> = found.into_iter().map(|it| (name(&it), it)).collect();
    for (name, expected, measure) in [
        ("blank.png", Trait::Blank, "contrast 0 of 255"),
        ("dark.png", Trait::Dark, "mean brightness 1"),
        ("light.png", Trait::Light, "mean brightness 2"),
        ("tiny.png", Trait::Tiny, "40 x 40 pixels"),
        ("wide.png", Trait::OddShaped, "2.7 times as long as wide"),
        ("blurred.png", Trait::Blurred, "sharpness "),
    ] {
        let traits = &found[name].traits;
        let its = traits.iter().find(|(it, _)| *it == expected);
        assert!(
            its.is_some_and(|(_, it)| it.starts_with(measure)),
            "{name}: {traits:?}"
        );
    }
    // Drawings have the proportions and the size of photos.
    let odd = |it: &&Outlier| {
        let mut traits = it.traits.iter().map(|(it, _)| *it);
        traits.any(|it| matches!(it, Trait::Tiny | Trait::OddShaped | Trait::Blank))
    };
    let drawings = found.iter().filter(|(name, _)| name.ends_with(".jpg"));
    assert_eq!(
        drawings.map(|(_, it)| it).filter(odd).count(),
        0,
        "{found:?}"
    );
}
