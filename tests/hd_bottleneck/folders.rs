//! Folders as people have them: divided already, one level off, with labels that look alike.

use std::fs;
use std::path::Path;

use crate::workdir::Workdir;

/// The images of a label, moved into folders of a division by their numbers.
fn divide(dir: &Workdir, parts: &[(&str, std::ops::Range<usize>)]) {
    let all: usize = parts.iter().map(|(_, range)| range.len()).sum();
    dir.images("all", all);
    for (part, range) in parts {
        for label in ["hot_dog", "not_hot_dog"] {
            let folder = dir.path(format!("images/{part}/{label}"));
            fs::create_dir_all(&folder).unwrap();
            for index in range.clone() {
                let name = format!("{index:04}.jpg");
                let from = dir.path(format!("all/{label}")).join(&name);
                fs::rename(from, folder.join(&name)).unwrap();
            }
        }
    }
}

fn refusal(dir: &Workdir) -> String {
    dir.bottleneck("images").ends_with(1).stderr()
}

#[test]
fn a_division_into_folders_is_taken_as_it_is_and_followed_to_the_end() {
    let dir = Workdir::new();
    divide(&dir, &[("train", 0..8), ("Val", 8..11), ("test", 11..15)]);
    let said = dir.bottleneck("images").succeeds().stderr();
    let line = "the images come divided: 16 for training, 6 for validation, 8 for testing";
    assert!(said.contains(line), "{said}");
    assert!(said.contains("30 images of 2 labels"), "{said}");
    let said = dir.train().succeeds().stderr();
    let line = "16 images for training, 6 for validation, 8 for testing";
    assert!(said.contains(line), "{said}");
    let head = dir.program("hd-train").args(["--describe", "out/head.bin"]);
    let head = head.succeeds().stdout();
    assert!(head.contains("split by\tfolder"), "{head}");
    let eval = dir
        .program("hd-eval")
        .args(["out/head.bin", "out/bottlenecks.bin"]);
    let eval = eval.succeeds().stdout();
    assert!(eval.contains("(N=8)"), "{eval}");
    // The division may be left aside, with a word.
    let said = dir
        .train()
        .args(["--split-by", "content"])
        .succeeds()
        .stderr();
    assert!(said.contains("that division is left aside"), "{said}");
}

#[test]
fn without_a_folder_for_testing_training_images_are_put_aside() {
    let dir = Workdir::new();
    divide(&dir, &[("training", 0..20), ("validation", 20..24)]);
    dir.bottleneck("images").succeeds();
    let said = dir.train().succeeds().stderr();
    let line = said
        .lines()
        .find(|line| line.contains("images for training"))
        .unwrap();
    let numbers: Vec<usize> = line
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    let [training, validation, testing] = numbers[..] else {
        panic!("{line}")
    };
    assert_eq!((training + testing, validation), (40, 8), "{line}");
    assert!((2..14).contains(&testing), "{line}");
}

#[test]
fn an_image_in_two_parts_of_a_division_is_told_of() {
    let dir = Workdir::new();
    divide(&dir, &[("train", 0..8), ("test", 8..12)]);
    let copy = dir.path("images/train/hot_dog/0000.jpg");
    fs::copy(&copy, dir.path("images/test/hot_dog/copy.jpg")).unwrap();
    dir.bottleneck("images").succeeds();
    let said = dir.train().succeeds().stderr();
    assert!(said.contains("1 image stands in two splits"), "{said}");
}

#[test]
fn what_is_half_a_division_is_refused_with_the_ways_out() {
    let beside = Workdir::new();
    divide(&beside, &[("train", 0..3), ("val", 3..5)]);
    beside.images("images", 2);
    let said = refusal(&beside);
    assert!(
        said.contains("'hot_dog' beside them like a label"),
        "{said}"
    );
    assert!(
        said.contains("give one folder that has the labels' folders in it"),
        "{said}"
    );
    let other = Workdir::new();
    divide(&other, &[("train", 0..3), ("test", 3..5)]);
    fs::rename(
        other.path("images/test/hot_dog"),
        other.path("images/test/pizza"),
    )
    .unwrap();
    let said = refusal(&other);
    assert!(
        said.contains("'test' has the label 'pizza', which 'train' has not"),
        "{said}"
    );
    let twice = Workdir::new();
    divide(&twice, &[("train", 0..3), ("val", 3..5), ("valid", 5..6)]);
    assert!(refusal(&twice).contains("two stand for one split"));
}

