//! Tars of images, read where they lie: what they give is what their images give in folders.

use std::fs;
use std::path::Path;
use std::process::Command;

use hd::bottleneck::Bottlenecks;
use hd::split::Split;
use tar::{Builder, EntryType, Header};

use super::{counts, settle};
use crate::workdir::{Call, Workdir, drawings};

/// The bytes of a drawing.
pub(crate) fn drawing(label: &str, number: usize) -> Vec<u8> {
    fs::read(drawings().join(format!("{label}/{number:04}.jpg"))).unwrap()
}

fn add(tar: &mut Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, content).unwrap();
}

/// The bytes of a tar with these members.
pub(crate) fn tar_of<B: AsRef<[u8]>>(members: &[(String, B)]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, content) in members {
        add(&mut tar, name, content.as_ref());
    }
    tar.into_inner().unwrap()
}

/// Drawings of these numbers under both labels' folders.
pub(crate) fn in_folders(numbers: std::ops::Range<usize>) -> Vec<(String, Vec<u8>)> {
    let both = numbers.flat_map(|number| ["hot_dog", "not_hot_dog"].map(|label| (label, number)));
    both.map(|(label, number)| (format!("{label}/{number:04}.jpg"), drawing(label, number)))
        .collect()
}

fn open(dir: &Workdir, name: &str) -> Bottlenecks {
    Bottlenecks::open(&dir.path(name)).unwrap()
}

/// Path and label of each image in `out/bottlenecks.bin`.
fn labelled(dir: &Workdir) -> Vec<(String, String)> {
    let file = open(dir, "out/bottlenecks.bin");
    let rows = file.rows().iter();
    rows.map(|row| {
        let label = file.labels()[row.label as usize].clone();
        (row.path.display().to_string(), label)
    })
    .collect()
}

fn pair(path: &str, label: &str) -> (String, String) {
    (path.to_owned(), label.to_owned())
}

#[test]
fn a_tar_gives_to_the_bit_what_the_same_images_give_in_folders() {
    let dir = Workdir::new();
    dir.images("images", 12);
    // Written as people write them: with folders among the members, and `./` before all.
    let mut command = Command::new("tar");
    command
        .current_dir(dir.path(""))
        .args(["-cf", "data.tar", "-C", "images", "."]);
    Call(command).succeeds();
    dir.bottleneck("images").succeeds();
    let folder = open(&dir, "out/bottlenecks.bin");
    settle(&dir.path(""));
    for jobs in ["1", "2", "3"] {
        let run = dir
            .program("hd-bottleneck")
            .arg("--base")
            .arg(crate::workdir::base());
        let out = format!("out/{jobs}.bin");
        let said = run
            .args(["data.tar", "--jobs", jobs, "-o", &out])
            .succeeds()
            .stderr();
        assert!(
            counts(&said).starts_with("24 computed, 0 reused, 0 skipped"),
            "{said}"
        );
        let tar = open(&dir, &out);
        assert_eq!(tar.labels(), folder.labels());
        assert_eq!(tar.rows().len(), folder.rows().len());
        for (index, (one, other)) in tar.rows().iter().zip(folder.rows()).enumerate() {
            assert_eq!(one.path, Path::new("data.tar").join(&other.path));
            let known = |row: &hd::bottleneck::Row| (row.label, row.digest, row.facts);
            assert_eq!(known(one), known(other));
            assert_eq!(tar.bottleneck(index), folder.bottleneck(index));
        }
        let first = fs::read(dir.path("out/1.bin")).unwrap();
        assert!(fs::read(dir.path(&out)).unwrap() == first, "with {jobs}");
    }
}

