//! A folder for each test, and running programs in it.

mod cache;
mod fixtures;
mod nobody;
mod skip;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) use cache::{at_home, cached, home, runtime, take};
pub(crate) use fixtures::{ARCHITECTURE, alone, base, drawings, trained, web_runtime};
pub(crate) use skip::{dependency, forbidden, reference, skip};

/// A folder that vanishes with the test, and beside it a home for the programs that run in it.
pub(crate) struct Workdir(tempfile::TempDir);

impl Workdir {
    pub(crate) fn new() -> Self {
        let dir = Self(tempfile::tempdir().unwrap());
        fs::create_dir(dir.path("")).unwrap();
        cache::furnish(&dir.home());
        dir
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.0.path().join("home")
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Copies `count` drawings of each label into the folder `name`, one subfolder a label.
    pub(crate) fn images(&self, name: &str, count: usize) {
        for label in ["hot_dog", "not_hot_dog"] {
            for index in 0..count {
                let image = format!("{label}/{index:04}.jpg");
                self.write(
                    Path::new(name).join(&image),
                    fs::read(drawings().join(&image)).unwrap(),
                );
            }
        }
    }

    /// Copies what [`trained`] made into the folder `out`.
    pub(crate) fn trained(&self) {
        for file in [
            "bottlenecks.bin",
            "head.bin",
            "retrained_graph.onnx",
            "metrics.json",
        ] {
            self.write(
                Path::new("out").join(file),
                fs::read(trained().join(file)).unwrap(),
            );
        }
    }

    /// A program of ours in this folder.
    pub(crate) fn program(&self, name: &str) -> Call {
        let mut command = Command::new(exe(name));
        at_home(&mut command, &self.home())
            .current_dir(self.path(""))
            .env("CLICOLOR", "0")
            .env("COLUMNS", "100");
        Call(command)
    }

    /// hd-bottleneck over the folder `images`, into `out/bottlenecks.bin`.
    pub(crate) fn bottleneck(&self, images: &str) -> Call {
        self.program("hd-bottleneck")
            .arg("--base")
            .arg(base())
            .args([images, "-o", "out/bottlenecks.bin"])
    }

    /// hd-train on `out/bottlenecks.bin`, into `out`.
    pub(crate) fn train(&self) -> Call {
        let graph = [
            "--output-graph",
            "out/retrained_graph.onnx",
            "--output-labels",
            "out/retrained_labels.txt",
        ];
        let call = self
            .program("hd-train")
            .arg("out/bottlenecks.bin")
            .arg("--base")
            .arg(base());
        call.args(["--head", "out/head.bin"]).args(graph)
    }
}

/// A command, not yet run.
pub(crate) struct Call(pub(crate) Command);

impl Call {
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// The same as a shell at a terminal begins it: in a group of its own, which Ctrl-C reaches. Tests that run in the
    /// background do not heed Ctrl-C, and would hand that on.
    pub(crate) fn in_foreground(self) -> Self {
        let mut command = Command::new("env");
        command
            .arg("--default-signal=INT")
            .arg(self.0.get_program());
        command.args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = self.0.get_current_dir() {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).process_group(0);
        Self(command)
    }

    /// Runs it; it must succeed.
    pub(crate) fn succeeds(self) -> Run {
        self.ends_with(0)
    }

    /// Runs it; it must end with this status.
    pub(crate) fn ends_with(mut self, status: i32) -> Run {
        let run = Run(self.0.output().unwrap());
        let ended = run.0.status;
        assert_eq!(
            ended.code(),
            Some(status),
            "{:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.0,
            run.stdout(),
            run.stderr()
        );
        run
    }
}

/// A command that has ended.
pub(crate) struct Run(Output);

impl Run {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// stderr without the digests, lengths and addresses of this machine.
    pub(crate) fn message(&self) -> String {
        self.stderr().replace(&base().display().to_string(), "BASE")
    }
}

/// The path of a program of ours.
pub(crate) fn exe(name: &str) -> &'static str {
    match name {
        "hd-fetch" => env!("CARGO_BIN_EXE_hd-fetch"),
        "hd-bottleneck" => env!("CARGO_BIN_EXE_hd-bottleneck"),
        "hd-train" => env!("CARGO_BIN_EXE_hd-train"),
        "hd-eval" => env!("CARGO_BIN_EXE_hd-eval"),
        "hd-label" => env!("CARGO_BIN_EXE_hd-label"),
        "hd-app" => env!("CARGO_BIN_EXE_hd-app"),
        other => panic!("no program {other}"),
    }
}

pub(crate) const PROGRAMS: [&str; 6] = [
    "hd-fetch",
    "hd-bottleneck",
    "hd-train",
    "hd-eval",
    "hd-label",
    "hd-app",
];

/// The root of the checkout.
pub(crate) fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How far two vectors point the same way: 1 where they do.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
        products.sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
