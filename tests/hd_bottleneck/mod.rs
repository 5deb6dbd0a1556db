mod devices;
mod interrupted;
mod lists;
mod views;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use hd::bottleneck::{Bottlenecks, Row};

use crate::workdir::{Call, Workdir, base, dependency, take, trained};

/// What the closing line counts.
fn counts(stderr: &str) -> &str {
    let line = stderr
        .lines()
        .find(|line| line.contains(" computed, "))
        .unwrap();
    line.split("labels: ").nth(1).unwrap()
}

fn set_time(path: &Path, time: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

/// Changes an image's content, and leaves its size and time.
fn change_unseen(image: &Path) {
    let time = fs::metadata(image).unwrap().modified().unwrap();
    let mut bytes = fs::read(image).unwrap();
    let end = bytes.len();
    bytes[end - 40] ^= 0x15;
    fs::write(image, bytes).unwrap();
    set_time(image, time);
}

/// Puts the time of every image below `folder` back, as that of images that have long been there.
fn settle(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            settle(&path);
        } else if path.is_file() {
            set_time(&path, SystemTime::now() - Duration::from_secs(3600));
        }
    }
}

#[test]
fn computes_every_image_once_and_then_none() {
    let dir = Workdir::new();
    dir.images("images", 4);
    settle(&dir.path("images"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "8 computed, 0 reused, 0 skipped"
    );
    let first = fs::metadata(dir.path("out/bottlenecks.bin"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "0 computed, 8 reused, 0 skipped"
    );
    let second = fs::metadata(dir.path("out/bottlenecks.bin"))
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(
        first, second,
        "the file was touched though nothing had changed"
    );
}

#[test]
fn the_same_images_give_the_same_bytes_on_any_number_of_cores() {
    let dir = Workdir::new();
    dir.images("images", 5);
    settle(&dir.path("images"));
    dir.bottleneck("images").args(["--jobs", "1"]).succeeds();
    let one = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    fs::remove_dir_all(dir.path("out")).unwrap();
    dir.bottleneck("images").args(["--jobs", "3"]).succeeds();
    assert!(one == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn an_added_image_is_the_only_one_computed() {
    let dir = Workdir::new();
    dir.images("images", 4);
    dir.bottleneck("images").succeeds();
    dir.write(
        "images/hot_dog/new.jpg",
        fs::read(crate::workdir::drawings().join("hot_dog/0020.jpg")).unwrap(),
    );
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "1 computed, 8 reused, 0 skipped"
    );
}

#[test]
fn renamed_moved_touched_and_doubled_images_cost_nothing() {
    let dir = Workdir::new();
    dir.images("images", 4);
    dir.bottleneck("images").succeeds();
    fs::rename(
        dir.path("images/hot_dog/0000.jpg"),
        dir.path("images/hot_dog/renamed.jpg"),
    )
    .unwrap();
    fs::rename(
        dir.path("images/hot_dog/0001.jpg"),
        dir.path("images/not_hot_dog/moved.jpg"),
    )
    .unwrap();
    fs::copy(
        dir.path("images/hot_dog/0002.jpg"),
        dir.path("images/hot_dog/doubled.jpg"),
    )
    .unwrap();
    settle(&dir.path("images"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "0 computed, 9 reused, 0 skipped"
    );
}

#[test]
fn touched_images_do_not_touch_the_file() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.bottleneck("images").succeeds();
    let time = || {
        fs::metadata(dir.path("out/bottlenecks.bin"))
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = time();
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    assert_eq!(before, time());
}

#[test]
fn an_image_replaced_by_another_of_the_same_size_and_time_is_noticed_while_it_is_fresh() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.bottleneck("images").succeeds();
    change_unseen(&dir.path("images/hot_dog/0000.jpg"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "1 computed, 5 reused, 0 skipped"
    );
}

#[test]
fn bad_images_are_skipped_and_listed_and_cost_the_others_nothing() {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir.write("images/hot_dog/empty.jpg", "");
    dir.write("images/hot_dog/text.jpg", "this is no image");
    let whole = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    dir.write("images/hot_dog/cut.jpg", &whole[..whole.len() / 3]);
    dir.write("images/hot_dog/Thumbs.db", "x");
    std::os::unix::fs::symlink("nowhere", dir.path("images/hot_dog/dangling.jpg")).unwrap();
    fs::create_dir(dir.path("images/hot_dog/folder.jpg")).unwrap();
    let run = dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("bad_images", run.stderr());
    let table = fs::read_to_string(dir.path("out/bottlenecks.skipped.tsv")).unwrap();
    insta::assert_snapshot!("bottlenecks.skipped.tsv", table);
    // The second run knows them without decoding them again.
    settle(&dir.path("images"));
    assert!(
        counts(&dir.bottleneck("images").succeeds().stderr())
            .starts_with("0 computed, 6 reused, 5 skipped")
    );
    dir.bottleneck("images").arg("--strict").ends_with(1);
    for bad in ["empty.jpg", "text.jpg", "cut.jpg", "dangling.jpg"] {
        fs::remove_file(dir.path("images/hot_dog").join(bad)).unwrap();
    }
    fs::remove_dir(dir.path("images/hot_dog/folder.jpg")).unwrap();
    dir.bottleneck("images").arg("--strict").succeeds();
    assert!(!dir.path("out/bottlenecks.skipped.tsv").exists());
}

#[test]
fn the_limit_on_pixels_holds_whatever_an_earlier_run_allowed() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let tiny = hd::photo::Rgb {
        width: 20,
        height: 10,
        pixels: vec![77; 600],
    };
    dir.write(
        "images/hot_dog/tiny.jpg",
        hd::photo::encode_jpeg(&tiny, 90).unwrap(),
    );
    settle(&dir.path("images"));
    let run = |limit: &str| {
        let run = dir.bottleneck("images").args(["--max-pixels", limit]);
        counts(&run.succeeds().stderr())
            .split(" (")
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(run("200"), "1 computed, 0 reused, 4 skipped");
    let table = fs::read_to_string(dir.path("out/bottlenecks.skipped.tsv")).unwrap();
    assert!(
        table
            .lines()
            .all(|line| line.ends_with("pixels are more than the limit")),
        "{table}"
    );
    let strict = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    assert_eq!(run("200"), "0 computed, 1 reused, 4 skipped");
    assert_eq!(run("1000000"), "4 computed, 1 reused, 0 skipped");
    assert_eq!(run("200"), "0 computed, 1 reused, 4 skipped");
    assert!(strict == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn verify_finds_a_change_that_size_and_time_hide() {
    let dir = Workdir::new();
    dir.images("images", 2);
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    change_unseen(&dir.path("images/hot_dog/0000.jpg"));
    assert_eq!(
        counts(&dir.bottleneck("images").succeeds().stderr()),
        "0 computed, 4 reused, 0 skipped"
    );
    let run = dir.bottleneck("images").arg("--verify").succeeds();
    assert_eq!(counts(&run.stderr()), "1 computed, 3 reused, 0 skipped");
}

#[test]
fn shards_hold_together_what_one_run_holds() {
    let dir = Workdir::new();
    dir.images("images", 12);
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    let whole = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    let shards = ["1/3", "2/3", "3/3"].map(|shard| {
        let output = format!("{}.bin", shard.replace('/', "-of-"));
        let args = ["images", "--shard", shard, "-o", &output];
        dir.program("hd-bottleneck")
            .arg("--base")
            .arg(base())
            .args(args)
            .succeeds();
        Bottlenecks::open(&dir.path(output)).unwrap()
    });
    let rows = |file: &Bottlenecks| -> Vec<(Row, Vec<u32>)> {
        let bits = |index| {
            file.bottleneck(index)
                .iter()
                .map(|value| value.to_bits())
                .collect()
        };
        file.rows()
            .iter()
            .cloned()
            .enumerate()
            .map(|(index, row)| (row, bits(index)))
            .collect()
    };
    let mut together: Vec<_> = shards.iter().flat_map(rows).collect();
    together.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    assert!(together == rows(&whole));
    assert!(
        shards
            .iter()
            .all(|shard| shard.labels() == whole.labels() && !shard.rows().is_empty())
    );

    let head = |files: &[&str]| {
        dir.program("hd-train")
            .args(files)
            .args(["--head", "head.bin"])
            .succeeds();
        fs::read(dir.path("head.bin")).unwrap()
    };
    let parts = ["3-of-3.bin", "1-of-3.bin", "2-of-3.bin"];
    assert!(head(&["out/bottlenecks.bin"]) == head(&parts));
    dir.bottleneck("images")
        .args(["--shard", "4/3"])
        .ends_with(2);
}

#[test]
fn numpy_reads_what_is_exported() {
    let test = "numpy_reads_what_is_exported";
    let Some(python) = dependency(test, "target/venv/bin/python") else {
        return;
    };
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.bottleneck("images")
        .args(["--export", "numpy"])
        .succeeds();
    let script = "
import numpy
x = numpy.load('numpy/bottlenecks.npy')
rows = [line.rstrip('\\n').split('\\t') for line in open('numpy/rows.tsv')]
print(x.shape, x.dtype, [row[:2] for row in rows], x[3].astype('float64').sum())";
    let mut command = Command::new(python);
    command.current_dir(dir.path("")).args(["-c", script]);
    let printed = Call(command).succeeds().stdout();
    let ours = Bottlenecks::open(&dir.path("out/bottlenecks.bin")).unwrap();
    let sum: f64 = ours
        .bottleneck(3)
        .iter()
        .map(|&value| f64::from(value))
        .sum();
    let (head, their_sum) = printed.trim_end().rsplit_once(' ').unwrap();
    assert_eq!(
        head,
        "(4, 1280) float32 [['hot_dog/0000.jpg', 'hot dog'], ['hot_dog/0001.jpg', 'hot dog'], \
         ['not_hot_dog/0000.jpg', 'not hot dog'], ['not_hot_dog/0001.jpg', 'not hot dog']]"
    );
    assert!((their_sum.parse::<f64>().unwrap() - sum).abs() < 1e-6);
}

#[test]
fn names_may_hold_any_byte() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let image = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    for name in [
        b"a b\tc\nd.jpg".as_slice(),
        b"\xff\xfe.jpg",
        "\u{1f32d}".as_bytes(),
        &[b'x'; 255],
    ] {
        fs::write(
            dir.path("images/hot_dog").join(OsStr::from_bytes(name)),
            &image,
        )
        .unwrap();
    }
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "2 computed, 4 reused, 0 skipped");
    let text = dir
        .program("hd-bottleneck")
        .args(["--describe", "out/bottlenecks.bin"])
        .succeeds()
        .stdout();
    assert!(
        text.contains("hot_dog/a b\\tc\\nd.jpg\thot dog\t"),
        "{text}"
    );
    assert!(text.contains("\u{1f32d}\thot dog\t"), "{text}");
}

#[test]
fn describes_its_file_as_text() {
    let dir = Workdir::new();
    dir.trained();
    let text = dir
        .program("hd-bottleneck")
        .args(["--describe", "out/bottlenecks.bin"])
        .succeeds()
        .stdout();
    assert!(text.starts_with("# base\tmobilenet_v2_1.0_224\t"), "{text}");
    assert_eq!(
        text.lines()
            .filter(|line| line.ends_with('\t') || !line.starts_with('#'))
            .count(),
        1 + 60
    );
    assert!(
        text.contains("# drawings\thotdog\tdrawn with seed 5"),
        "{text}"
    );
}

#[test]
fn a_damaged_file_is_made_anew_and_a_foreign_one_is_left_alone() {
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.bottleneck("images").succeeds();
    let whole = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    dir.write("out/bottlenecks.bin", &whole[..whole.len() - 7]);
    let run = dir.bottleneck("images").succeeds();
    insta::assert_snapshot!("a_damaged_file", run.message());
    dir.write("out/bottlenecks.bin", "my only copy of a poem");
    let run = dir.bottleneck("images").ends_with(1);
    insta::assert_snapshot!("a_foreign_file", run.message());
    assert_eq!(
        fs::read(dir.path("out/bottlenecks.bin")).unwrap(),
        b"my only copy of a poem"
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    let message = |images: &str| dir.bottleneck(images).ends_with(1).message();
    insta::assert_snapshot!("no_such_folder", message("nowhere"));
    fs::create_dir(dir.path("empty")).unwrap();
    insta::assert_snapshot!("empty_folder", message("empty"));
    fs::create_dir_all(dir.path("hollow/cats")).unwrap();
    insta::assert_snapshot!("empty_label", message("hollow"));
    dir.write("clash/hot_dog/a.jpg", "x");
    dir.write("clash/hot-dog/a.jpg", "x");
    assert!(message("clash").contains("both give the label 'hot dog'"));
    dir.write("text/cats/a.txt", "no image");
    dir.write("text/dogs/a.txt", "no image either");
    insta::assert_snapshot!("no_image_at_all", message("text"));
    assert!(!dir.path("out/bottlenecks.bin").exists());
}

#[test]
fn an_output_that_is_a_folder_or_lies_among_the_labels_is_refused_before_any_work() {
    let dir = Workdir::new();
    dir.images("images", 2);
    fs::create_dir(dir.path("folder")).unwrap();
    let refused = |output: &str| {
        let args = ["images", "-o", output];
        dir.program("hd-bottleneck")
            .arg("--base")
            .arg(base())
            .args(args)
            .ends_with(1)
            .message()
    };
    insta::assert_snapshot!("an_output_that_is_a_folder", refused("folder"));
    insta::assert_snapshot!(
        "an_output_among_the_labels",
        refused("images/out/bottlenecks.bin")
    );
    assert_eq!(fs::read_dir(dir.path("")).unwrap().count(), 2);
}

#[test]
fn pipes_and_devices_are_skipped_and_not_waited_for() {
    let dir = Workdir::new();
    dir.images("images", 1);
    std::os::unix::fs::symlink("/dev/zero", dir.path("images/hot_dog/zero.jpg")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(dir.path("images/hot_dog/pipe.jpg"))
            .status()
            .unwrap()
            .success()
    );
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(
        run.stderr().matches("not a regular file").count(),
        2,
        "{}",
        run.stderr()
    );
}

#[test]
fn a_base_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let whole = fs::read(base()).unwrap();
    dir.write("cut.onnx", &whole[..whole.len() / 2]);
    dir.write("text.onnx", "not a network");
    dir.write(
        "retrained.onnx",
        fs::read(trained().join("retrained_graph.onnx")).unwrap(),
    );
    for name in ["missing", "cut", "text", "retrained"] {
        let file = format!("{name}.onnx");
        let args = ["--base", &file, "images", "-o", "out/bottlenecks.bin"];
        let run = dir.program("hd-bottleneck").args(args).ends_with(1);
        insta::assert_snapshot!(format!("{name}_base"), run.message());
    }
}

#[test]
fn without_a_runtime_it_names_hd_fetch_runtime() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let cache = dir.path("cache");
    let run = dir
        .bottleneck("images")
        .env("XDG_CACHE_HOME", &cache)
        .env("ORT_DYLIB_PATH", "")
        .ends_with(1);
    let message = run
        .message()
        .replace(cache.to_str().unwrap(), "CACHE")
        .replace(std::env::consts::ARCH, "ARCH");
    insta::assert_snapshot!("no_runtime", message);
    let text = dir.write("text.so", "no library");
    let run = dir
        .bottleneck("images")
        .args(["--runtime", "text.so"])
        .ends_with(1);
    assert!(
        run.message().contains(text.to_str().unwrap()),
        "{}",
        run.message()
    );
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_that_names_it() {
    let dir = Workdir::new();
    dir.images("images", 1);
    dir.write("file", "in the way");
    let args = ["images", "-o", "file/bottlenecks.bin"];
    let run = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(base())
        .args(args)
        .ends_with(1);
    insta::assert_snapshot!("an_output_below_a_file", run.message());
}

#[test]
fn an_unreadable_image_is_skipped() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let image = dir.path("images/hot_dog/0000.jpg");
    fs::set_permissions(&image, fs::Permissions::from_mode(0o0)).unwrap();
    let base = dir.path("base.onnx");
    take(crate::workdir::base(), &base);
    let args = ["--base", "base.onnx", "images", "-o", "out/bottlenecks.bin"];
    let run = dir.unprivileged("hd-bottleneck").args(args).succeeds();
    assert!(
        counts(&run.stderr()).starts_with("3 computed, 0 reused, 1 skipped"),
        "{}",
        run.stderr()
    );
}

#[test]
fn quiet_says_nothing() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let run = dir.bottleneck("images").arg("-q").succeeds();
    assert_eq!(run.stdout() + &run.stderr(), "");
}
