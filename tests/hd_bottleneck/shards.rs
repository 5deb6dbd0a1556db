//! The contract of one shard: whatever happened before and whatever happens beside it, a run that
//! succeeds leaves the same file.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hd::bottleneck::Bottlenecks;

use super::tars::{drawing, in_folders, tar_of};
use super::{counts, settle};
use crate::systems::{called_by, can_trace};
use crate::workdir::{Call, Workdir, base};

/// hd-bottleneck over the folder `images`, with these arguments.
fn bottleneck(dir: &Workdir, args: &[&str]) -> Call {
    let call = dir.program("hd-bottleneck").arg("--base").arg(base());
    call.arg("images").args(args)
}

fn start(Call(mut command): Call) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn two_runs_at_once_where_locks_do_not_keep_them_apart_make_the_same_file() {
    if !can_trace("two_runs_at_once_where_locks_do_not_keep_them_apart") {
        return;
    }
    let dir = Workdir::new();
    dir.images("images", 12);
    settle(&dir.path("images"));
    bottleneck(&dir, &["-o", "undisturbed.bin"]).succeeds();
    let undisturbed = fs::read(dir.path("undisturbed.bin")).unwrap();
    // File systems without locks, and one that gives a lock to each machine that asks.
    for answer in ["error=ENOLCK", "error=ENOSYS", "retval=0"] {
        let run = || {
            let inject = format!("inject=flock:{answer}");
            let trace = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e"];
            let call = bottleneck(&dir, &["--jobs", "1", "--shard", "1/1", "-o", "out"]);
            start(called_by(
                "strace",
                &[&trace[..], &[&inject]].concat(),
                &dir,
                call,
            ))
        };
        fs::create_dir(dir.path("out")).unwrap();
        let both = [run(), run()];
        for child in both {
            let ended = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{answer}: {said}");
        }
        let made = fs::read(dir.path("out/1-of-1.bin")).unwrap();
        assert!(made == undisturbed, "{answer}");
        assert_eq!(names(&dir.path("out")), ["1-of-1.bin"], "{answer}");
        fs::remove_dir_all(dir.path("out")).unwrap();
    }
}

#[test]
fn a_shard_of_nothing_but_a_bad_image_is_done() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.write("images/hot_dog/bad.jpg", "no image");
    symlink("nowhere.jpg", dir.path("images/hot_dog/away.jpg")).unwrap();
    settle(&dir.path("images"));
    fs::create_dir(dir.path("out")).unwrap();
    let shards: Vec<String> = (1..=40).map(|index| format!("{index}/40")).collect();
    let (mut bad, mut alone) = (0, 0);
    for shard in &shards {
        let run = bottleneck(&dir, &["--shard", shard, "-o", "out"]).succeeds();
        let said = run.stderr();
        bad += usize::from(counts(&said).contains(", 1 skipped"));
        alone += usize::from(counts(&said).starts_with("0 computed, 0 reused, 1 skipped"));
    }
    assert_eq!(bad, 2);
    assert!(alone > 0);
    let missing = bottleneck(&dir, &["--missing", "40", "-o", "out"]).succeeds();
    assert_eq!(missing.stdout(), "");
}

#[test]
fn what_is_missing_is_listed_and_what_is_wrong_is_said() {
    let dir = Workdir::new();
    dir.images("images", 6);
    settle(&dir.path("images"));
    let missing = |more: &[&str]| {
        let run = bottleneck(&dir, &["--missing", "3", "-o", "out"]).args(more);
        let run = run.succeeds();
        (run.stdout(), run.stderr())
    };
    assert_eq!(missing(&[]), ("1\n2\n3\n".to_owned(), String::new()));
    assert!(!dir.path("out").exists());
    fs::create_dir(dir.path("out")).unwrap();
    for shard in ["1/3", "3/3"] {
        bottleneck(&dir, &["--shard", shard, "-o", "out"]).succeeds();
    }
    assert_eq!(missing(&[]).0, "2\n");
    bottleneck(&dir, &["--shard", "2/3", "-o", "out"]).succeeds();
    assert_eq!(missing(&[]).0, "");
    // Another machine may see other numbers of the same files.
    let image = dir.path("images/hot_dog/0001.jpg");
    let time = fs::metadata(&image).unwrap().modified().unwrap();
    let bytes = fs::read(&image).unwrap();
    fs::remove_file(&image).unwrap();
    fs::write(&image, bytes).unwrap();
    let file = fs::File::options().write(true).open(&image).unwrap();
    file.set_modified(time).unwrap();
    assert_eq!(missing(&[]).0, "");

    // A file that was cut short, a new image, other flags, a new label.
    let whole = fs::read(dir.path("out/1-of-3.bin")).unwrap();
    dir.write("out/1-of-3.bin", &whole[..whole.len() - 1]);
    let (numbers, said) = missing(&[]);
    assert_eq!(numbers, "1\n");
    assert!(said.contains("out/1-of-3.bin: "), "{said}");
    bottleneck(&dir, &["--shard", "1/3", "-o", "out"]).succeeds();
    assert_eq!(missing(&[]).0, "");
    assert_eq!(missing(&["--full-decode"]).0, "1\n2\n3\n");
    assert_eq!(missing(&["--flip-left-right"]).0, "1\n2\n3\n");
    dir.images("images", 7);
    let (numbers, said) = missing(&[]);
    assert!(
        !numbers.is_empty() && said.contains("new or changed"),
        "{numbers}{said}"
    );
    let bytes = fs::read(dir.path("images/hot_dog/0001.jpg")).unwrap();
    dir.write("images/other/0.jpg", bytes);
    assert_eq!(missing(&[]).0, "1\n2\n3\n");
}

