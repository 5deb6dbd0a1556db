//! The bottleneck stage on many machines, with the real Slurm and the real ssh. All machines are this
//! one: Slurm's nodes are daemons with names of their own, and hosts are ports of loopback.

mod queue;
mod refusals;
mod slurm;
mod ssh;
mod sshd;
mod task;
mod whole;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::hd_bottleneck::settle;
use crate::makefile::make_anywhere;
use crate::workdir::{Call, Workdir};

/// Flags that make an image so much work that a task can be met in the middle.
const SLOW: &str = "BOTTLENECK_FLAGS=--flip-left-right --variants 15";

const PRODUCTS: [&str; 3] = ["bottlenecks.bin", "head.bin", "metrics.json"];

/// The images of all these tests, and what one machine makes of them.
fn one_machine() -> &'static Workdir {
    static ONE: OnceLock<Workdir> = OnceLock::new();
    ONE.get_or_init(|| {
        let dir = Workdir::new();
        dir.images("images", 12);
        settle(&dir.path("images"));
        let out = format!("OUT={}", dir.path("one").display());
        train(&dir, &[&out, SLOW]).succeeds();
        dir
    })
}

/// `make train` on those images.
fn train(dir: &Workdir, args: &[&str]) -> Call {
    // While the fixture is made it is not there yet.
    let images = match dir.path("images").exists() {
        true => dir.path("images"),
        false => one_machine().path("images"),
    };
    make_anywhere(dir, &["train", "--no-print-directory"])
        .arg(format!("IMAGES={}", images.display()))
        .args(args)
        .env("HD_CLUSTER_PAUSE", "0.3")
}

fn out(dir: &Workdir) -> String {
    format!("OUT={}", dir.path("out").display())
}

/// Asserts that OUT has the bytes that one machine made.
fn assert_as_one_machine(out: &Path) {
    for name in PRODUCTS {
        let here = fs::read(out.join(name)).unwrap();
        assert!(
            here == fs::read(one_machine().path("one").join(name)).unwrap(),
            "{name}"
        );
    }
}

fn spawn(Call(mut command): Call) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits for something that has to come.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "{what}");
        sleep(Duration::from_millis(20));
    }
}

fn signal(name: &str, pid: u32) {
    let kill = format!("kill -{name} {pid}");
    Call(Command::new("bash")).args(["-c", &kill]).succeeds();
}

fn is_there(program: &str) -> bool {
    let look = format!("command -v {program} >/dev/null");
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &look]).env("PATH", path);
    shell.status().unwrap().success()
}
