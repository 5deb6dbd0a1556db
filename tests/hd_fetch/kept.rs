//! What lies in the cache is verified before it is used, and brought again where it is damaged.

use std::fs;
use std::path::{Path, PathBuf};

use hd::cache::RuntimeKind;

use super::base::{frozen_tgz, lab_graph};
use super::{cut_off, weights};
use crate::workdir::{ARCHITECTURE, Call, Workdir, base, cached, runtime, trained};

/// Puts a file of the suite's cache into the cache of this test, spoiled by `spoil`.
fn keep(dir: &Workdir, file: &Path, spoil: impl Fn(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = fs::read(file).unwrap();
    spoil(&mut bytes);
    let suite = cached("");
    dir.write(
        Path::new("cache/hd").join(file.strip_prefix(suite).unwrap()),
        bytes,
    )
}

/// A block of the disk that cannot be read any more.
fn hole(bytes: &mut Vec<u8>) {
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes.splice(middle..middle + 4096, [0; 4096]);
}

fn half(bytes: &mut Vec<u8>) {
    bytes.truncate(bytes.len() / 2);
}

#[test]
fn damaged_weights_make_no_base_and_are_brought_again() {
    let dir = Workdir::new();
    let kept = keep(&dir, &weights(), hole);
    let said = cut_off(&dir)
        .args(["base", ARCHITECTURE])
        .ends_with(1)
        .stderr();
    let word = format!("warning: {}: damaged; it is brought again", kept.display());
    assert!(
        said.contains(&word) && said.contains("no source could be reached"),
        "{said}"
    );
    assert!(!dir.path("models").exists());

    fs::create_dir(dir.path("mirror")).unwrap();
    fs::copy(weights(), dir.path("mirror/mobilenet_v2-b0353104.pth")).unwrap();
    let fetch = || {
        let args = [
            "base",
            ARCHITECTURE,
            "--mirror",
            "mirror",
            "-o",
            "base.onnx",
        ];
        cut_off(&dir).args(args).succeeds().stderr()
    };
    assert!(fetch().contains(&word));
    assert!(fs::read(dir.path("base.onnx")).unwrap() == fs::read(base()).unwrap());
    assert!(!fetch().contains("damaged"));
}

#[test]
fn damaged_weights_out_of_a_package_make_no_base() {
    let dir = Workdir::new();
    let lab = ["base", "mobilenet_1.0_224"];
    dir.program("hd-fetch").args(lab).succeeds();
    fs::remove_dir_all(dir.path("models")).unwrap();
    let graph = cached("weights/mobilenet_1.0_224.retrained_graph.pb");
    for spoil in [hole, half] {
        let kept = keep(&dir, &graph, spoil);
        let said = cut_off(&dir).args(lab).ends_with(1).stderr();
        assert!(
            said.contains(&format!("{}: damaged", kept.display())),
            "{said}"
        );
        assert!(!dir.path("models").exists());
    }
}

#[test]
fn a_damaged_archive_whose_digest_nobody_published_makes_no_base_and_is_brought_again() {
    let dir = Workdir::new();
    let whole = frozen_tgz(&lab_graph());
    let name = "mobilenet_v1_1.0_224_frozen.tgz";
    dir.write(Path::new("mirror").join(name), &whole);
    let fetch = |mirror: &[&str], base: &str| {
        let call = cut_off(&dir).args(["base", "mobilenet_1.0_224", "-o", base]);
        call.args(mirror)
    };
    fetch(&["--mirror", "mirror"], "whole.onnx").succeeds();
    let kept = dir.path("cache/hd/weights").join(name);
    for spoil in [half, hole] {
        let mut bytes = whole.clone();
        spoil(&mut bytes);
        fs::write(&kept, &bytes).unwrap();
        let said = fetch(&["--mirror", "mirror"], "again.onnx")
            .succeeds()
            .stderr();
        assert!(said.contains("damaged; it is brought again"), "{said}");
        let read = |base: &str| fs::read(dir.path(base)).unwrap();
        assert!(read("again.onnx") == read("whole.onnx"));
        fs::write(&kept, &bytes).unwrap();
        fetch(&[], "never.onnx").ends_with(1);
        assert!(!dir.path("never.onnx").exists());
    }
}

/// hd-label with the cache of this test.
fn label(dir: &Workdir) -> Call {
    let call = dir
        .program("hd-label")
        .env("XDG_CACHE_HOME", dir.path("cache"));
    call.arg("--graph")
        .arg(trained().join("retrained_graph.onnx"))
        .arg("images")
}

/// The Python package of ONNX Runtime, as far as it is needed.
fn wheel(dir: &Workdir) {
    let machine = std::env::consts::ARCH;
    let version = RuntimeKind::Cpu.version();
    let name = format!("onnxruntime-{version}-cp311-cp311-manylinux_2_28_{machine}.whl");
    let member = format!("onnxruntime/capi/libonnxruntime.so.{version}");
    dir.write(
        Path::new("mirror").join(name),
        super::zip(&[(&member, &fs::read(runtime()).unwrap())]),
    );
}

#[test]
fn a_damaged_runtime_is_never_loaded_and_is_brought_again() {
    base();
    let dir = Workdir::new();
    dir.images("images", 1);
    for spoil in [half, hole] {
        let kept = keep(&dir, &runtime(), spoil);
        let said = label(&dir).ends_with(1).stderr();
        let damaged = format!("{}: the ONNX Runtime library is damaged", kept.display());
        assert!(
            said.contains(&damaged) && said.contains("run `hd-fetch runtime`"),
            "{said}"
        );
        let bottleneck = dir.bottleneck("images");
        let bottleneck = bottleneck.env("XDG_CACHE_HOME", dir.path("cache"));
        let said = bottleneck.ends_with(1).stderr();
        assert!(said.contains(&damaged), "{said}");
    }
    wheel(&dir);
    let fetch = || {
        let args = ["runtime", "--mirror", "mirror"];
        cut_off(&dir).args(args).succeeds().stderr()
    };
    let said = fetch();
    assert!(said.contains("damaged; it is brought again"), "{said}");
    assert!(fetch().contains("it is there already"));
    label(&dir).succeeds();
}

#[test]
fn a_runtime_that_is_cut_short_after_it_was_seen_is_an_error() {
    base();
    let dir = Workdir::new();
    dir.images("images", 1);
    let kept = keep(&dir, &runtime(), |_| {});
    // It was put there by nobody knows whom, and is read once.
    label(&dir).succeeds();
    assert!(kept.with_added_extension("seen").is_file());
    label(&dir).succeeds();
    let file = fs::File::options().write(true).open(&kept).unwrap();
    file.set_len(1 << 20).unwrap();
    let said = label(&dir).ends_with(1).stderr();
    assert!(said.contains("is damaged"), "{said}");
}

#[test]
fn a_runtime_of_the_users_own_is_taken_as_it_is() {
    base();
    let dir = Workdir::new();
    dir.images("images", 1);
    keep(&dir, &runtime(), half);
    // What is changed is of no importance, but the digest is another.
    let mut own = fs::read(runtime()).unwrap();
    own.push(0);
    let own = dir.write("own/libonnxruntime.so", own);
    label(&dir).env("ORT_DYLIB_PATH", &own).succeeds();
    label(&dir).arg("--runtime").arg(&own).succeeds();
    assert!(!own.with_added_extension("seen").exists());
}