#[test]
fn an_empty_part_of_a_division_is_as_good_as_none_and_a_bare_one_is_told_of() {
    let dir = Workdir::new();
    divide(&dir, &[("train", 0..8), ("val", 8..10)]);
    fs::create_dir(dir.path("images/test")).unwrap();
    fs::remove_dir_all(dir.path("images/val/hot_dog")).unwrap();
    let said = dir.bottleneck("images").succeeds().stderr();
    for line in [
        "the images come divided: 16 for training, 2 for validation, 0 for testing",
        "the folder 'test' holds no image, and is left out",
        "no image of the label 'hot dog' is for validation",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let told = dir.train().succeeds().stderr();
    assert!(told.contains("2 for validation"), "{told}");
}

#[test]
fn a_folder_above_a_division_is_told_with_the_right_one() {
    let dir = Workdir::new();
    divide(&dir, &[("train", 0..3), ("val", 3..5)]);
    dir.write("images/extra/notes.txt", "no image");
    fs::rename(dir.path("images"), dir.path("inner")).unwrap();
    fs::create_dir(dir.path("images")).unwrap();
    fs::rename(dir.path("inner"), dir.path("images/data")).unwrap();
    let said = dir.bottleneck("images").succeeds().stderr();
    let line = "its subfolders look like a division of the images (train, val): give images/data";
    assert!(said.contains(line), "{said}");
}

#[test]
fn labels_may_be_called_train_and_test_and_are_asked_after() {
    let dir = Workdir::new();
    dir.images("images", 3);
    for (label, name) in [("hot_dog", "train"), ("not_hot_dog", "test")] {
        fs::rename(
            dir.path("images").join(label),
            dir.path("images").join(name),
        )
        .unwrap();
    }
    let said = dir.bottleneck("images").succeeds().stderr();
    assert!(
        said.contains("'train' is taken for a label, though"),
        "{said}"
    );
    assert!(said.contains("6 images of 2 labels"), "{said}");
}

#[test]
fn a_list_may_name_splits_or_the_folders_of_its_paths_do() {
    let dir = Workdir::new();
    divide(&dir, &[("train", 0..8), ("val", 8..10), ("test", 10..13)]);
    let mut paths = Vec::new();
    let mut table = String::from("\u{feff}Split;Class;\"Filename\"\r\n");
    for (part, range) in [("train", 0..8), ("val", 8..10), ("test", 10..13)] {
        for label in ["hot_dog", "not_hot_dog"] {
            for index in range.clone() {
                let path = format!("images/{part}/{label}/{index:04}.jpg");
                table.push_str(&format!("{part};{label} !;\"{path}\"\r\n"));
                paths.push(path);
            }
        }
    }
    dir.write("paths.txt", paths.join("\n"));
    dir.write("table.csv", table);
    for (list, label) in [("paths.txt", "hot dog"), ("table.csv", "hot_dog !")] {
        let run = dir
            .program("hd-bottleneck")
            .arg("--base")
            .arg(crate::workdir::base());
        let run = run
            .args(["--files-from", list, "-o", "out/bottlenecks.bin"])
            .succeeds();
        let line = "16 for training, 4 for validation, 6 for testing";
        assert!(run.stderr().contains(line), "{}", run.stderr());
        let said = dir.train().succeeds().stderr();
        assert!(
            said.contains("16 images for training, 4 for validation, 6 for testing"),
            "{said}"
        );
        let labels = fs::read_to_string(dir.path("out/retrained_labels.txt")).unwrap();
        assert_eq!(labels.lines().next(), Some(label));
    }
}

#[test]
fn a_table_may_stand_beside_its_images_and_name_its_columns_in_any_order() {
    let dir = Workdir::new();
    dir.images("set", 3);
    let mut table = String::from("id\tlabel\timage\n");
    for (label, folder) in [("yes, a hot dog", "hot_dog"), ("no", "not_hot_dog")] {
        for index in 0..3 {
            table.push_str(&format!("7\t{label}\t{folder}/{index:04}.jpg\n"));
        }
    }
    dir.write("set/list.tsv", &table);
    let run = |list: &str| {
        let run = dir
            .program("hd-bottleneck")
            .arg("--base")
            .arg(crate::workdir::base());
        run.args(["--files-from", list, "-o", "out/bottlenecks.bin"])
    };
    let said = run("set/list.tsv").succeeds().stderr();
    assert!(said.contains("6 images of 2 labels: 6 computed"), "{said}");
    dir.write(
        "wrong.csv",
        "path,label,split\nset/hot_dog/0000.jpg,a,dev\n",
    );
    let said = run("wrong.csv").ends_with(1).stderr();
    assert!(said.contains("line 2: 'dev' is no split"), "{said}");
    dir.write("wide.csv", b"\xff\xfep\0a\0t\0h\0");
    let said = run("wide.csv").ends_with(1).stderr();
    assert!(said.contains("UTF-16: save it in UTF-8"), "{said}");
}

#[test]
fn labels_that_look_alike_are_one_or_an_error() {
    let dir = Workdir::new();
    dir.images("images", 3);
    let rename = |from: &str, to: &str| {
        fs::rename(dir.path("images").join(from), dir.path("images").join(to)).unwrap();
    };
    rename("hot_dog", "cafe\u{301}");
    let copy = |label: &str| {
        let image = fs::read(dir.path("images/not_hot_dog/0000.jpg")).unwrap();
        dir.write(
            Path::new("images").join(label).join("x.jpg"),
            [image, vec![0]].concat(),
        );
    };
    copy("caf\u{e9}");
    let said = dir.bottleneck("images").succeeds().stderr();
    assert!(said.contains("7 images of 2 labels"), "{said}");
    copy("Not_Hot_Dog");
    let said = refusal(&dir);
    assert!(
        said.contains("differ in capitals only: rename one"),
        "{said}"
    );
    fs::remove_dir_all(dir.path("images/Not_Hot_Dog")).unwrap();
    copy("not-hot dog");
    let said = refusal(&dir);
    assert!(
        said.contains("both give the label 'not hot dog': rename one"),
        "{said}"
    );
}

#[test]
fn droppings_of_systems_are_neither_labels_nor_images() {
    let dir = Workdir::new();
    dir.images("images", 3);
    for name in [
        "lost+found",
        "@eaDir",
        "#recycle",
        "#snapshot",
        "$RECYCLE.BIN",
        "System Volume Information",
        "__MACOSX",
        ".ipynb_checkpoints",
        "hot_dog/@eaDir",
        "hot_dog/.ipynb_checkpoints",
        "not_hot_dog/#recycle",
    ] {
        dir.write(Path::new("images").join(name).join("x.jpg"), "no image");
    }
    for name in [
        "hot_dog/Thumbs.db",
        "hot_dog/.DS_Store",
        "hot_dog/Desktop.ini",
        "hot_dog/._0000.jpg",
    ] {
        dir.write(Path::new("images").join(name), "no image");
    }
    let said = dir.bottleneck("images").succeeds().stderr();
    assert!(
        said.contains("6 images of 2 labels: 6 computed, 0 reused, 0 skipped"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "{said}");
    let said = dir.bottleneck("images").arg("-v").succeeds().stderr();
    for line in [
        "passed over: @eaDir (2 of them)",
        "passed over: ._* (1 of them)",
    ] {
        assert!(said.contains(line), "{said}");
    }
}

#[test]
fn what_training_would_suffer_from_is_told_before_the_work() {
    let dir = Workdir::new();
    dir.images("images", 4);
    fs::create_dir(dir.path("images/empty")).unwrap();
    let image = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    dir.write("images/rare/one.jpg", [&image[..], &[0]].concat());
    dir.write(
        "images/hot_dog/more/again/one.jpg",
        [&image[..], &[1]].concat(),
    );
    let said = dir.bottleneck("images").succeeds().stderr();
    for line in [
        "the folder of 'empty' holds no file, and is left out",
        "the label 'rare' has 1 image, which is too few",
        "the images of 1 folder within that of 'hot dog' are all taken for 'hot dog'",
        "10 images of 3 labels",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_folder_one_level_too_high_or_too_low_is_told_with_the_right_one() {
    let dir = Workdir::new();
    dir.images("images/download", 3);
    let said = dir.bottleneck("images").succeeds().stderr();
    assert!(
        said.contains("there is one label only, 'download'"),
        "{said}"
    );
    assert!(
        said.contains("look like labels (hot_dog, not_hot_dog): give images/download"),
        "{said}"
    );
    let said = dir
        .bottleneck("images/download/hot_dog")
        .ends_with(1)
        .stderr();
    assert!(
        said.contains("it looks like the folder of one label: give the one above it"),
        "{said}"
    );
}

#[test]
fn a_head_of_a_division_can_be_tested_on_new_images_that_are_all_for_testing() {
    let dir = Workdir::new();
    divide(&dir, &[("train", 0..8), ("val", 8..10), ("test", 10..13)]);
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    let mut table = String::from("path,label,split\n");
    for label in ["hot_dog", "not_hot_dog"] {
        for index in 10..13 {
            let name = label.replace('_', " ");
            table.push_str(&format!("images/test/{label}/{index:04}.jpg,{name},test\n"));
        }
    }
    dir.write("test.csv", table);
    let run = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(crate::workdir::base());
    run.args(["--files-from", "test.csv", "-o", "test.bin"])
        .succeeds();
    let eval = dir.program("hd-eval").args(["out/head.bin", "test.bin"]);
    let eval = eval.succeeds().stdout();
    assert!(eval.contains("(N=6)"), "{eval}");
}
