//! What many tests begin with, made once in a run.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::cache::{at_home, home};
use super::{Call, Workdir, exe, skip, top};

pub(crate) const ARCHITECTURE: &str = "mobilenet_v2_1.0_224";

/// Runs hd-fetch for a fixture.
fn fetch(args: &[&OsStr]) {
    let mut command = Command::new(exe("hd-fetch"));
    at_home(&mut command, home());
    Call(command).args(args).succeeds();
}

/// Names the folder of fixtures to a process that a test starts of itself.
const FIXTURES: &str = "HD_TEST_FIXTURES";

fn fixtures() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        std::env::var_os(FIXTURES).map_or_else(
            || {
                let mut folder = tempfile::Builder::new();
                let folder = folder.prefix("fixtures-");
                let folder = folder.tempdir_in(env!("CARGO_TARGET_TMPDIR"));
                // A static is never dropped, so the next `make test` deletes the folder.
                folder.unwrap().keep()
            },
            PathBuf::from,
        )
    })
}

/// The real base, and with it ONNX Runtime.
pub(crate) fn base() -> &'static Path {
    static BASE: OnceLock<PathBuf> = OnceLock::new();
    BASE.get_or_init(|| {
        let path = fixtures().join("base.onnx");
        if !path.exists() {
            let base = ["base", ARCHITECTURE, "-o"].map(OsStr::new);
            fetch(&["runtime".as_ref()]);
            fetch(&[&base[..], &[path.as_os_str()]].concat());
        }
        path
    })
}

/// ONNX Runtime for browsers, in the cache. None where neither it nor npm is there, for which the test is skipped.
pub(crate) fn web_runtime(test: &str) -> Option<()> {
    static BROUGHT: OnceLock<bool> = OnceLock::new();
    let brought = *BROUGHT.get_or_init(|| {
        // npm is where `make test-deps` has put it, or the system's.
        let own = top().join("target/venv/bin");
        let system = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&system);
        let path = std::env::join_paths([own].into_iter().chain(path)).unwrap();
        let mut command = Command::new(exe("hd-fetch"));
        at_home(&mut command, home()).env("PATH", path);
        let output = command.args(["runtime", "--device", "web"]).output();
        output.unwrap().status.success()
    });
    if !brought {
        skip(
            test,
            "ONNX Runtime for browsers cannot be brought (make test-deps)",
        );
    }
    brought.then_some(())
}

/// 30 drawings a label.
pub(crate) fn drawings() -> &'static Path {
    static DRAWINGS: OnceLock<PathBuf> = OnceLock::new();
    DRAWINGS.get_or_init(|| {
        let path = fixtures().join("drawings");
        if !path.exists() {
            let how = ["images", "hotdog", "--synthetic", "--count", "30"];
            let how = [&how[..], &["--seed", "5", "-o"]].concat();
            let how: Vec<&OsStr> = how.into_iter().map(OsStr::new).collect();
            fetch(&[&how[..], &[path.as_os_str()]].concat());
        }
        path
    })
}

/// Everything that the pipeline makes of [`drawings`].
pub(crate) fn trained() -> &'static Path {
    static TRAINED: OnceLock<PathBuf> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let dir = Workdir::new();
        dir.bottleneck(drawings().to_str().unwrap()).succeeds();
        dir.train().succeeds();
        let eval = ["out/head.bin", "out/bottlenecks.bin"];
        let metrics = ["--metrics", "out/metrics.json"];
        dir.program("hd-eval").args(eval).args(metrics).succeeds();
        let path = fixtures().join("trained");
        fs::create_dir(&path).unwrap();
        for entry in fs::read_dir(dir.path("out")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), path.join(entry.file_name())).unwrap();
        }
        path
    })
}

/// Runs a test in a process of its own, in which the suite's cache is the user's. The library asks
/// the environment where the cache is, and a process with many threads cannot change its own.
///
/// `test` is the test's name as the test runner has it.
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(FIXTURES).is_some() {
        return body();
    }
    base();
    drawings();
    let mut command = Command::new(std::env::current_exe().unwrap());
    at_home(&mut command, home()).env(FIXTURES, fixtures());
    let run = Call(command).args(["--exact", test]).succeeds();
    // Another name would be no test, and no failure.
    assert!(run.stdout().contains("1 passed"), "{test} is no test");
}