#[test]
fn shards_of_tars_are_missed_and_merged_as_those_of_folders_are() {
    let dir = Workdir::new();
    // The first tar has one label, so that its shard knows no other.
    let hot_dogs =
        (0..3).map(|number| (format!("hot_dog/{number}.jpg"), drawing("hot_dog", number)));
    dir.write("images/0.tar", tar_of(&hot_dogs.collect::<Vec<_>>()));
    dir.write("images/1.tar", tar_of(&in_folders(3..6)));
    dir.write("images/2.tar", tar_of(&in_folders(6..8)));
    settle(&dir.path("images"));
    bottleneck(&dir, &["-o", "one/bottlenecks.bin"]).succeeds();
    fs::create_dir(dir.path("shards")).unwrap();
    let missing = |count: &str| {
        bottleneck(&dir, &["--missing", count, "-o", "shards"])
            .succeeds()
            .stdout()
    };
    assert_eq!(missing("5"), "1\n2\n3\n4\n5\n");
    for index in [1, 2, 4, 5] {
        bottleneck(&dir, &["--shard", &format!("{index}/5"), "-o", "shards"]).succeeds();
    }
    assert_eq!(missing("5"), "3\n");
    bottleneck(&dir, &["--shard", "3/5", "-o", "shards"]).succeeds();
    assert_eq!(missing("5"), "");
    let merge = ["-o", "out/bottlenecks.bin", "--reuse", "shards"];
    let said = bottleneck(&dir, &merge).succeeds().stderr();
    assert!(counts(&said).starts_with("0 computed, 13 reused"), "{said}");
    let read = |folder: &str| fs::read(dir.path(folder).join("bottlenecks.bin")).unwrap();
    assert!(read("one") == read("out"));
}

#[test]
fn a_tar_with_more_in_it_is_missed() {
    let dir = Workdir::new();
    for number in 0..2 {
        let members = in_folders(2 * number..2 * number + 2);
        dir.write(format!("images/{number}.tar"), tar_of(&members));
    }
    settle(&dir.path("images"));
    fs::create_dir(dir.path("out")).unwrap();
    for shard in ["1/2", "2/2"] {
        bottleneck(&dir, &["--shard", shard, "-o", "out"]).succeeds();
    }
    let missing = || {
        let run = bottleneck(&dir, &["--missing", "2", "-o", "out"]);
        run.succeeds().stdout()
    };
    assert_eq!(missing(), "");
    dir.write("images/1.tar", tar_of(&in_folders(2..5)));
    assert_eq!(missing(), "2\n");
}

/// Makes what `--missing 3` prints with these flags, and says which shards those were.
fn bring_up_to_date(dir: &Workdir, flags: &[&str]) -> Vec<String> {
    let missing = || {
        let call = bottleneck(dir, &["--missing", "3", "-o", "out"]).args(flags);
        let run = call.succeeds();
        (run.stdout(), run.stderr())
    };
    let (numbers, said) = missing();
    let numbers: Vec<String> = numbers.lines().map(str::to_owned).collect();
    let is_said = |number: &String| said.contains(&format!("out/{number}-of-3.bin: "));
    assert!(numbers.iter().all(is_said) || said.is_empty(), "{said}");
    for number in &numbers {
        let shard = format!("{number}/3");
        let call = bottleneck(dir, &["--shard", &shard, "-o", "out"]).args(flags);
        call.succeeds();
    }
    assert_eq!(missing(), (String::new(), String::new()));
    numbers
}

