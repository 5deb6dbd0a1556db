//! From tars to a report that shows their images.

use std::fs;

use super::eval;
use crate::hd_bottleneck::tars::{drawing, in_folders, tar_of};
use crate::makefile::make;
use crate::workdir::Workdir;

#[test]
fn the_report_the_lists_and_corrections_know_images_by_tar_and_name() {
    let dir = Workdir::new();
    dir.write("shards/0.tar", tar_of(&in_folders(0..14)));
    let mut members = in_folders(14..28);
    // Under the wrong label.
    members.push(("hot_dog/swapped.jpg".to_owned(), drawing("not_hot_dog", 29)));
    members.push(("not_hot_dog/swapped.jpg".to_owned(), drawing("hot_dog", 29)));
    dir.write("shards/1.tar", tar_of(&members));
    dir.bottleneck("shards").succeeds();
    let thumbnails = ["--summaries-dir", "out/summaries", "--images", "shards"];
    dir.train().args(thumbnails).succeeds();
    let flags = ["--report", "r.html", "--images", "shards", "--split", "all"];
    let more = [
        "--graph",
        "out/retrained_graph.onnx",
        "--suspects",
        "suspects.tsv",
    ];
    eval(&dir, &[&flags[..], &more].concat());
    let suspects = fs::read_to_string(dir.path("suspects.tsv")).unwrap();
    let first: String = suspects.lines().take(6).collect();
    let swapped = "1.tar/hot_dog/swapped.jpg\thot dog";
    assert!(first.contains(swapped), "{suspects}");
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    assert!(page.contains(".tar/hot_dog/"));
    assert!(page.contains("data:image/jpeg;base64,") && !page.contains("not there any more"));
    // A grey thumbnail is one colour, and compresses to next to nothing.
    let thumbnails = dir.path("out/summaries/validation/thumbnails.png");
    assert!(fs::metadata(thumbnails).unwrap().len() > 20_000);
    let corrections = "path\tlabel\n1.tar/hot_dog/swapped.jpg\tnot hot dog\n";
    dir.write("corrections.tsv", corrections);
    let said = dir
        .train()
        .args(["--corrections", "corrections.tsv"])
        .succeeds()
        .stderr();
    assert!(said.contains("1 image"), "{said}");
    assert!(!said.contains("no image of that path"), "{said}");
}

#[test]
fn make_trains_on_a_folder_of_tars() {
    let dir = Workdir::new();
    for number in 0..3 {
        let members = in_folders(8 * number..8 * number + 8);
        dir.write(format!("images/{number}.tar"), tar_of(&members));
    }
    let said = make(&dir, &["train"]).succeeds().stdout();
    assert!(said.contains("Final test accuracy = "), "{said}");
    assert!(fs::metadata(dir.path("out/report.html")).unwrap().len() > 50_000);
    // Nothing has changed, so that nothing is done.
    let head = fs::metadata(dir.path("out/head.bin"))
        .unwrap()
        .modified()
        .unwrap();
    make(&dir, &["train"]).succeeds();
    assert_eq!(
        fs::metadata(dir.path("out/head.bin"))
            .unwrap()
            .modified()
            .unwrap(),
        head
    );
}
