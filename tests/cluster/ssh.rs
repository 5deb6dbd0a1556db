//! Machines that ssh reaches, by GNU parallel.

use std::process::Command;

use super::sshd::Hosts;
use super::task::{Task, kill_with_all_below};
use super::{SLOW, assert_as_one_machine, out, signal, spawn, train, wait_for};
use crate::makefile::make_anywhere;
use crate::systems::can_mount;
use crate::workdir::{Call, Workdir};

fn run(dir: &Workdir, hosts: &Hosts, more: &[&str]) -> Call {
    let hosts = format!("HOSTS={}", hosts.list.display());
    let args = ["CLUSTER=ssh", &hosts, SLOW, &out(dir)];
    train(dir, &[&args[..], more].concat())
}

/// A task that has computed something, of another shard than that.
fn task(dir: &Workdir, but: &str) -> Task {
    wait_for("no task was met in the middle", || {
        let tasks = Task::all(dir).into_iter();
        let mut tasks = tasks.filter(|task| task.shard != but && task.is_in_the_middle(dir));
        tasks.next()
    })
}

#[test]
fn shards_go_to_the_hosts_and_from_one_that_dies_to_another() {
    let dir = Workdir::new();
    let Some(hosts) = Hosts::start("shards_go_to_the_hosts", &dir, &[]) else {
        return;
    };
    let mut make = spawn(run(&dir, &hosts, &["SHARDS=6"]));
    let first = task(&dir, "");
    first.kill();
    // make and whoever it called are gone, and what they began ends.
    task(&dir, &first.shard);
    signal("KILL", make.id());
    make.wait().unwrap();
    let make = spawn(run(&dir, &hosts, &["SHARDS=6"]));
    task(&dir, "");
    kill_with_all_below(hosts.second());
    let ended = make.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("6 of 6 shards"), "{said}");
    assert!(
        said.contains("cluster: ssh does not reach ") && said.contains(" gone, which is left out"),
        "{said}"
    );
    assert_as_one_machine(&dir.path("out"));
    another_process_is_let_alone(&dir);
}

/// What is left of a run that was killed names a process, whose number another one may have by now.
fn another_process_is_let_alone(dir: &Workdir) {
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let host = Call(Command::new("hostname")).succeeds().stdout();
    dir.write("out/cluster/parallel", format!("{} 1 {host}", other.id()));
    let cluster =
        |target: &str| make_anywhere(dir, &["--no-print-directory", target]).arg(out(dir));
    let status = cluster("cluster-status").succeeds().stdout();
    assert!(!status.contains("running"), "{status}");
    cluster("cluster-cancel").succeeds();
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_host_that_does_not_see_out_is_told_before_anything_is_begun() {
    let test = "a_host_that_does_not_see_out";
    if !can_mount(test) {
        return;
    }
    let dir = Workdir::new();
    std::fs::create_dir(dir.path("out")).unwrap();
    let hide = format!(
        "mount -t tmpfs none {} && exec \"$@\"",
        dir.path("out").display()
    );
    let Some(hosts) = Hosts::start(test, &dir, &["unshare", "-m", "sh", "-c", &hide, "sh"]) else {
        return;
    };
    let said = run(&dir, &hosts, &["SHARDS=2"]).ends_with(2).stderr();
    assert!(said.contains("it does not see "), "{said}");
    assert!(said.contains("not all machines can take part"), "{said}");
    assert!(Task::all(&dir).is_empty());
    let shards = std::fs::read_dir(dir.path("out/shards")).unwrap();
    assert_eq!(shards.count(), 0);
}
