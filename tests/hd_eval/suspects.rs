//! Images that may have a wrong label.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::workdir::{Workdir, reference};

/// The table of suspects, without its header, field by field.
fn suspects(dir: &Workdir, corrections: &[&str]) -> Vec<Vec<String>> {
    let train = ["out/bottlenecks.bin", "--head", "h.bin"];
    dir.program("hd-train")
        .args(train)
        .args(corrections)
        .succeeds();
    let eval = ["h.bin", "out/bottlenecks.bin", "--suspects", "s.tsv"];
    dir.program("hd-eval")
        .args(eval)
        .args(corrections)
        .succeeds();
    let text = fs::read_to_string(dir.path("s.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("path\tlabel\tsuggested\tself_confidence")
    );
    let fields = |line: &str| line.split('\t').map(str::to_owned).collect();
    lines.map(fields).collect()
}

#[test]
fn images_are_ranked_by_how_little_their_label_is_believed() {
    let dir = Workdir::new();
    dir.trained();
    // The two labels that are believed most are told to be the other one.
    let plain = suspects(&dir, &[]);
    let surest = |label: &str| plain.iter().rfind(|row| row[1] == label).unwrap()[0].clone();
    let flipped = [("hot dog", "not hot dog"), ("not hot dog", "hot dog")];
    let flipped = flipped.map(|(label, other)| (surest(label), other, label));
    let lines = flipped
        .iter()
        .map(|(path, other, _)| format!("{path}\t{other}\n"));
    dir.write(
        "c.tsv",
        format!("path\tlabel\n{}", lines.collect::<String>()),
    );
    let ranked = suspects(&dir, &["--corrections", "c.tsv"]);
    assert_eq!(ranked.len(), 60);
    let confidences: Vec<f64> = ranked.iter().map(|row| row[3].parse().unwrap()).collect();
    assert!(confidences.is_sorted() && confidences.iter().all(|p| (0.0..=1.0).contains(p)));
    for (path, told, label) in &flipped {
        let place = ranked.iter().position(|row| row[0] == *path).unwrap();
        assert!(place < 10, "{path} is number {place} of {ranked:?}");
        assert_eq!([&ranked[place][1], &ranked[place][2]], [told, label]);
    }
    // They are shown, and nothing is done about them.
    assert_eq!(suspects(&dir, &[]).len(), 60);
}

#[test]
fn labels_of_photos_that_were_flipped_are_found() {
    let test = "labels_of_photos_that_were_flipped_are_found";
    let Some(photos) = reference(test, "photos/hotdog") else {
        return;
    };
    let dir = Workdir::new();
    let base = ["--base".as_ref(), crate::workdir::base().as_os_str()];
    let call = dir.program("hd-bottleneck").args(base).arg(&photos);
    call.args(["-o", "out/bottlenecks.bin"]).succeeds();
    let paths: Vec<String> = suspects(&dir, &[])
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let mut sorted = paths.clone();
    sorted.sort();
    let (mut tenth, mut twentieth) = (0, 0);
    for seed in 0..4 {
        // Every twentieth photo, from another one on each time.
        let flipped: BTreeSet<&String> = sorted.iter().skip(seed * 5).step_by(20).collect();
        let other = |path: &str| match Path::new(path).starts_with("hot_dog") {
            true => "not hot dog",
            false => "hot dog",
        };
        let lines = flipped
            .iter()
            .map(|path| format!("{path}\t{}\n", other(path)));
        dir.write(
            "c.tsv",
            format!("path\tlabel\n{}", lines.collect::<String>()),
        );
        let ranked = suspects(&dir, &["--corrections", "c.tsv"]);
        let found = |first: usize| {
            let first = ranked[..first]
                .iter()
                .filter(|row| flipped.contains(&row[0]));
            first.count()
        };
        tenth += found(sorted.len() / 10);
        twentieth += found(sorted.len() / 20);
    }
    // Of 200.
    assert!(tenth >= 176 && twentieth >= 144, "{tenth} {twentieth}");
}
