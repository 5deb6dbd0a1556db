//! Images that a list names.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use hd::bottleneck::Bottlenecks;

use super::{counts, settle};
use crate::workdir::{Call, Workdir, base};

fn listed(dir: &Workdir, list: &str) -> Call {
    let call = dir.program("hd-bottleneck").arg("--base").arg(base());
    call.args(["--files-from", list, "-o", "out/bottlenecks.bin"])
}

#[test]
fn a_list_gives_what_the_walk_gives() {
    let dir = Workdir::new();
    dir.images("images", 3);
    settle(&dir.path("images"));
    // In any order, with or without labels.
    let mut list = String::new();
    for name in ["0002", "0000", "0001"] {
        list +=
            &format!("images/hot_dog/{name}.jpg\nnot hot dog\t./images/not_hot_dog/{name}.jpg\n");
    }
    dir.write("list.txt", list);
    let run = listed(&dir, "list.txt").succeeds();
    assert_eq!(counts(&run.stderr()), "6 computed, 0 reused, 0 skipped");
    let ours = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    dir.bottleneck("images")
        .args(["-o", "walked.bin"])
        .ends_with(2);
    let call = dir.program("hd-bottleneck").arg("--base").arg(base());
    call.args(["images", "-o", "walked.bin"]).succeeds();
    let walked = Bottlenecks::open(&dir.path("walked.bin")).unwrap();
    assert_eq!(ours.labels(), walked.labels());
    for (index, (a, b)) in ours.rows().iter().zip(walked.rows()).enumerate() {
        assert_eq!(a.path.strip_prefix("images").unwrap(), b.path);
        assert_eq!((a.label, a.digest), (b.label, b.digest));
        assert_eq!(ours.bottleneck(index), walked.bottleneck(index));
    }
    assert_eq!(ours.rows().len(), walked.rows().len());
    // It is a cache like any other.
    let run = listed(&dir, "list.txt").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 6 reused, 0 skipped");
}

#[test]
fn a_list_from_find_may_hold_any_name() {
    let dir = Workdir::new();
    dir.images("images", 2);
    fs::rename(
        dir.path("images/hot_dog/0000.jpg"),
        dir.path("images/hot_dog/a\nb\u{1f32d}.jpg"),
    )
    .unwrap();
    let mut call = listed(&dir, "-").arg("-0");
    call.0
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = call.0.spawn().unwrap();
    let list =
        "images/hot_dog/a\nb\u{1f32d}.jpg\0images/hot_dog/0001.jpg\0images/not_hot_dog/0000.jpg\0";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(list.as_bytes())
        .unwrap();
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{stderr}");
    assert_eq!(counts(&stderr), "3 computed, 0 reused, 0 skipped");
}

#[test]
fn a_bad_line_is_an_error_and_a_bad_file_is_skipped() {
    let dir = Workdir::new();
    dir.images("images", 1);
    dir.write(
        "list.txt",
        "images/hot_dog/0000.jpg\nimages/hot_dog/gone.jpg\ncats\timages\n",
    );
    let run = listed(&dir, "list.txt").succeeds();
    insta::assert_snapshot!("listed_bad_files", run.stderr());
    dir.write("list.txt", "image.jpg\n");
    insta::assert_snapshot!(
        "listed_without_a_label",
        listed(&dir, "list.txt").ends_with(1).stderr()
    );
    insta::assert_snapshot!(
        "no_such_list",
        listed(&dir, "nowhere.txt").ends_with(1).stderr()
    );
    listed(&dir, "list.txt").arg("images").ends_with(2);
    dir.bottleneck("images").arg("-0").ends_with(2);
}

#[test]
fn a_table_without_a_header_is_known_by_what_is_in_it() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let mut table = String::new();
    for label in ["hot_dog", "not_hot_dog"] {
        for index in 0..2 {
            table += &format!("images/{label}/{index:04}.jpg,{}\n", &label[..3]);
        }
    }
    dir.write("table.csv", &table);
    let said = listed(&dir, "table.csv").succeeds().stderr();
    assert!(said.contains("4 images of 2 labels"), "{said}");
    let file = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    assert_eq!(file.labels(), ["hot", "not"]);
    // A path alone, with a header: the folder names the label.
    dir.write(
        "paths.csv",
        "image\nimages/hot_dog/0000.jpg\nimages/not_hot_dog/0000.jpg\n",
    );
    let said = listed(&dir, "paths.csv").succeeds().stderr();
    assert!(said.contains("2 images of 2 labels"), "{said}");
    dir.write(
        "latin.csv",
        b"path,label\nimages/hot_dog/0000.jpg,caf\xe9\n",
    );
    let said = listed(&dir, "latin.csv").ends_with(1).stderr();
    assert!(
        said.contains("latin.csv: line 2 is not UTF-8: save the table in UTF-8"),
        "{said}"
    );
}

#[test]
fn labels_of_a_list_that_look_alike_are_an_error_that_names_both() {
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.write(
        "list.txt",
        "Cat\timages/hot_dog/0000.jpg\ndog\timages/not_hot_dog/0000.jpg\ncat\timages/hot_dog/0001.jpg\n",
    );
    let said = listed(&dir, "list.txt").ends_with(1).stderr();
    assert!(
        said.contains("the labels 'Cat' (record 1) and 'cat' (record 3) differ in capitals, `_`, `-` and spaces only"),
        "{said}"
    );
}
