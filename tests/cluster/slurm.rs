//! A Slurm cluster of two nodes of one core, all on this machine.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::task::Task;
use super::{is_there, signal, wait_for};
use crate::workdir::{Call, Workdir, forbidden, skip};

/// The daemons, which end with the test.
pub(super) struct Slurm {
    pub(super) dir: Workdir,
    daemons: Vec<Child>,
    nodes: [Option<Child>; 2],
}

pub(super) const NODES: [&str; 2] = ["n1", "n2"];

impl Slurm {
    /// A cluster whose arrays end before `max_array`. None where Slurm cannot be run, for which the
    /// test is skipped. `second` is what the daemon of the second node is run by.
    pub(super) fn start(test: &str, max_array: u32, dir: Workdir, second: &[&str]) -> Option<Self> {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            forbidden(test, "only root can run Slurm's daemons");
            return None;
        }
        if !["munged", "slurmctld", "slurmd", "sbatch"]
            .into_iter()
            .all(is_there)
        {
            skip(test, "Slurm is not there (apt-get install slurm-wlm munge)");
            return None;
        }
        let mut slurm = Self {
            dir,
            daemons: Vec::new(),
            nodes: [None, None],
        };
        slurm.configure(max_array);
        slurm.daemons.push(slurm.munged());
        let socket = slurm.dir.path("slurm/munge/socket");
        wait_for("munged does not answer", || socket.exists().then_some(()));
        let controller = slurm.daemon("slurmctld", &["slurmctld", "-D"]);
        slurm.daemons.push(controller);
        slurm.nodes[0] = Some(slurm.daemon("n1", &["slurmd", "-D", "-N", "n1"]));
        let second = [second, &["slurmd", "-D", "-N", "n2"]].concat();
        slurm.nodes[1] = Some(slurm.daemon("n2", &second));
        wait_for("Slurm's nodes are not idle", || {
            let Call(mut idle) = slurm.call("sinfo").args(["-h", "-N", "-t", "idle"]);
            let idle = idle.output().unwrap().stdout;
            (String::from_utf8_lossy(&idle).lines().count() == 2).then_some(())
        });
        Some(slurm)
    }

    fn configure(&self, max_array: u32) {
        for folder in ["state", "spool", "munge"] {
            fs::create_dir_all(self.dir.path("slurm").join(folder)).unwrap();
        }
        let key: Vec<u8> = (0..128).map(|byte| byte ^ 0x5a).collect();
        let key = self.dir.write("slurm/munge/key", key);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o400);
        fs::set_permissions(key, mode).unwrap();
        let ports: Vec<TcpListener> = (0..3)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let port = |number: usize| ports[number].local_addr().unwrap().port().to_string();
        let text = include_str!("slurm.conf")
            .replace("DIR", &self.dir.path("slurm").display().to_string())
            .replace("MAX_ARRAY", &max_array.to_string())
            .replace("PORT0", &port(0))
            .replace("PORT1", &port(1))
            .replace("PORT2", &port(2));
        self.dir.write("slurm/slurm.conf", text);
    }

    fn munged(&self) -> Child {
        let mut command = Command::new("/usr/sbin/munged");
        command.args(["--foreground", "--force", "--num-threads=2"]);
        for (flag, file) in [
            ("key-file", "key"),
            ("socket", "socket"),
            ("pid-file", "pid"),
            ("log-file", "log"),
            ("seed-file", "seed"),
        ] {
            let path = self.dir.path("slurm/munge").join(file);
            command.arg(format!("--{flag}={}", path.display()));
        }
        silent(&mut command).spawn().unwrap()
    }

    fn daemon(&self, log: &str, words: &[&str]) -> Child {
        let Call(mut command) = self.call(words[0]);
        let log = fs::File::create(self.dir.path("slurm").join(format!("{log}.log"))).unwrap();
        command.args(&words[1..]);
        // What a node runs has the environment of whoever queued it.
        silent(&mut command).stderr(log).spawn().unwrap()
    }

    /// A program of Slurm's.
    pub(super) fn call(&self, program: &str) -> Call {
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        command.env("PATH", path).env("SLURM_CONF", self.conf());
        Call(command)
    }

    pub(super) fn conf(&self) -> PathBuf {
        self.dir.path("slurm/slurm.conf")
    }

    /// The same with this cluster as the user's.
    pub(super) fn used_by(&self, call: Call) -> Call {
        call.env("SLURM_CONF", self.conf())
    }

    /// The tasks that the queue holds, a line each: number in the array, state.
    pub(super) fn queue(&self) -> Vec<String> {
        let queue = self.call("squeue").args(["-h", "-r", "-o", "%K %T"]);
        let lines = queue.succeeds().stdout();
        lines.lines().map(str::to_owned).collect()
    }

    /// Kills a node with all that runs on it, as when its power fails.
    pub(super) fn kill_node(&mut self, number: usize) {
        let tasks = Task::all(&self.dir);
        let mut daemon = self.nodes[number].take().unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        for task in tasks.iter().filter(|task| task.node == NODES[number]) {
            task.kill_with_its_step();
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let Call(mut cancel) = self.call("scancel").arg("--user=root");
        let _ = cancel.output();
        for task in Task::all(&self.dir) {
            task.kill_with_its_step();
        }
        let nodes = self.nodes.iter_mut().flatten();
        for daemon in nodes.chain(self.daemons.iter_mut().rev()) {
            signal("TERM", daemon.id());
            let _ = daemon.wait();
        }
    }
}

fn silent(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}
