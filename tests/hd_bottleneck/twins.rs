//! Near-duplicates, found from the bottlenecks of images that were really prepared and run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hd::bottleneck::Samples;
use hd::photo::{Preprocess, Rgb, View, Want, decode, encode_jpeg, encode_png};
use hd::twins::{Kind, Twins, find, find_within};

use crate::workdir::{Workdir, reference};

/// The image at another size, as a view shows it.
fn view(image: &Rgb, share: f64, view: View) -> Rgb {
    let side = |side: u32| (f64::from(side) * share).round().max(1.0) as u32;
    let rule = Preprocess {
        full_decode: true,
        ..Preprocess::of_size(side(image.width), side(image.height))
    };
    let pixels = rule.pixels(image, &view).unwrap();
    Rgb {
        width: rule.width,
        height: rule.height,
        pixels,
    }
}

/// A near-duplicate of an image, of four kinds by turns: smaller, encoded with little quality, cropped
/// by 5 %, and mirrored.
fn duplicate(image: &Rgb, number: usize) -> Vec<u8> {
    let cropped = View {
        left: 0.025,
        top: 0.025,
        extent: 0.95,
        ..View::PLAIN
    };
    let mirrored = View {
        flip: true,
        ..View::PLAIN
    };
    let (image, quality) = match number % 4 {
        0 => (view(image, 0.6, View::PLAIN), 90),
        1 => (image.clone(), 60),
        2 => (view(image, 0.95, cropped), 90),
        _ => (view(image, 1.0, mirrored), 90),
    };
    encode_jpeg(&image, quality).unwrap()
}

/// The images below a folder, by path.
fn images_below(folder: &Path) -> Vec<PathBuf> {
    let labels = fs::read_dir(folder).unwrap();
    let labels = labels.map(|it| it.unwrap().path()).filter(|it| it.is_dir());
    let files = labels.flat_map(|it| fs::read_dir(it).unwrap());
    let mut files: Vec<PathBuf> = files.map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

/// The name of the folder that an image lies in.
fn folder_of(image: &Path) -> &str {
    let folder = image.parent().unwrap().file_name().unwrap();
    folder.to_str().unwrap()
}

/// Puts near-duplicates of `count` of the images into the folder `images`.
fn plant(dir: &Workdir, images: &[PathBuf], count: usize) {
    for number in 0..count {
        let image = &images[number * images.len() / count];
        let label = folder_of(image);
        let stem = image.file_stem().unwrap().to_str().unwrap();
        let decoded = decode(&fs::read(image).unwrap(), &Want::default()).unwrap();
        dir.write(
            format!("images/{label}/{stem}.again.jpg"),
            duplicate(&decoded.rgb, number),
        );
    }
}

fn open(dir: &Workdir) -> Samples {
    Samples::open(&[dir.path("out/bottlenecks.bin")]).unwrap()
}

/// What an image and its near-duplicate have in common.
fn original(samples: &Samples, image: usize) -> String {
    let name = samples.image(image).unwrap().file_name().unwrap();
    let name = name.to_str().unwrap();
    name.split('.').next().unwrap().to_owned()
}

/// The groups of which not all images are of one original, and how many near-duplicates were found.
fn judge(samples: &Samples, twins: &Twins) -> (Vec<BTreeSet<String>>, usize) {
    let (mut strange, mut found) = (Vec::new(), 0);
    for group in &twins.groups {
        let members = group.members.iter().map(|(image, _)| *image);
        let originals: BTreeSet<String> = members.map(|it| original(samples, it)).collect();
        match originals.len() {
            1 => found += group.members.len() - 1,
            _ => strange.push(originals),
        }
    }
    (strange, found)
}

#[test]
fn near_duplicates_of_photos_are_found_and_nothing_else_is() {
    let test = "near_duplicates_of_photos_are_found_and_nothing_else_is";
    let Some(photos) = reference(test, "photos/hotdog") else {
        return;
    };
    let dir = Workdir::new();
    let images = images_below(&photos);
    for image in &images {
        let label = image.parent().unwrap().file_name().unwrap();
        let to = Path::new("images")
            .join(label)
            .join(image.file_name().unwrap());
        dir.write(to, fs::read(image).unwrap());
    }
    plant(&dir, &images, 200);
    dir.bottleneck("images").succeeds();
    let samples = open(&dir);
    let twins = find(&samples);
    let (strange, found) = judge(&samples, &twins);
    // One photo is there twice, with another brightness.
    let twice: BTreeSet<String> = ["1335350", "3497633"].map(str::to_owned).into();
    assert!(strange.iter().all(|it| *it == twice), "{strange:?}");
    assert!(found >= 196, "{found}");
}

#[test]
fn drawings_are_no_near_duplicates_of_each_other_and_copies_of_them_are() {
    let dir = Workdir::new();
    dir.images("images", 30);
    dir.bottleneck("images").succeeds();
    let alone = find(&open(&dir));
    let largest = alone.groups.iter().map(|group| group.members.len()).max();
    assert!(largest <= Some(3), "{:?}", alone.groups);

    let images = images_below(&dir.path("images"));
    plant(&dir, &images, 20);
    let again = fs::read(&images[0]).unwrap();
    dir.write("images/not_hot_dog/zz.again.jpg", &again);
    let decoded = decode(&again, &Want::default()).unwrap();
    dir.write(
        "images/not_hot_dog/yy.again.png",
        encode_png(&decoded.rgb).unwrap(),
    );
    dir.bottleneck("images").succeeds();
    let samples = open(&dir);
    let twins = find(&samples);
    let groups = twins.of_each(samples.len());
    let number = |name: &str| {
        let mut all = 0..samples.len();
        all.find(|&it| samples.image(it).unwrap().ends_with(name))
            .unwrap()
    };
    let together = images.iter().filter(|image| {
        let stem = image.file_stem().unwrap().to_str().unwrap();
        let label = folder_of(image);
        let again = format!("{label}/{stem}.again.jpg");
        dir.path("images").join(&again).exists()
            && groups[number(&again)].is_some()
            && groups[number(&again)] == groups[number(&format!("{label}/{stem}.jpg"))]
    });
    assert!(together.count() >= 19, "{:?}", twins.groups);
    let kind = |name: &str| {
        let mut members = twins.groups.iter().flat_map(|group| &group.members);
        members.find(|(it, _)| *it == number(name)).map(|it| it.1)
    };
    assert_eq!(kind("zz.again.jpg"), Some(Kind::SameFile));
    assert_eq!(kind("yy.again.png"), Some(Kind::SamePixels));

    // Equal images are twins within any distance, and others are not within none.
    let equal = find_within(&samples, 0.0);
    assert_eq!(equal.threshold, 0.0);
    assert!(equal.groups.len() < twins.groups.len());
    assert!(equal.groups.iter().any(|group| group.members.len() >= 3));
    // The given threshold makes the same groups.
    assert_eq!(find_within(&samples, twins.threshold), twins);
}

/// The splits of each group in a table of duplicates.
fn splits_of_groups(table: &str) -> Vec<BTreeSet<String>> {
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let group: usize = fields[0].parse().unwrap();
        groups.resize(groups.len().max(group), BTreeSet::new());
        groups[group - 1].insert(fields[3].to_owned());
    }
    groups
}

