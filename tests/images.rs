//! Every kind of image: files that real encoders wrote, all of one small image that a formula gives.
//! `images/make.py` is the recipe.

use std::fs;
use std::path::{Path, PathBuf};

use hd::photo::{DecodeError, Decoded, Rgb, Want};

use crate::workdir::{skip, top};

const WIDTH: u32 = 48;
const HEIGHT: u32 = 32;

/// The image: slow gradients, and a flat patch in three of the corners, so that every turn and swap shows.
fn colour(x: u32, y: u32) -> [u8; 3] {
    match (x < 12, x >= 36, y < 8, y >= 24) {
        (true, _, true, _) => [220, 30, 30],
        (_, true, true, _) => [30, 200, 40],
        (true, _, _, true) => [30, 40, 220],
        _ => [40 + 4 * x as u8, 30 + 6 * y as u8, 120],
    }
}

fn grey(x: u32, y: u32) -> u8 {
    let [r, g, b] = colour(x, y).map(u32::from);
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

/// The grey in so many bits.
fn level(x: u32, y: u32, bits: u32) -> u32 {
    u32::from(grey(x, y)) >> (8 - bits)
}

/// A level in so many bits as one of 8.
fn widened(level: u32, bits: u32) -> u8 {
    (level * 255 / ((1 << bits) - 1)) as u8
}

fn palette(x: u32, y: u32, bits: u32) -> [u8; 3] {
    let value = widened(level(x, y, bits), bits);
    [value, 255 - value, 90]
}

/// A colour as seen on white paper.
fn on_white(colour: [u8; 3], alpha: u32) -> [u8; 3] {
    colour.map(|value| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// What a file shows by the first part of its name; none where it shows nothing that can be decoded.
fn shown(name: &str, x: u32, y: u32) -> Option<[u8; 3]> {
    const WHITE: [u8; 3] = [255; 3];
    let alpha = 255 * x / 47;
    Some(match name.split(['-', '.']).next()? {
        "colour" => colour(x, y),
        "grey" => [grey(x, y); 3],
        "bits1" => [widened(level(x, y, 1), 1); 3],
        "bits2" => [widened(level(x, y, 2), 2); 3],
        // The darkest grey is black and the brightest is white.
        "ranged" => {
            let [least, most] = [58, 209].map(f64::from);
            let share = (f64::from(grey(x, y)) - least) / (most - least);
            [(255.0 * share).round() as u8; 3]
        }
        "bits4" => [widened(level(x, y, 4), 4); 3],
        "palette1" => palette(x, y, 1),
        "palette2" => palette(x, y, 2),
        "palette4" => palette(x, y, 4),
        "palette8" => palette(x, y, 8),
        "palettekeyed" if level(x, y, 4) == 5 => WHITE,
        "palettekeyed" => palette(x, y, 4),
        "palettehalf" if x >= 24 => WHITE,
        "palettehalf" => palette(x, y, 4),
        "keyed" if colour(x, y) == [220, 30, 30] => WHITE,
        "keyed" => colour(x, y),
        "alpha" => on_white(colour(x, y), alpha),
        "half" if x >= 24 => WHITE,
        "half" => colour(x, y),
        "greyalpha" => on_white([grey(x, y); 3], alpha),
        "none" => return None,
        other => panic!("{name}: no formula for {other}"),
    })
}

fn decode(bytes: &[u8]) -> Result<Rgb, DecodeError> {
    hd::photo::decode(bytes, &Want::default()).map(|Decoded { rgb, .. }| rgb)
}

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = top().join("tests/images");
    let entries = fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending != "py"));
    paths.sort();
    assert!(paths.len() > 90, "{} holds few images", folder.display());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths
        .iter()
        .map(|path| (name(path), fs::read(path).unwrap()))
        .collect()
}

/// How far a file's pixels may be from the formula's: mean and largest distance, in levels of 255.
fn tolerance(name: &str) -> (f64, u8) {
    match name {
        // The colours of one pixel in eight, in blocks beside patches.
        _ if name.contains("-410") || name.contains("-411") => (11.0, 160),
        // Five or six bits a channel.
        _ if name.contains("-565") => (4.5, 9),
        _ if name.contains("-444") || name.contains("-turned") && name.ends_with(".jpg") => {
            (2.5, 40)
        }
        // The colours of two or four pixels, smeared over the edges of the patches.
        _ if name.ends_with(".jpg") || name.contains("-lossy") => (6.0, 120),
        // Values of 16 bits, or with a share of white, may be rounded otherwise.
        _ if name.contains("16")
            || name.starts_with("ranged")
            || name.starts_with("alpha")
            || name.starts_with("greyalpha") =>
        {
            (0.6, 1)
        }
        _ => (0.0, 0),
    }
}