#[test]
fn labels_are_a_folder_or_a_cls_or_a_json_as_webdataset_has_them() {
    let dir = Workdir::new();
    let image = |number| drawing("hot_dog", number);
    let members = [
        ("cold_cut/000.jpg", image(0)),
        ("001.jpg", image(1)),
        ("001.cls", b"1".to_vec()),
        ("001.txt", b"a photo of something".to_vec()),
        ("sub/002.Seg.jpg", image(2)),
        ("sub/002.JPG", image(3)),
        (
            "sub/002.json",
            br#"{"caption": "x", "label": "hot dog"}"#.to_vec(),
        ),
        ("003.json", br#"{"label": null, "cls": 0}"#.to_vec()),
        ("003.jpg", image(4)),
        ("004.cls", b"hot dog\n".to_vec()),
        ("004.json", br#"{"label": "something else"}"#.to_vec()),
        ("004.jpg", image(5)),
    ];
    let members = members.map(|(name, content)| (name.to_owned(), content));
    dir.write("shards/000.tar", tar_of(&members));
    dir.write("shards/classnames.txt", "cold cut\nhot dog\n");
    dir.write("shards/README.md", "of no use");
    let said = dir.bottleneck("shards").succeeds().stderr();
    let expected = [
        pair("000.tar/001.jpg", "hot dog"),
        pair("000.tar/003.jpg", "cold cut"),
        pair("000.tar/004.jpg", "hot dog"),
        pair("000.tar/cold_cut/000.jpg", "cold cut"),
        pair("000.tar/sub/002.JPG", "hot dog"),
    ];
    assert_eq!(labelled(&dir), expected, "{said}");
    assert!(counts(&said).contains(" 0 skipped"), "{said}");
}

#[test]
fn numbers_without_names_are_labels_with_a_word_of_it() {
    let dir = Workdir::new();
    let members: Vec<(String, Vec<u8>)> = (0..8)
        .flat_map(|number| {
            [
                (format!("{number}.jpg"), drawing("hot_dog", number)),
                (
                    format!("{number}.cls"),
                    format!("{}", number % 2).into_bytes(),
                ),
            ]
        })
        .collect();
    dir.write("a.tar", tar_of(&members));
    let said = dir.bottleneck("a.tar").succeeds().stderr();
    let line = "a.tar: labels are numbers there, such as '0': put their names, a line each, into classnames.txt";
    assert!(said.contains(line), "{said}");
    assert_eq!(labelled(&dir)[1], pair("a.tar/1.jpg", "1"));
    // Named later, nothing is computed again.
    dir.write("classnames.txt", "hot dog\n");
    let said = dir.bottleneck("a.tar").succeeds().stderr();
    let line = "a.tar/1.jpg: its .cls says 1, and classnames.txt has 1 lines, from 0 to 0";
    assert!(said.contains(line), "{said}");
    dir.write("classnames.txt", "hot dog\ncold dog\n");
    let said = dir.bottleneck("a.tar").succeeds().stderr();
    assert!(!said.contains("are numbers"), "{said}");
    assert_eq!(labelled(&dir)[1], pair("a.tar/1.jpg", "cold dog"));
}

#[test]
fn marks_and_blanks_are_no_part_of_a_label() {
    let dir = Workdir::new();
    let members = [
        ("0.jpg", drawing("hot_dog", 0)),
        ("0.cls", b"0".to_vec()),
        ("1.jpg", drawing("hot_dog", 1)),
        ("1.cls", b"\xef\xbb\xbf1\r\n".to_vec()),
        ("2.jpg", drawing("hot_dog", 2)),
        ("2.json", b"\xef\xbb\xbf{\"label\": \"hot dog\"}".to_vec()),
    ];
    let members = members.map(|(name, content)| (name.to_owned(), content));
    dir.write("a.tar", tar_of(&members));
    dir.write("classnames.txt", "\u{feff}cold dog  \r\n\thot dog\r\n");
    let said = dir.bottleneck("a.tar").succeeds().stderr();
    let expected = [
        pair("a.tar/0.jpg", "cold dog"),
        pair("a.tar/1.jpg", "hot dog"),
        pair("a.tar/2.jpg", "hot dog"),
    ];
    assert_eq!(labelled(&dir), expected, "{said}");
}

/// What is listed as skipped, without the header.
fn skipped(dir: &Workdir) -> Vec<String> {
    let table = fs::read_to_string(dir.path("out/bottlenecks.skipped.tsv")).unwrap();
    table.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn what_is_wrong_in_a_tar_is_listed_by_its_member_and_costs_no_other() {
    let dir = Workdir::new();
    let mut tar = Builder::new(Vec::new());
    for (name, content) in in_folders(0..4) {
        add(&mut tar, &name, &content);
    }
    let image = drawing("hot_dog", 10);
    add(&mut tar, "hot_dog/broken.jpg", b"no image at all");
    add(&mut tar, "loose.jpg", &image);
    add(&mut tar, "hot_dog/x.jpg", &image);
    add(&mut tar, "hot_dog/x.cls", b"not hot dog");
    add(&mut tar, "y.jpg", &image);
    add(&mut tar, "y.cls", b"hot dog");
    add(&mut tar, "z.jpg", &image);
    add(&mut tar, "z.cls", b"not hot dog");
    add(&mut tar, "v.jpg", &image);
    add(&mut tar, "v.cls", b"\xff");
    add(&mut tar, "w.jpg", &image);
    add(&mut tar, "w.json", b"{");
    add(&mut tar, "w2.jpg", &image);
    add(&mut tar, "w2.json", br#"{"label": ["a"]}"#);
    add(&mut tar, "hot_dog/twice.jpg", &drawing("hot_dog", 11));
    add(&mut tar, "hot_dog/twice.jpg", &drawing("hot_dog", 12));
    add(&mut tar, "hot_dog/._0001.jpg", b"a Mac's");
    let mut link = |kind, name: &str, target: &str| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, name, target).unwrap();
    };
    link(EntryType::Symlink, "hot_dog/soft.jpg", "0001.jpg");
    link(EntryType::Link, "hot_dog/hard.jpg", "hot_dog/twice.jpg");
    link(EntryType::Link, "hot_dog/lost.jpg", "nowhere.jpg");
    let mut header = Header::new_gnu();
    header.as_mut_bytes()[..14].copy_from_slice(b"../outside.jpg");
    header.set_size(image.len() as u64);
    header.set_cksum();
    tar.append(&header, image.as_slice()).unwrap();
    dir.write("bad.tar", tar.into_inner().unwrap());
    let said = dir.bottleneck("bad.tar").succeeds().stderr();
    let expected = [
        "bad.tar/../outside.jpg\tthere is a `..` in its name",
        "bad.tar/hot_dog/broken.jpg\tnot an image",
        "bad.tar/hot_dog/lost.jpg\ta link to a file that is not in the tar",
        "bad.tar/hot_dog/soft.jpg\ta symbolic link, which is not followed in a tar",
        "bad.tar/hot_dog/x.jpg\tits .cls says 'not hot dog', and its folder 'hot dog'",
        "bad.tar/loose.jpg\tno label: it lies in no folder, and no .cls or .json of its name says one",
        "bad.tar/v.jpg\tits .cls is not UTF-8",
        "bad.tar/w.jpg\tits .json is no JSON",
        "bad.tar/w2.jpg\tthe label in its .json is neither a text nor a whole number",
    ];
    assert_eq!(skipped(&dir), expected, "{said}");
    let twice = "in bad.tar, a member is replaced by a later one of the same name, as unpacking would do: hot_dog/twice.jpg";
    assert!(said.contains(twice), "{said}");
    let file = open(&dir, "out/bottlenecks.bin");
    let digest = |name: &str| {
        let row = file.rows().iter().find(|row| row.path.ends_with(name));
        row.unwrap().digest
    };
    let last = hd::digest::Digest::of(&drawing("hot_dog", 12));
    assert_eq!((digest("twice.jpg"), digest("hard.jpg")), (last, last));
    assert_eq!(file.rows().len(), 12);
}

#[test]
fn behind_a_sparse_member_with_a_long_map_the_tar_goes_on() {
    for blocks in 0..=3 {
        let dir = Workdir::new();
        let image = drawing("hot_dog", 0);
        let mut tar = Builder::new(Vec::new());
        add(&mut tar, "hot_dog/0.jpg", &image);
        let mut header = Header::new_gnu();
        header.set_path("hot_dog/holes.jpg").unwrap();
        header.set_entry_type(EntryType::GNUSparse);
        header.set_size(image.len() as u64);
        header.as_mut_bytes()[482] = u8::from(blocks > 0);
        header.set_cksum();
        let mut bytes = tar.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(header.as_bytes());
        for block in 1..=blocks {
            let mut map = [b'0'; 512];
            map[504] = u8::from(block < blocks);
            bytes.extend(map);
        }
        bytes.extend(&image);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes.extend(tar_of(&in_folders(1..3)));
        dir.write("data.tar", bytes);
        let said = dir.bottleneck("data.tar").succeeds().stderr();
        assert!(
            counts(&said).starts_with("5 computed, 0 reused, 1 skipped"),
            "{said}"
        );
        let reason = "stored with its holes left out, as tar --sparse does, and not read";
        let expected = [format!("data.tar/hot_dog/holes.jpg\t{reason}")];
        assert_eq!(skipped(&dir), expected, "{blocks}: {said}");
    }
}

#[test]
fn a_tar_that_is_cut_short_gives_what_is_whole_and_says_where_it_ends() {
    let dir = Workdir::new();
    let whole = tar_of(&in_folders(0..6));
    let members = 12;
    let block = |bytes: usize| 512 + bytes.next_multiple_of(512);
    let ends: Vec<usize> = in_folders(0..6)
        .iter()
        .scan(0, |end, (_, content)| {
            *end += block(content.len());
            Some(*end)
        })
        .collect();
    for (cut, kept, line) in [
        (
            ends[9] + 700,
            10,
            "cut.tar/hot_dog/0005.jpg: the tar is cut short: 188 of its ",
        ),
        (
            ends[9] + 100,
            10,
            "cut.tar: it is cut short behind not_hot_dog/0004.jpg, and what follows there",
        ),
        (
            ends[9],
            10,
            "cut.tar: cut.tar has no end, and may be cut short",
        ),
    ] {
        dir.write("cut.tar", &whole[..cut]);
        let _ = fs::remove_file(dir.path("out/bottlenecks.bin"));
        let said = dir.bottleneck("cut.tar").succeeds().stderr();
        assert!(said.contains(line), "{said}");
        assert_eq!(open(&dir, "out/bottlenecks.bin").rows().len(), kept);
    }
    let mut spoiled = whole.clone();
    spoiled[ends[3]] ^= 1;
    dir.write("cut.tar", spoiled);
    let said = dir.bottleneck("cut.tar").succeeds().stderr();
    let line = format!(
        "cut.tar: it is damaged at byte {} behind not_hot_dog/0001.jpg",
        ends[3]
    );
    assert!(said.contains(&line), "{said}");
    // One tar behind another in one file is no damage.
    dir.write("cut.tar", [whole, tar_of(&in_folders(6..8))].concat());
    let said = dir.bottleneck("cut.tar").succeeds().stderr();
    assert!(
        said.contains("16 images of 2 labels") && !said.contains("cut short"),
        "{said}"
    );
    assert_eq!(open(&dir, "out/bottlenecks.bin").rows().len(), members + 4);
}

#[test]
fn what_is_no_tar_or_holds_no_labelled_image_is_said_before_any_work() {
    let dir = Workdir::new();
    let refused = |images: &str| dir.bottleneck(images).ends_with(1).stderr();
    dir.write("a.tar", "text");
    assert!(refused("a.tar").contains("a.tar: it is no tar, whatever its name says"));
    dir.write("a.tar", "");
    assert!(refused("a.tar").contains("a.tar: it is empty"));
    dir.write("a.tar", b"\x1f\x8b\x08\0".repeat(200));
    let said = refused("a.tar");
    assert!(
        said.contains("it is compressed by gzip: unpack it first, with gunzip"),
        "{said}"
    );
    dir.write(
        "a.tar",
        tar_of(&[("1.jpg".to_owned(), drawing("hot_dog", 1))]),
    );
    let said = refused("a.tar");
    let line =
        "a.tar: no image with a label is in its tars; a.tar/1.jpg: no label: it lies in no folder";
    assert!(said.contains(line), "{said}");
    dir.write("packed/0.tar.gz", "");
    let said = refused("packed");
    let line = "packed/0.tar.gz: it is compressed: unpack it with `gunzip -k packed/0.tar.gz`";
    assert!(said.contains(line), "{said}");
    assert!(refused("packed/0.tar.gz").contains(line));
    let members = ["Cat/1.jpg", "cat/2.jpg"].map(|name| (name.to_owned(), drawing("hot_dog", 1)));
    dir.write("a.tar", tar_of(&members));
    assert!(refused("a.tar").contains("the labels 'Cat' and 'cat' in its tars differ in capitals"));
}

#[test]
fn a_folder_within_that_of_a_label_is_told() {
    let dir = Workdir::new();
    let inner = ("hot_dog/2019/1.jpg".to_owned(), drawing("hot_dog", 9));
    dir.write("a.tar", tar_of(&[in_folders(0..3), vec![inner]].concat()));
    let said = dir.bottleneck("a.tar").succeeds().stderr();
    let line =
        "a.tar/hot_dog/2019 is taken for the folder of a label, and lies within that of another";
    assert!(said.contains(line), "{said}");
    // What is made beside tars would make a folder of labels of theirs.
    fs::create_dir(dir.path("s")).unwrap();
    fs::rename(dir.path("a.tar"), dir.path("s/a.tar")).unwrap();
    let call = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(crate::workdir::base());
    let said = call.args(["s", "-o", "s/out/b.bin"]).ends_with(1).stderr();
    let line = "s: s/out/b.bin lies in one of its subfolders, which are looked through for tars";
    assert!(said.contains(line), "{said}");
}

#[test]
fn tars_beside_folders_of_labels_are_left_out_with_a_word() {
    let dir = Workdir::new();
    dir.images("images", 4);
    dir.write("images/all.tar", tar_of(&in_folders(0..8)));
    let said = dir.bottleneck("images").succeeds().stderr();
    let line = "tars beside the folders of labels are left out, such as images/all.tar: give a folder that has only tars";
    assert!(said.contains(line), "{said}");
    assert!(said.contains("8 images of 2 labels"), "{said}");
}

#[test]
fn tars_in_folders_or_with_names_of_splits_divide_the_images() {
    let dir = Workdir::new();
    for (place, range) in [("train/0", 0..8), ("val/0", 8..10), ("test/0", 10..13)] {
        dir.write(format!("a/{place}.tar"), tar_of(&in_folders(range.clone())));
        let flat = format!("b/food-{}-000.tar", place.split('/').next().unwrap());
        dir.write(flat, tar_of(&in_folders(range)));
    }
    for images in ["a", "b"] {
        let said = dir.bottleneck(images).succeeds().stderr();
        let line = "the images come divided: 16 for training, 4 for validation, 6 for testing";
        assert!(said.contains(line), "{said}");
    }
    let first = |split| {
        let file = open(&dir, "out/bottlenecks.bin");
        let row = file.rows().iter().find(|row| row.split == Some(split));
        row.unwrap().path.display().to_string()
    };
    assert_eq!(first(Split::Testing), "food-test-000.tar/hot_dog/0010.jpg");
    // A tar that says nothing of it would mix what is kept for testing into the rest.
    dir.write("b/more.tar", tar_of(&in_folders(0..1)));
    let said = dir.bottleneck("b").ends_with(1).stderr();
    assert!(
        said.contains("such as food-test-000.tar, but for more.tar"),
        "{said}"
    );
    // A whole division may lie within a tar.
    let within = |split: &str, range| {
        let members: Vec<_> = in_folders(range);
        let named = members
            .into_iter()
            .map(|(name, content)| (format!("{split}/{name}"), content));
        named.collect::<Vec<_>>()
    };
    let members = [within("train", 0..8), within("test", 8..10)].concat();
    dir.write("one.tar", tar_of(&members));
    let said = dir.bottleneck("one.tar").succeeds().stderr();
    let line = "the images come divided: 16 for training, 0 for validation, 4 for testing";
    assert!(said.contains(line), "{said}");
}

#[test]
fn a_tar_that_changed_costs_what_is_new_in_it_and_no_more() {
    let dir = Workdir::new();
    dir.write("s/0.tar", tar_of(&in_folders(0..4)));
    dir.write("s/1.tar", tar_of(&in_folders(4..8)));
    settle(&dir.path("s"));
    let said = dir.bottleneck("s").succeeds().stderr();
    assert!(counts(&said).starts_with("16 computed, 0 reused"), "{said}");
    let before = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    let said = dir.bottleneck("s").succeeds().stderr();
    assert!(counts(&said).starts_with("0 computed, 16 reused"), "{said}");
    assert!(fs::read(dir.path("out/bottlenecks.bin")).unwrap() == before);
    // One image within a tar, which keeps its size.
    let mut members = in_folders(0..4);
    let mut other = drawing("hot_dog", 20);
    other.resize(members[0].1.len(), 0);
    members[0].1 = other;
    dir.write("s/0.tar", tar_of(&members));
    let said = dir
        .bottleneck("s")
        .args(["--truncated", "keep"])
        .succeeds()
        .stderr();
    assert!(!counts(&said).starts_with("0 computed"), "{said}");
    dir.write("s/0.tar", tar_of(&in_folders(0..4)));
    dir.bottleneck("s").succeeds();
    dir.write("s/1.tar", tar_of(&in_folders(3..9)));
    let said = dir.bottleneck("s").succeeds().stderr();
    assert!(counts(&said).starts_with("2 computed, 18 reused"), "{said}");
    // Moved into another tar, an image is known by its content.
    fs::rename(dir.path("s/1.tar"), dir.path("s/2.tar")).unwrap();
    let said = dir.bottleneck("s").succeeds().stderr();
    assert!(counts(&said).starts_with("0 computed, 20 reused"), "{said}");
}

#[test]
fn a_shard_is_a_set_of_tars_and_opens_no_other() {
    let dir = Workdir::new();
    for number in 0..5 {
        let members = in_folders(2 * number..2 * number + 2);
        dir.write(format!("s/{number:03}.tar"), tar_of(&members));
    }
    dir.bottleneck("s").succeeds();
    let whole = labelled(&dir);
    let mut found = Vec::new();
    for shard in 1..=2 {
        let others: &[usize] = if shard == 1 { &[1, 3] } else { &[0, 2, 4] };
        for other in others {
            fs::rename(
                dir.path(format!("s/{other:03}.tar")),
                dir.path(format!("{other}.kept")),
            )
            .unwrap();
            dir.write(format!("s/{other:03}.tar"), "no tar");
        }
        let shard = format!("{shard}/2");
        let said = dir
            .bottleneck("s")
            .args(["--shard", &shard])
            .succeeds()
            .stderr();
        assert!(!said.contains("no tar"), "{said}");
        found.extend(labelled(&dir));
        for other in others {
            fs::rename(
                dir.path(format!("{other}.kept")),
                dir.path(format!("s/{other:03}.tar")),
            )
            .unwrap();
        }
    }
    found.sort();
    assert_eq!(found, whole);
    let said = dir
        .bottleneck("s")
        .args(["--shard", "7/8"])
        .succeeds()
        .stderr();
    let line = "s: 5 tars for 8 shards: a shard is a set of tars, so that some have nothing to do";
    assert!(said.contains(line), "{said}");
    assert!(labelled(&dir).is_empty());
}

#[test]
fn more_tars_than_files_may_be_open_are_read() {
    let dir = Workdir::new();
    for number in 0..60 {
        let member = [(
            format!("a{}/x.jpg", number % 2),
            drawing("hot_dog", number % 30),
        )];
        dir.write(format!("s/{number:03}.tar"), tar_of(&member));
    }
    let call = dir.bottleneck("s").args(["--jobs", "2"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 40; exec \"$@\"", "sh"])
        .arg(call.0.get_program());
    command.args(call.0.get_args()).current_dir(dir.path(""));
    crate::workdir::at_home(&mut command, &dir.home());
    let said = Call(command).succeeds().stderr();
    assert!(said.contains("60 images of 2 labels"), "{said}");
}

#[test]
fn a_list_names_images_in_tars_as_files() {
    let dir = Workdir::new();
    dir.write("a/0.tar", tar_of(&in_folders(0..3)));
    let list = "path,label\n0.tar/hot_dog/0001.jpg,\n0.tar/not_hot_dog/0000.jpg,other\n0.tar/none.jpg,other\n";
    dir.write("a/list.csv", list);
    let call = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(crate::workdir::base());
    let call = call.args(["--files-from", "a/list.csv", "-o", "out/bottlenecks.bin"]);
    let said = call.succeeds().stderr();
    let expected = [
        pair("a/0.tar/hot_dog/0001.jpg", "hot dog"),
        pair("a/0.tar/not_hot_dog/0000.jpg", "other"),
    ];
    assert_eq!(labelled(&dir), expected);
    assert!(
        said.contains("a/0.tar/none.jpg: there is no such file"),
        "{said}"
    );
}