/// The number of the shard of three that has this file, as an image or skipped.
fn shard_of(dir: &Workdir, path: &str) -> Vec<String> {
    let has = |number: &String| {
        let file = Bottlenecks::open(&dir.path(format!("out/{number}-of-3.bin"))).unwrap();
        let mut rows = file.rows().iter().map(|row| &row.path);
        let mut skipped = file.skipped().iter().map(|bad| &bad.path);
        rows.any(|row| row == path) || skipped.any(|bad| bad == path)
    };
    let numbers = (1..=3).map(|number: usize| number.to_string());
    numbers.filter(has).collect()
}

#[test]
fn shards_with_images_that_are_gone_or_have_another_label_or_split_are_missed() {
    let flags: [&[&str]; 2] = [&[], &["--flip-left-right", "--variants", "2"]];
    for flags in flags {
        let dir = Workdir::new();
        dir.images("images", 6);
        let copy = fs::read(dir.path("images/hot_dog/0001.jpg")).unwrap();
        dir.write("images/hot_dog/copy.jpg", copy);
        dir.write("images/hot_dog/bad.jpg", "no image");
        settle(&dir.path("images"));
        fs::create_dir(dir.path("out")).unwrap();
        assert_eq!(bring_up_to_date(&dir, flags), ["1", "2", "3"]);
        // A copy of one that stays, a deleted image, a deleted file that was none.
        for name in [
            "hot_dog/copy.jpg",
            "not_hot_dog/0003.jpg",
            "hot_dog/bad.jpg",
        ] {
            let shard = shard_of(&dir, name);
            fs::remove_file(dir.path("images").join(name)).unwrap();
            assert_eq!(bring_up_to_date(&dir, flags), shard, "{name}");
        }
        // An image in another label's folder.
        let (from, to) = ("hot_dog/0002.jpg", "not_hot_dog/moved.jpg");
        let old = shard_of(&dir, from);
        let images = dir.path("images");
        fs::rename(images.join(from), images.join(to)).unwrap();
        let made = bring_up_to_date(&dir, flags);
        let both = [old, shard_of(&dir, to)].concat();
        assert!(both.iter().all(|one| made.contains(one)), "{made:?}");
        // An image that cannot be looked at is not gone.
        let shard = shard_of(&dir, "hot_dog/0004.jpg");
        fs::remove_file(images.join("hot_dog/0004.jpg")).unwrap();
        symlink("nowhere.jpg", images.join("hot_dog/0004.jpg")).unwrap();
        assert!(bring_up_to_date(&dir, flags).is_empty());
        assert_eq!(shard_of(&dir, "hot_dog/0004.jpg"), shard);
    }
}

#[test]
fn shards_of_a_list_or_of_tars_with_other_labels_or_splits_are_missed() {
    let dir = Workdir::new();
    let members = (0..9).flat_map(|number| {
        let image = (format!("{number}.jpg"), drawing("hot_dog", number));
        [
            image,
            (
                format!("{number}.cls"),
                (number % 2).to_string().into_bytes(),
            ),
        ]
    });
    let members: Vec<(String, Vec<u8>)> = members.collect();
    for (number, members) in members.chunks(6).enumerate() {
        dir.write(format!("images/{number}.tar"), tar_of(members));
    }
    dir.write("images/classnames.txt", "hot dog\ncold dog\n");
    settle(&dir.path("images"));
    fs::create_dir(dir.path("out")).unwrap();
    assert_eq!(bring_up_to_date(&dir, &[]), ["1", "2", "3"]);
    dir.write("images/classnames.txt", "cold dog\nhot dog\n");
    assert_eq!(bring_up_to_date(&dir, &[]), ["1", "2", "3"]);

    let list = |splits: [&str; 4]| {
        let mut text = "label\tpath\tsplit\n".to_owned();
        for (number, split) in splits.iter().enumerate() {
            text += &format!("hot dog\tlisted/{number}.jpg\t{split}\n");
        }
        dir.write("list.tsv", text);
    };
    for number in 0..4 {
        dir.write(format!("listed/{number}.jpg"), drawing("hot_dog", number));
    }
    settle(&dir.path("listed"));
    let call = |args: &[&str]| {
        let call = dir.program("hd-bottleneck").arg("--base").arg(base());
        call.args(["--files-from", "list.tsv", "-o", "one"])
            .args(args)
            .succeeds()
            .stdout()
    };
    fs::create_dir(dir.path("one")).unwrap();
    list(["train", "train", "val", "test"]);
    call(&["--shard", "1/1"]);
    assert_eq!(call(&["--missing", "1"]), "");
    list(["train", "test", "val", "train"]);
    assert_eq!(call(&["--missing", "1"]), "1\n");
    call(&["--shard", "1/1"]);
    assert_eq!(call(&["--missing", "1"]), "");
}

