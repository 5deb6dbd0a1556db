//! Sorting images into folders by their labels.

use std::fs;

use super::label;
use crate::workdir::Workdir;

#[test]
fn images_are_sorted_into_folders_that_can_be_trained_on() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 10);
    let before = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    let sort = |more: &[&str]| {
        label(&dir)
            .args(["--sort-into", "sorted"])
            .args(more)
            .arg("images")
    };
    let table = sort(&[]).succeeds().stdout();
    // Again, nothing is added.
    sort(&[]).succeeds();
    let mut sorted = Vec::new();
    for (label, folder) in [("hot dog", "hot_dog"), ("not hot dog", "not_hot_dog")] {
        for entry in fs::read_dir(dir.path("sorted").join(folder)).unwrap() {
            let place = entry.unwrap().path();
            let source = fs::read_link(&place).unwrap();
            let source = source
                .strip_prefix(fs::canonicalize(dir.path("")).unwrap())
                .unwrap();
            sorted.push(format!("{}\t{label}", source.display()));
        }
    }
    sorted.sort();
    let expected: Vec<&str> = table
        .lines()
        .map(|line| line.rsplit_once('\t').unwrap().0)
        .collect();
    assert_eq!(sorted, expected);
    assert_eq!(
        fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap(),
        before
    );
    dir.bottleneck("sorted").succeeds();

    let image = ["--header", "images/hot_dog/0000.jpg"];
    let copies = label(&dir)
        .args(["--sort-into", "copies", "--copy"])
        .args(image);
    let table = copies.succeeds().stdout();
    let folder = table.trim_end().rsplit('\t').next().unwrap();
    let copy = dir.path("copies").join(folder).join("0000.jpg");
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert!(!copy.is_symlink());
    let within = label(&dir)
        .args(["--sort-into", "images/sorted", "images"])
        .ends_with(2);
    insta::assert_snapshot!("sorting_into_what_is_walked", within.message());
    dir.write("file", "in the way");
    let nowhere = label(&dir)
        .args(["--sort-into", "file", "images"])
        .ends_with(1);
    assert_eq!(nowhere.stdout(), "");
    assert_eq!(
        nowhere.message().lines().count(),
        1,
        "{}",
        nowhere.message()
    );
}
