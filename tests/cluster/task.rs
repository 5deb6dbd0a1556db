//! What runs on the nodes, found among the processes of this machine.

use std::fs;
use std::process::Command;

use super::signal;
use crate::workdir::Workdir;

/// A run of hd-bottleneck on a shard of a test.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) pid: u32,
    /// As in `3/6`.
    pub(super) shard: String,
    /// The name of Slurm's node, empty where there is none.
    pub(super) node: String,
}

impl Task {
    /// Those whose output lies in the folder of the test.
    pub(super) fn all(dir: &Workdir) -> Vec<Self> {
        let out = dir.path("").display().to_string();
        processes().filter_map(|pid| Self::of(pid, &out)).collect()
    }

    fn of(pid: u32, out: &str) -> Option<Self> {
        let words = words(pid, "cmdline")?;
        let program = words.first()?;
        if !program.ends_with("/hd-bottleneck") || !words.iter().any(|word| word.starts_with(out)) {
            return None;
        }
        let shard = words.iter().position(|word| word == "--shard")?;
        let environment = self::words(pid, "environ")?;
        let node = environment
            .iter()
            .find_map(|variable| variable.strip_prefix("SLURMD_NODENAME="));
        Some(Self {
            pid,
            shard: words.get(shard + 1)?.clone(),
            node: node.unwrap_or_default().to_owned(),
        })
    }

    /// Whether something is in its journal already.
    pub(super) fn is_in_the_middle(&self, dir: &Workdir) -> bool {
        let name = format!("out/shards/{}.bin.journal", self.shard.replace('/', "-of-"));
        fs::metadata(dir.path(name)).is_ok_and(|metadata| metadata.len() > 5_000)
    }

    /// Kills it and all above it, up to Slurm's or ssh's own process for it.
    pub(super) fn kill_with_its_step(&self) {
        let mut pid = self.pid;
        let mut pids = vec![pid];
        while let Some((name, parent)) = name_and_parent(pid) {
            if name == "slurmd" || name == "make" || parent <= 1 {
                break;
            }
            if ["slurmstepd", "sshd"].contains(&name.as_str()) {
                break;
            }
            pid = parent;
            pids.push(pid);
        }
        pids.into_iter().rev().for_each(kill_silently);
    }

    /// Kills only it.
    pub(super) fn kill(&self) {
        signal("KILL", self.pid);
    }
}

/// Kills a process and all that it has begun.
pub(super) fn kill_with_all_below(pid: u32) {
    let is_below = |one: u32| {
        let mut above = std::iter::successors(Some(one), |one| Some(name_and_parent(*one)?.1));
        above.any(|one| one == pid)
    };
    let all: Vec<u32> = processes().filter(|one| is_below(*one)).collect();
    for pid in all {
        kill_silently(pid);
    }
}

/// It may have ended by itself.
fn kill_silently(pid: u32) {
    let kill = format!("kill -KILL {pid} 2>/dev/null");
    let _ = Command::new("bash").args(["-c", &kill]).status();
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok())
}

fn words(pid: u32, file: &str) -> Option<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/{file}")).ok()?;
    let words = bytes.split(|byte| *byte == 0);
    Some(
        words
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect(),
    )
}

fn name_and_parent(pid: u32) -> Option<(String, u32)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim().to_owned())
    };
    Some((field("Name:")?, field("PPid:")?.parse().ok()?))
}