#[test]
fn every_kind_of_image_shows_what_its_encoder_was_given() {
    let (mut wrong, mut missing) = (Vec::new(), false);
    for (name, bytes) in files() {
        if shown(&name, 0, 0).is_none() {
            continue;
        }
        let image = match decode(&bytes) {
            Ok(image) => image,
            Err(DecodeError::Missing { .. }) => {
                missing = true;
                continue;
            }
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let size = match name.as_str() {
            _ if name.contains("-odd-size") => (47, 31),
            "colour-one-pixel.jpg" => (1, 1),
            _ => (WIDTH, HEIGHT),
        };
        if (image.width, image.height) != size {
            wrong.push(format!("{name}: {} x {}", image.width, image.height));
            continue;
        }
        let formula = (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y)));
        let formula = formula.flat_map(|(x, y)| shown(&name, x, y).unwrap());
        let distances: Vec<u8> = formula
            .zip(&image.pixels)
            .map(|(theirs, ours)| theirs.abs_diff(*ours))
            .collect();
        assert_eq!(distances.len(), image.pixels.len());
        let sum: u32 = distances.iter().map(|&distance| u32::from(distance)).sum();
        let mean = f64::from(sum) / distances.len() as f64;
        let worst = distances.into_iter().max().unwrap();
        let (most, worst_of_all) = tolerance(&name);
        if mean > most || worst > worst_of_all {
            wrong.push(format!(
                "{name}: {mean:.2} levels away on average, {worst} at most"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if missing {
        skip(
            "every_kind_of_image_shows_what_its_encoder_was_given",
            "libheif is not there (apt-get install libheif1)",
        );
    }
}

#[test]
fn every_kind_of_jpeg_shows_the_same_at_half_its_size() {
    let mut halved = 0;
    for (name, bytes) in files() {
        if !name.ends_with(".jpg") || shown(&name, 0, 0).is_none() || name == "colour-one-pixel.jpg"
        {
            continue;
        }
        let want = Want {
            shorter_side: Some(15),
            ..Want::default()
        };
        let image = hd::photo::decode(&bytes, &want).unwrap().rgb;
        // What is not of the usual kind is left to the decoder that knows it, in its full size.
        let by = WIDTH / image.width;
        assert_eq!(
            (image.width * by, image.height * by),
            (WIDTH, HEIGHT),
            "{name}"
        );
        halved += by - 1;
        let sum: u32 = (0..image.height)
            .flat_map(|y| (0..image.width).map(move |x| (x, y)))
            .zip(image.pixels.chunks(3))
            .flat_map(|((x, y), ours)| {
                let theirs = shown(&name, x * by, y * by).unwrap();
                std::iter::zip(theirs, ours.to_vec())
            })
            .map(|(theirs, ours)| u32::from(theirs.abs_diff(ours)))
            .sum();
        let mean = f64::from(sum) / image.pixels.len() as f64;
        let most = if tolerance(&name).0 > 10.0 { 16.0 } else { 9.0 };
        assert!(mean < most, "{name}: {mean:.2} levels away on average");
    }
    assert!(halved > 15, "only {halved} were reduced");
}

#[test]
fn what_is_known_and_cannot_be_decoded_is_called_by_its_name() {
    let expected = [
        ("none-jpeg2000.jp2", "JPEG 2000 images cannot be decoded"),
        ("none-photoshop.psd", "Photoshop images cannot be decoded"),
        ("none-svg.svg", "SVG images cannot be decoded"),
        ("none-cut.jpg", "corrupt JPEG: it ends too early"),
        (
            "none-cut-progressive.jpg",
            "corrupt JPEG: it ends too early",
        ),
    ];
    for (name, message) in expected {
        let bytes = fs::read(top().join("tests/images").join(name)).unwrap();
        assert_eq!(decode(&bytes).unwrap_err().to_string(), message);
    }
}

/// Small numbers that look random and are the same in every run.
fn numbers() -> impl Iterator<Item = usize> {
    let mut state = 1u64;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize
    })
}

#[test]
fn a_damaged_image_is_an_image_or_an_error_and_nothing_else() {
    let mut numbers = numbers();
    let mut refused = 0;
    for (name, whole) in files() {
        for _ in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..=numbers.next().unwrap() % 3 {
                let at = numbers.next().unwrap() % bytes.len();
                bytes[at] = numbers.next().unwrap() as u8;
            }
            let reduced = Want {
                shorter_side: Some(4),
                ..Want::default()
            };
            let message = |error: &DecodeError| error.to_string();
            let error = hd::photo::decode(&bytes, &reduced).err();
            assert!(
                !error
                    .as_ref()
                    .map(message)
                    .is_some_and(|m| m.contains("panicked")),
                "{name}"
            );
            match decode(&bytes) {
                Ok(image) => {
                    let pixels = image.width as usize * image.height as usize;
                    assert_eq!(image.pixels.len(), pixels * 3, "{name}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().contains("panicked"), "{name}: {error}");
                }
            }
        }
    }
    assert!(
        refused > 500,
        "only {refused} of the damaged files were refused"
    );
}

#[test]
fn an_image_that_is_cut_short_is_refused() {
    // What is left out ends with bytes that no decoder needs.
    let more = ["animated", "pages", "second-image", "behind", "sequence"];
    for (name, whole) in files() {
        if shown(&name, 0, 0).is_none() || more.iter().any(|more| name.contains(more)) {
            continue;
        }
        for twelfths in 1..10 {
            let cut = &whole[..whole.len() * twelfths / 12];
            assert!(
                decode(cut).is_err(),
                "{name}: {twelfths}/12 of it is taken for an image"
            );
        }
    }
}
