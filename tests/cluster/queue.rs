//! What is queued, watched, left and cancelled.

use std::fs;

use super::slurm::Slurm;
use super::{out, spawn, train, wait_for};
use crate::makefile::make_anywhere;
use crate::workdir::{Run, Workdir};

/// A run of six shards that is not begun by Slurm, ended by Ctrl-C when all is queued.
fn queued_and_left(slurm: &Slurm, tasks: usize, more: &[&str]) -> String {
    let out = out(&slurm.dir);
    let args = [&["CLUSTER=slurm", "SHARDS=6", &out][..], more].concat();
    let make = spawn(slurm.used_by(train(&slurm.dir, &args)).in_foreground());
    wait_for("not everything was queued", || {
        (slurm.queue().len() == tasks).then_some(())
    });
    // It watches by now, or is about to.
    std::thread::sleep(std::time::Duration::from_millis(700));
    let script = format!("kill -INT -{}", make.id());
    let mut kill = std::process::Command::new("bash");
    kill.args(["-c", &script]).status().unwrap();
    let ended = make.wait_with_output().unwrap();
    assert!(!ended.status.success());
    String::from_utf8(ended.stderr).unwrap()
}

fn cluster(slurm: &Slurm, target: &str) -> Run {
    let call = make_anywhere(&slurm.dir, &["--no-print-directory", target]);
    slurm.used_by(call.arg(out(&slurm.dir))).succeeds()
}

/// The variable PATH with an sbatch of a site that takes no array of two tasks, which notes how it
/// was called.
fn stingy(slurm: &Slurm) -> String {
    let calls = slurm.dir.path("calls").display().to_string();
    let real = slurm
        .call("sh")
        .args(["-c", "command -v sbatch"])
        .succeeds();
    let text = format!(
        "#!/bin/sh\n\
         echo \"$* \" >>{calls}\n\
         for word; do case $word in --array=*[-,]*)\n\
         echo 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy \
         (job submit limit, the size of the user or time limits)' >&2; exit 1;; esac; done\n\
         exec {} \"$@\"\n",
        real.stdout().trim()
    );
    crate::azure::executable(&slurm.dir, "bin/sbatch", &text);
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", slurm.dir.path("bin").display())
}

#[test]
fn shards_are_queued_once_watched_left_and_cancelled() {
    let Some(slurm) = Slurm::start("shards_are_queued_once", 1001, Workdir::new(), &[]) else {
        return;
    };
    let held = [
        "CLUSTER_FLAGS=--hold",
        "CLUSTER_AT_ONCE=2",
        "CLUSTER_CORES=1",
    ];
    let said = queued_and_left(&slurm, 7, &held);
    assert!(said.contains("queues 6 of 6 shards"), "{said}");
    assert!(said.contains("the jobs go on"), "{said}");
    assert!(said.contains("make cluster-cancel OUT="), "{said}");
    // What is queued already is watched, and not queued again.
    let said = queued_and_left(&slurm, 7, &held);
    assert!(!said.contains("queues"), "{said}");
    let status = cluster(&slurm, "cluster-status").stdout();
    assert!(status.contains("shards: 0 of 6"), "{status}");
    assert!(status.contains("pending: 7"), "{status}");
    assert!(status.contains("missing: 1-6"), "{status}");
    cluster(&slurm, "cluster-cancel");
    assert_eq!(slurm.queue(), [""; 0]);

    // A site that takes no arrays of more than one task gets many.
    let path = stingy(&slurm);
    let args = ["CLUSTER=slurm", "SHARDS=3", "FORCE=1", &out(&slurm.dir)];
    let call = slurm.used_by(train(&slurm.dir, &args)).env("PATH", path);
    call.succeeds();
    let calls = fs::read_to_string(slurm.dir.path("calls")).unwrap();
    let first = calls.lines().next().unwrap();
    for word in [
        "--parsable",
        "--requeue",
        "--open-mode=append",
        "--array=1-3",
    ] {
        assert!(first.split(' ').any(|found| found == word), "{calls}");
    }
    let single = |number: u32| calls.contains(&format!("--array={number} "));
    assert!(single(1) && single(2) && single(3), "{calls}");
    assert!(calls.contains("--dependency=afterany:"), "{calls}");

    // What Slurm refuses for good is told as it says it.
    let args = ["CLUSTER=slurm", "CLUSTER_GPUS=1", &out(&slurm.dir)];
    fs::remove_file(slurm.dir.path("out/shards/1-of-3.bin")).unwrap();
    let call = slurm.used_by(train(&slurm.dir, &args));
    let said = call.ends_with(2).stderr();
    assert!(said.contains("Invalid generic resource"), "{said}");

    // Another number of shards is refused before anything is computed again.
    let args = ["CLUSTER=slurm", "SHARDS=4", &out(&slurm.dir)];
    let said = slurm
        .used_by(train(&slurm.dir, &args))
        .ends_with(2)
        .stderr();
    assert!(said.contains("begun with SHARDS=3"), "{said}");
    // A file that was cut short is told, and made again, and nothing else is.
    let shard = slurm.dir.path("out/shards/2-of-3.bin");
    let whole = fs::read(&shard).unwrap();
    fs::write(&shard, &whole[..whole.len() / 2]).unwrap();
    let args = ["CLUSTER=slurm", &out(&slurm.dir)];
    let said = slurm.used_by(train(&slurm.dir, &args)).succeeds().stderr();
    assert!(said.contains("2-of-3.bin: "), "{said}");
    assert!(said.contains("queues 2 of 3 shards"), "{said}");
    assert!(whole == fs::read(&shard).unwrap());
    let status = cluster(&slurm, "cluster-status").stdout();
    assert!(
        status.contains("shards: 3 of 3") && status.contains("trained"),
        "{status}"
    );
}
