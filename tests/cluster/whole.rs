//! A run on Slurm that is disturbed in every way, and what it makes.

use super::slurm::{NODES, Slurm};
use super::task::Task;
use super::{SLOW, assert_as_one_machine, out, signal, spawn, train, wait_for};
use crate::workdir::{Call, Workdir};
use std::process::Command;

/// A task on this node that has computed something and is no other's shard.
fn task_on(dir: &Workdir, node: &str, but: &[&Task]) -> Task {
    wait_for("no task was met in the middle", || {
        let tasks = Task::all(dir).into_iter();
        let mut tasks = tasks.filter(|task| {
            let is_other = but.iter().all(|one| one.shard != task.shard);
            task.node == node && is_other && task.is_in_the_middle(dir)
        });
        tasks.next()
    })
}

#[test]
fn whatever_is_killed_the_run_ends_with_the_bytes_of_one_machine() {
    let test = "whatever_is_killed_the_run_ends";
    // An array has three numbers at most, and the shards need three arrays.
    let Some(mut slurm) = Slurm::start(test, 4, Workdir::new(), &[]) else {
        return;
    };
    let run = |slurm: &Slurm| {
        let args = ["CLUSTER=slurm", "SHARDS=8", SLOW, &out(&slurm.dir)];
        slurm.used_by(train(&slurm.dir, &args))
    };
    let mut make = spawn(run(&slurm));
    // A full disk, which is to this one process a limit on the size of its files.
    let full = task_on(&slurm.dir, NODES[0], &[]);
    let mut limit = Command::new("prlimit");
    limit.args(["--pid", &full.pid.to_string(), "--fsize=6000"]);
    Call(limit).succeeds();
    let killed = task_on(&slurm.dir, NODES[0], &[&full]);
    killed.kill();
    task_on(&slurm.dir, NODES[1], &[]);
    slurm.kill_node(1);
    signal("KILL", make.id());
    make.wait().unwrap();

    let said = run(&slurm).succeeds().stderr();
    assert_as_one_machine(&slurm.dir.path("out"));
    let log = |task: &Task| {
        let number: u32 = task.shard.split('/').next().unwrap().parse().unwrap();
        let (offset, number) = ((number - 1) / 3 * 3, (number - 1) % 3 + 1);
        let name = match offset {
            0 => format!("{number}.log"),
            _ => format!("{offset}+{number}.log"),
        };
        std::fs::read_to_string(slurm.dir.path("out/cluster/log").join(name)).unwrap()
    };
    assert!(log(&full).contains("File too large"), "{}", log(&full));
    assert!(log(&killed).contains("Killed"), "{}", log(&killed));
    assert!(said.contains("8 of 8 shards"), "{said}");
    // What exists is done.
    let said = run(&slurm).succeeds().stderr();
    assert!(!said.contains("queues"), "{said}");
}
