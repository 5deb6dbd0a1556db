use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::workdir::{Workdir, base};

#[test]
fn a_walk_through_a_looping_tree_is_told_of_and_ended_by_ctrl_c() {
    let dir = Workdir::new();
    // Each folder leads to all others, so that there are more ways through them than anybody can wait for.
    for from in 0..12 {
        dir.write(format!("images/cat/{from}/x.jpg"), "");
        for to in (0..12).filter(|to| *to != from) {
            let link = dir.path(format!("images/cat/{from}/to{to}"));
            symlink(format!("../{to}"), link).unwrap();
        }
    }
    fs::create_dir(dir.path("images/dog")).unwrap();
    let mut call = dir.program("hd-bottleneck").args(["images", "-o", "o.bin"]);
    let command = call.0.arg("--base").arg(base()).stderr(Stdio::piped());
    let begin = Instant::now();
    let mut running = command.spawn().unwrap();
    let mut said = String::new();
    let mut stderr = BufReader::new(running.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert_eq!(
        said,
        "hd-bottleneck: looking for images in images: 2 seconds so far\n"
    );
    assert!(begin.elapsed() >= Duration::from_secs(2));
    let interrupt = ["-INT", &running.id().to_string()];
    assert!(
        Command::new("kill")
            .args(interrupt)
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(running.wait().unwrap().signal(), Some(2));
    assert!(!dir.path("o.bin").exists());
}