#[test]
fn near_duplicates_are_on_one_side_unless_it_is_asked_otherwise() {
    let dir = Workdir::new();
    dir.images("images", 30);
    let images = images_below(&dir.path("images"));
    plant(&dir, &images, 40);
    dir.bottleneck("images").succeeds();
    let table = |flags: &[&str]| {
        let train = ["out/bottlenecks.bin", "--head", "h.bin"];
        dir.program("hd-train").args(train).args(flags).succeeds();
        let eval = ["h.bin", "out/bottlenecks.bin", "--duplicates", "d.tsv"];
        dir.program("hd-eval").args(eval).succeeds();
        splits_of_groups(&fs::read_to_string(dir.path("d.tsv")).unwrap())
    };
    let straddles = |splits: &&BTreeSet<String>| splits.len() > 1;
    for seed in ["0", "1", "2"] {
        let together = table(&["--seed", seed]);
        assert!(together.len() >= 30);
        assert_eq!(together.iter().filter(straddles).count(), 0);
        let apart = table(&["--seed", seed, "--group-duplicates", "off"]);
        assert!(apart.iter().filter(straddles).count() > 5);
    }
    let describe = ["--describe", "h.bin"];
    let text = dir.program("hd-train").args(describe).succeeds().stdout();
    assert!(text.contains("near-duplicates together\tno\n"), "{text}");

    // An image without a twin changes nothing of what a head says of the others.
    let train = ["out/bottlenecks.bin", "--head", "h.bin"];
    dir.program("hd-train").args(train).succeeds();
    let predictions = || {
        let eval = ["h.bin", "out/bottlenecks.bin", "--predictions", "p.tsv"];
        dir.program("hd-eval").args(eval).succeeds();
        let text = fs::read_to_string(dir.path("p.tsv")).unwrap();
        text.lines()
            .map(str::to_owned)
            .collect::<BTreeSet<String>>()
    };
    let before = predictions();
    let other = decode(&fs::read(&images[0]).unwrap(), &Want::default())
        .unwrap()
        .rgb;
    let noise = other
        .pixels
        .iter()
        .enumerate()
        .map(|(i, _)| (i * i % 251) as u8)
        .collect();
    let noise = Rgb {
        pixels: noise,
        ..other
    };
    dir.write("images/hot_dog/noise.jpg", encode_jpeg(&noise, 90).unwrap());
    dir.bottleneck("images").succeeds();
    let after = predictions();
    assert!(before.is_subset(&after) && after.len() <= before.len() + 1);
}
