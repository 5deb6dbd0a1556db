use std::fs;

use crate::workdir::Workdir;

/// The folder of results `out`, and a second one beside it.
fn two() -> Workdir {
    let dir = Workdir::new();
    dir.trained();
    fs::create_dir(dir.path("second")).unwrap();
    for name in ["bottlenecks.bin", "head.bin", "retrained_graph.onnx"] {
        fs::copy(dir.path("out").join(name), dir.path("second").join(name)).unwrap();
    }
    dir
}

#[test]
fn a_base_is_not_better_than_itself() {
    let dir = two();
    let run = dir.program("hd-eval").args(["--compare", "out", "second"]);
    let said = run.succeeds().stdout();
    let figures = |row: &str| {
        row.split("  ")
            .map(str::trim)
            .take(8)
            .map(str::to_owned)
            .collect()
    };
    let rows: Vec<Vec<String>> = said
        .lines()
        .filter(|line| line.contains("BSD-3-Clause"))
        .map(figures)
        .collect();
    let [first, second] = rows.as_slice() else {
        panic!("{said}");
    };
    let without_times = |row: &Vec<String>| row.iter().take(3).cloned().collect::<Vec<_>>();
    assert_eq!(without_times(first), without_times(second));
    assert!(said.contains("is not shown to be better"), "{said}");
    assert!(said.contains("100.0 % of cases"), "{said}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let dir = two();
    let compare = |folders: &[&str]| dir.program("hd-eval").arg("--compare").args(folders);
    let message = compare(&["out"]).ends_with(2).stderr();
    assert!(
        message.contains("two folders of results or more"),
        "{message}"
    );
    let message = compare(&["out", "nowhere"]).ends_with(1).stderr();
    assert!(
        message.contains("nowhere/retrained_graph.onnx"),
        "{message}"
    );
}

/// Results of 12 drawings a label, each with these bytes behind it.
fn few(dir: &Workdir, behind: &[u8]) {
    dir.images("images", 12);
    for label in ["hot_dog", "not_hot_dog"] {
        for entry in fs::read_dir(dir.path("images").join(label)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = [&fs::read(&path).unwrap(), behind].concat();
            fs::write(&path, bytes).unwrap();
        }
    }
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
}

#[test]
fn only_images_that_all_have_are_compared() {
    let dir = two();
    few(&dir, b"");
    let run = dir.program("hd-eval").args(["--compare", "out", "second"]);
    let said = run.succeeds().stdout();
    let n = said.split("Cross-validated on ").nth(1).unwrap();
    let n: u32 = n.split(' ').next().unwrap().parse().unwrap();
    assert!((10..=24).contains(&n), "{said}");

    few(&dir, b"other content");
    let run = dir.program("hd-eval").args(["--compare", "second", "out"]);
    let message = run.ends_with(1).stderr();
    assert!(message.contains("no image in common"), "{message}");
}
