//! `make plan`: what more images than there are will take.

use std::fs;

use super::make;
use crate::workdir::{Workdir, base, drawings};

/// So many images of two labels, of which no two have the same bytes: drawings with comments in them.
fn images(dir: &Workdir, count: u8) {
    for label in ["hot_dog", "not_hot_dog"] {
        let drawn = fs::read(drawings().join(label).join("0000.jpg")).unwrap();
        for number in 0..count / 2 {
            let comment = [0xff, 0xfe, 0, 3, number];
            let bytes = [&drawn[..2], &comment, &drawn[2..]].concat();
            dir.write(format!("images/{label}/{number}.jpg"), bytes);
        }
    }
}

/// The row of a table that begins with this count, in fields that are set apart by two spaces.
fn row<'a>(table: &'a str, count: &str) -> Vec<&'a str> {
    let mut lines = table.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with(count));
    let line = line.unwrap_or_else(|| panic!("no {count} in {table}"));
    line.split("  ")
        .map(str::trim)
        .filter(|field| !field.is_empty())
        .collect()
}

/// The last number before a field's unit.
fn number(field: &str) -> f64 {
    field.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_plan_has_a_row_for_each_count_and_asks_for_more_where_there_are_more_images() {
    let dir = Workdir::new();
    images(&dir, 120);
    let base = format!("BASE={}", base().display());
    let plan = |rest: &[&str]| make(&dir, &["plan", &base]).args(rest.iter().copied());
    let said = plan(&["IMAGES_COUNT=2e9", "CORES=64", "PRICE=0.05"])
        .succeeds()
        .stdout();
    let [small, large] = ["1e+08", "1e+09"].map(|count| row(&said, count));
    let cost = |row: &[&str]| number(row[row.len() - 2]);
    assert!(
        cost(&small) > 0.0 && (cost(&large) / cost(&small) - 10.0).abs() < 0.1,
        "{said}"
    );
    assert!(
        row(&said, "2e+09")
            .last()
            .unwrap()
            .contains("pairs, memory"),
        "{said}"
    );
    assert!(row(&said, "1e+06").len() == small.len(), "{said}");
    // Nobody said what it costs.
    let said = plan(&[]).succeeds().stdout();
    assert!(row(&said, "1e+06").contains(&"-"), "{said}");
    assert!(!dir.path("out").exists());
}

#[test]
fn a_plan_from_too_few_images_or_for_what_is_no_number_is_refused() {
    let dir = Workdir::new();
    images(&dir, 6);
    let base = format!("BASE={}", base().display());
    let said = make(&dir, &["plan", &base]).ends_with(2).stderr();
    assert!(
        said.contains("has 6 files: at least 100 are needed to measure with"),
        "{said}"
    );
    let said = make(&dir, &["plan", &base, "IMAGES_COUNT=many"])
        .ends_with(2)
        .stderr();
    assert!(
        said.contains("many is no number of images, such as 1000000 or 1e6"),
        "{said}"
    );
    let said = make(&dir, &["plan", &base, "CORES=some"])
        .ends_with(2)
        .stderr();
    assert!(
        said.contains("CORES is 'some', and has to be a number"),
        "{said}"
    );
    dir.write("images/0.tar", "");
    let said = make(&dir, &["plan", &base]).ends_with(2).stderr();
    assert!(
        said.contains("has tars: take some hundred images"),
        "{said}"
    );
}
