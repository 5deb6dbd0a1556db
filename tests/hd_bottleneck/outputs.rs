//! The file of bottlenecks: in shards, as text and for numpy.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use hd::bottleneck::{Bottlenecks, Row};

use super::{counts, settle};
use crate::workdir::{Call, Workdir, base, dependency};

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
fn a_finished_file_is_exported_without_the_base_and_the_images() {
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.bottleneck("images")
        .args(["--export", "with"])
        .succeeds();
    fs::remove_dir_all(dir.path("images")).unwrap();
    let export = |more: &[&str]| {
        let call = dir.program("hd-bottleneck").args(["--export", "without"]);
        call.args(more)
    };
    export(&["out/bottlenecks.bin"]).succeeds();
    for name in ["bottlenecks.npy", "rows.tsv"] {
        let [with, without] =
            ["with", "without"].map(|folder| fs::read(dir.path(folder).join(name)).unwrap());
        assert!(with == without, "{name}");
    }
    let rows = fs::read_to_string(dir.path("without/rows.tsv")).unwrap();
    assert!(rows.starts_with("path\tlabel\t"), "{rows}");
    let run = export(&["out"]).ends_with(2);
    assert!(run.stderr().contains("it is a folder"), "{}", run.stderr());
    for more in [
        &["-o", "b.bin", "images"][..],
        &["--base", "x.onnx", "images"],
        &[],
    ] {
        export(more).ends_with(2);
    }
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
rows = [line.rstrip('\\n').split('\\t') for line in open('numpy/rows.tsv')][1:]
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
fn quiet_says_nothing() {
    let dir = Workdir::new();
    dir.images("images", 3);
    let run = dir.bottleneck("images").arg("-q").succeeds();
    assert_eq!(run.stdout() + &run.stderr(), "");
}