#[test]
fn a_folder_for_shards_that_is_not_there_is_made() {
    let dir = Workdir::new();
    dir.images("images", 4);
    for shard in ["1/2", "2/2"] {
        bottleneck(&dir, &["--shard", shard, "-o", "new/shards"]).succeeds();
    }
    let made = names(&dir.path("new/shards"));
    assert_eq!(made, ["1-of-2.bin", "2-of-2.bin"]);
    bottleneck(&dir, &["--shard", "1/2", "-o", "one.bin"]).succeeds();
    assert!(dir.path("one.bin").is_file());
    // What is no folder is left as it is.
    dir.write("notes", "mine");
    let run = bottleneck(&dir, &["--shard", "1/2", "-o", "notes"]).ends_with(1);
    assert!(run.message().contains("notes"), "{}", run.message());
    assert_eq!(fs::read(dir.path("notes")).unwrap(), b"mine");
    // A folder among the images would be a label.
    bottleneck(&dir, &["--shard", "1/2", "-o", "images/shards"]).ends_with(1);
    assert!(!dir.path("images/shards").exists());
}

#[test]
fn shards_become_the_file_that_one_run_makes() {
    let dir = Workdir::new();
    dir.images("images", 8);
    dir.write("images/hot_dog/bad.jpg", "no image");
    // A copy, which is in another shard than what it is a copy of.
    let bytes = fs::read(dir.path("images/hot_dog/0001.jpg")).unwrap();
    dir.write("images/not_hot_dog/copy.jpg", bytes);
    settle(&dir.path("images"));
    bottleneck(&dir, &["-o", "one/bottlenecks.bin"]).succeeds();
    fs::create_dir(dir.path("shards")).unwrap();
    let mut files = Vec::new();
    for index in 1..=4 {
        let shard = format!("{index}/4");
        bottleneck(&dir, &["--shard", &shard, "-o", "shards"]).succeeds();
        files.push(format!("shards/{index}-of-4.bin"));
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let merge = ["-o", "out/bottlenecks.bin", "--reuse", "shards"];
    let run = bottleneck(&dir, &merge).succeeds();
    assert_eq!(
        counts(&run.stderr()),
        "0 computed, 17 reused, 1 skipped (listed in out/bottlenecks.skipped.tsv)"
    );
    for name in ["bottlenecks.bin", "bottlenecks.skipped.tsv"] {
        let [one, merged] =
            ["one", "out"].map(|folder| fs::read(dir.path(folder).join(name)).unwrap());
        assert!(one == merged, "{name}");
    }

    // Damage in a shard is computed again, and what is of no use is said.
    let mut bytes = fs::read(dir.path(files[1])).unwrap();
    let end = bytes.len();
    bytes[end - 100] ^= 1;
    fs::write(dir.path(files[1]), bytes).unwrap();
    dir.write(files[2], "HDBOTTLE and no more");
    fs::remove_file(dir.path("out/bottlenecks.bin")).unwrap();
    let said = bottleneck(&dir, &merge).succeeds().stderr();
    assert!(said.contains("shards/3-of-4.bin"), "{said}");
    assert!(!counts(&said).starts_with("0 computed"), "{said}");
    let [one, merged] =
        ["one", "out"].map(|folder| fs::read(dir.path(folder).join("bottlenecks.bin")).unwrap());
    assert!(one == merged);
    let mut command = Command::new("touch");
    command.arg(dir.path(files[3]));
    Call(command).succeeds();
    let time = fs::metadata(dir.path("out/bottlenecks.bin"))
        .unwrap()
        .modified();
    bottleneck(&dir, &merge).succeeds();
    let now = fs::metadata(dir.path("out/bottlenecks.bin"))
        .unwrap()
        .modified();
    assert_eq!(time.unwrap(), now.unwrap());
}
