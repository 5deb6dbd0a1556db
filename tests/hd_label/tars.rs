//! Images in tars, labelled where they lie.

use std::fs;

use crate::hd_bottleneck::tars::{in_folders, tar_of};
use crate::workdir::Workdir;

/// The first columns of what hd-label prints for these.
fn labelled(dir: &Workdir, images: &[&str], status: i32) -> (Vec<String>, String) {
    let call = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"]);
    let run = call.args(images).ends_with(status);
    (
        run.stdout().lines().map(str::to_owned).collect(),
        run.stderr(),
    )
}

#[test]
fn a_tar_is_labelled_as_the_folder_that_it_would_unpack_to() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    dir.write("images.tar", tar_of(&in_folders(0..3)));
    let (folder, _) = labelled(&dir, &["images"], 0);
    let (tar, _) = labelled(&dir, &["images.tar"], 0);
    let renamed: Vec<String> = folder
        .iter()
        .map(|line| line.replacen("images/", "images.tar/", 1))
        .collect();
    assert_eq!(tar, renamed);
    // One of its images by its name, and those of all tars in a folder.
    let (one, _) = labelled(&dir, &["images.tar/hot_dog/0001.jpg"], 0);
    assert_eq!(one, tar[1..2]);
    fs::create_dir(dir.path("shards")).unwrap();
    fs::rename(dir.path("images.tar"), dir.path("shards/0.tar")).unwrap();
    let (all, _) = labelled(&dir, &["shards"], 0);
    assert_eq!(all.len(), 6);
    assert!(
        all[0].starts_with("shards/0.tar/hot_dog/0000.jpg\t"),
        "{all:?}"
    );
}

#[test]
fn a_member_that_is_not_there_or_a_tar_that_is_cut_short_is_told_by_its_name() {
    let dir = Workdir::new();
    dir.trained();
    let tar = tar_of(&in_folders(0..2));
    dir.write("a.tar", &tar);
    let (_, said) = labelled(&dir, &["a.tar/hot_dog/7.jpg"], 1);
    assert!(said.contains("a.tar/hot_dog/7.jpg: cannot read"), "{said}");
    dir.write("a.tar", &tar[..tar.len() - 2048]);
    let (lines, said) = labelled(&dir, &["a.tar"], 1);
    assert_eq!(lines.len(), 3);
    assert!(
        said.contains("a.tar/not_hot_dog/0001.jpg: cannot read"),
        "{said}"
    );
    assert!(said.contains("the tar is cut short: "), "{said}");
}

#[test]
fn images_in_a_tar_are_painted_and_not_sorted() {
    let dir = Workdir::new();
    dir.trained();
    dir.write("a.tar", tar_of(&in_folders(0..1)));
    labelled(
        &dir,
        &["a.tar/hot_dog/0000.jpg", "--heatmap", "heat.png"],
        0,
    );
    assert!(dir.path("heat.png").exists());
    let (_, said) = labelled(&dir, &["a.tar", "--sort-into", "sorted"], 1);
    let line = "a.tar/hot_dog/0000.jpg: it lies in a tar, which no link leads into: unpack the tar to sort its images";
    assert!(said.contains(line), "{said}");
}
