//! Tests that cannot run here. None of them passes in silence.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Call, Workdir, top};

/// Where the tests that did not run are listed: a line each, its name and the reason. `make test`
/// begins with an empty list, and ends by showing it.
const LIST: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/skipped.tsv");

/// Lists a test as one that does not run, for a reason. The caller returns.
///
/// # Panics
/// Under `HD_TEST_STRICT=1`, where every test has to run.
pub(crate) fn skip(test: &str, reason: &str) {
    let strict = std::env::var_os("HD_TEST_STRICT").is_some_and(|value| value == "1");
    assert!(!strict, "{test} did not run: {reason}");
    note(test, reason);
}

/// Lists a test that the kernel or the container forbids, which no package mends: a strict run goes
/// on, and its last lines name the test.
pub(crate) fn forbidden(test: &str, reason: &str) {
    note(test, reason);
}

fn note(test: &str, reason: &str) {
    let list = File::options().create(true).append(true).open(LIST);
    // In one piece, since tests run side by side.
    let line = format!("{test}\t{reason}\n");
    list.unwrap().write_all(line.as_bytes()).unwrap();
}

/// The file or folder at `path` below the checkout, which `make test-deps` makes.
pub(crate) fn dependency(test: &str, path: &str) -> Option<PathBuf> {
    let reason = format!("{path} is not there (make test-deps)");
    found(test, top().join(path), &reason)
}

/// The file or folder `name` in a folder of reference material that a stranger's clone does not
/// have.
pub(crate) fn reference(test: &str, name: &str) -> Option<PathBuf> {
    let reason = format!("../shared/{name} is not there");
    found(test, top().join("../shared").join(name), &reason)
}

fn found(test: &str, path: PathBuf, reason: &str) -> Option<PathBuf> {
    if !Path::exists(&path) {
        skip(test, reason);
        return None;
    }
    Some(path)
}

#[test]
fn tests_that_did_not_run_are_shown_by_the_reason() {
    let show = |list: &Path| {
        let command = Command::new(top().join("scripts/skipped"));
        Call(command).arg(list).succeeds().stdout()
    };
    let dir = Workdir::new();
    assert_eq!(show(&dir.path("none.tsv")), "every test ran\n");
    // Tests run in any order, and one may lack two things.
    let lines = ["b\tno x (get it)", "c\tno y", "a\tno x (get it)", "a\tno y"];
    let list = dir.write(
        "skipped.tsv",
        lines.map(|line| format!("{line}\n")).concat(),
    );
    let shown = "3 tests did not run:\n2: no x (get it)\n    a\n    b\n2: no y\n    a\n    c\n";
    assert_eq!(show(&list), shown);
}

#[test]
fn in_a_strict_run_a_test_that_does_not_run_fails() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "workdir::skip::lacks_something", "--ignored"]);
    let run = Call(command).env("HD_TEST_STRICT", "1").ends_with(101);
    let said = "lacks_something did not run: it is of no use";
    assert!(run.stdout().contains(said), "{}", run.stdout());
}

/// The other half of the test before, which runs it in a process of its own.
#[test]
#[ignore = "needs the environment that the test before makes"]
fn lacks_something() {
    skip("lacks_something", "it is of no use");
}
