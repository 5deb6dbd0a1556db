//! What is left of a run that ends before its end.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{counts, settle};
use crate::workdir::{Call, Workdir, at_home, base, exe};

/// Waits until something was computed, and long before all is: a record of the journal is a little over 5 KB.
fn wait_for_work(dir: &Workdir) {
    let journal = dir.path("out/bottlenecks.bin.journal");
    let begun = Instant::now();
    while fs::metadata(&journal).map_or(0, |metadata| metadata.len()) < 30_000 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "nothing was computed"
        );
        sleep(Duration::from_millis(1));
    }
}

fn start(dir: &Workdir) -> Child {
    let mut call = dir.bottleneck("images").args(["--jobs", "1"]);
    call.0.stdout(Stdio::null()).stderr(Stdio::piped());
    call.0.spawn().unwrap()
}

/// Brings the file up to date, and says how many images had to be computed for that.
fn go_on(dir: &Workdir) -> usize {
    let run = dir.bottleneck("images").succeeds().stderr();
    counts(&run).split(' ').next().unwrap().parse().unwrap()
}

/// The bytes that a run gives that nothing disturbs.
fn undisturbed(dir: &Workdir) -> Vec<u8> {
    let out = dir.path("undisturbed.bin");
    let call = dir.program("hd-bottleneck").arg("--base").arg(base());
    call.arg("images").arg("-o").arg(&out).succeeds();
    fs::read(out).unwrap()
}

#[test]
fn a_killed_run_leaves_nothing_that_looks_done_and_the_next_goes_on() {
    let dir = Workdir::new();
    dir.images("images", 25);
    settle(&dir.path("images"));
    let mut child = start(&dir);
    wait_for_work(&dir);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!dir.path("out/bottlenecks.bin").exists());
    let computed = go_on(&dir);
    assert!(
        (1..=45).contains(&computed),
        "{computed} of 50 computed after the kill"
    );
    assert!(!dir.path("out/bottlenecks.bin.journal").exists());
    assert!(undisturbed(&dir) == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn killed_again_and_again_it_ends_with_the_bytes_of_an_undisturbed_run() {
    let dir = Workdir::new();
    dir.images("images", 30);
    settle(&dir.path("images"));
    let mut kills = 0u64;
    // Moments from the first instructions on, and later ones with every kill, so that it gets on however slow the machine.
    let mut state = 7u64;
    loop {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut child = start(&dir);
        sleep(Duration::from_micros(
            (state >> 33) % (20_000 * (kills + 1)),
        ));
        match child.try_wait().unwrap() {
            Some(status) => {
                assert!(status.success());
                break;
            }
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
            }
        }
        assert!(kills < 200, "it does not get on");
    }
    assert!(kills >= 3, "only {kills} runs were killed");
    assert!(undisturbed(&dir) == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

#[test]
fn ctrl_c_ends_it_tidily_and_the_next_run_goes_on() {
    let dir = Workdir::new();
    dir.images("images", 25);
    settle(&dir.path("images"));
    let child = start(&dir);
    wait_for_work(&dir);
    // The shell's own, since not every machine has the program.
    let signal = format!("kill -INT {}", child.id());
    Call(Command::new("bash")).args(["-c", &signal]).succeeds();
    let ended = child.wait_with_output().unwrap();
    let message = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{message}");
    assert!(
        message.contains("out/bottlenecks.bin: interrupted after ")
            && message.contains(" of 50 files")
            && message.contains("hint: run it again to go on from there"),
        "{message}"
    );
    let left: Vec<_> = fs::read_dir(dir.path("out")).unwrap().collect();
    assert_eq!(left.len(), 1, "only the journal is left: {left:?}");
    let computed = go_on(&dir);
    assert!((1..50).contains(&computed), "{computed} computed");
    assert!(undisturbed(&dir) == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}

/// hd-bottleneck where no file may grow beyond so many KiB: what a full disk is to it.
fn cramped(dir: &Workdir, limit: u32) -> Call {
    let mut command = Command::new("bash");
    at_home(&mut command, &dir.home()).current_dir(dir.path(""));
    // The signal would end it; ignored, writing fails.
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
    command.args(["-c", &script, "bash", exe("hd-bottleneck")]);
    command
        .arg("--base")
        .arg(base())
        .args(["images", "-o", "out/bottlenecks.bin"]);
    Call(command)
}

fn files_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file_and_costs_nothing() {
    let dir = Workdir::new();
    dir.images("images", 20);
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    let before = fs::read(dir.path("out/bottlenecks.bin")).unwrap();
    dir.images("images", 28);
    settle(&dir.path("images"));

    // Not even the journal finds room.
    let message = cramped(&dir, 20).ends_with(1).stderr();
    assert!(
        message.contains("out/bottlenecks.bin.journal: cannot write: File too large"),
        "{message}"
    );
    assert!(before == fs::read(dir.path("out/bottlenecks.bin")).unwrap());

    // The journal does, but the new file does not.
    let message = cramped(&dir, 150).ends_with(1).stderr();
    assert!(
        message.contains("out/bottlenecks.bin: cannot write: File too large"),
        "{message}"
    );
    assert!(before == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
    assert_eq!(
        files_in(&dir.path("out")),
        [
            "bottlenecks.bin",
            "bottlenecks.bin.journal",
            "bottlenecks.bin.journal.2"
        ]
    );

    // With room again nothing of what was computed is computed again.
    let run = dir.bottleneck("images").succeeds();
    assert_eq!(counts(&run.stderr()), "0 computed, 56 reused, 0 skipped");
    assert!(undisturbed(&dir) == fs::read(dir.path("out/bottlenecks.bin")).unwrap());
}
