//! Programs that are ended at any moment: what has a name is whole, and nothing stays for ever.
//!
//! `HD_TEST_KILLS=200` kills each program so many times.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::workdir::{ARCHITECTURE, Call, Workdir, base, drawings};

/// How often each program is killed.
fn kills() -> u32 {
    let wanted = std::env::var("HD_TEST_KILLS").ok();
    wanted.map_or(6, |wanted| wanted.parse().unwrap())
}

/// A program that makes files in `out`, in a folder of its own.
struct Case {
    dir: Workdir,
    program: &'static str,
    args: Vec<String>,
}

impl Case {
    fn new(dir: Workdir, program: &'static str, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self { dir, program, args }
    }

    fn call(&self) -> Call {
        self.dir.program(self.program).args(&self.args)
    }

    /// The files that it makes, by their names.
    fn made(&self) -> BTreeMap<String, Vec<u8>> {
        let mut made = BTreeMap::new();
        collect(&self.dir.path("out"), "", &mut made);
        made
    }

    /// Starts it and ends it with a signal after a while. Says whether it had ended before.
    fn end(&self, signal: &str, after: Duration) -> bool {
        let Call(mut command) = self.call();
        let mut child = command
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        sleep(after);
        let ended = child.try_wait().unwrap().is_some();
        if !ended {
            // The shell's own, since not every machine has the program.
            let kill = format!("kill -{signal} {}", child.id());
            Call(Command::new("bash")).args(["-c", &kill]).succeeds();
            child.wait().unwrap();
        }
        ended
    }
}

/// The files below a folder. What a name begins with tells where they are.
fn collect(folder: &Path, before: &str, made: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = format!("{before}{}", entry.file_name().to_str().unwrap());
        match entry.path().is_dir() {
            true => collect(&entry.path(), &format!("{name}/"), made),
            false => drop(made.insert(name, fs::read(entry.path()).unwrap())),
        }
    }
}

/// Every program that makes files, but for hd-bottleneck, whose journal has tests of its own.
fn cases() -> Vec<Case> {
    let trained = || {
        let dir = Workdir::new();
        dir.trained();
        fs::rename(dir.path("out"), dir.path("in")).unwrap();
        dir
    };
    let base = base().to_str().unwrap();
    let image = drawings().join("hot_dog/0000.jpg");
    let image = image.to_str().unwrap();
    let graph = [
        "--output-graph",
        "out/graph.onnx",
        "--output-labels",
        "out/labels.txt",
    ];
    let train = [
        "in/bottlenecks.bin",
        "--base",
        base,
        "--head",
        "out/head.bin",
    ];
    let eval = [
        "in/head.bin",
        "in/bottlenecks.bin",
        "--metrics",
        "out/metrics.json",
    ];
    vec![
        Case::new(
            Workdir::new(),
            "hd-fetch",
            &["base", ARCHITECTURE, "-o", "out/base.onnx"],
        ),
        Case::new(
            Workdir::new(),
            "hd-fetch",
            &[
                "images",
                "hotdog",
                "--synthetic",
                "--count",
                "20",
                "-o",
                "out/drawings",
            ],
        ),
        Case::new(trained(), "hd-train", &[&train[..], &graph[..]].concat()),
        Case::new(
            trained(),
            "hd-eval",
            &[&eval[..], &["--report", "out/report.html"]].concat(),
        ),
        Case::new(
            trained(),
            "hd-label",
            &[
                "--graph",
                "in/retrained_graph.onnx",
                "--heatmap",
                "out/heat.png",
                image,
            ],
        ),
    ]
}

/// A moment in the time that a program takes, another one for each number.
fn moment(number: u32, time: Duration) -> Duration {
    time.mul_f64(f64::from(number) * 0.618_034 % 1.0)
}

#[test]
fn what_a_killed_program_leaves_is_whole_and_the_next_run_takes_away_the_rest() {
    for case in cases() {
        let begun = Instant::now();
        case.call().succeeds();
        let (time, whole) = (begun.elapsed(), case.made());
        for number in 1..=kills() {
            fs::remove_dir_all(case.dir.path("out")).unwrap();
            fs::create_dir(case.dir.path("out")).unwrap();
            case.end("KILL", moment(number, time));
            for (name, bytes) in case
                .made()
                .iter()
                .filter(|(name, _)| !name.contains(".hd-tmp"))
            {
                assert!(
                    whole.get(name) == Some(bytes),
                    "{} left {name}",
                    case.program
                );
            }
            // hd-fetch refuses to make images that are there.
            if case.made() != whole {
                case.call().succeeds();
            }
            let made = case.made();
            assert!(made == whole, "{}: {:?}", case.program, made.keys());
        }
    }
}

#[test]
fn a_program_that_ctrl_c_or_a_shutdown_ends_takes_everything_away_that_has_no_name_yet() {
    for case in cases() {
        let begun = Instant::now();
        case.call().succeeds();
        let (time, whole) = (begun.elapsed(), case.made());
        for (number, signal) in (1..=kills()).zip(["INT", "TERM", "HUP"].iter().cycle()) {
            fs::remove_dir_all(case.dir.path("out")).unwrap();
            fs::create_dir(case.dir.path("out")).unwrap();
            // It listens from its first milliseconds on.
            case.end(signal, moment(number, time).max(Duration::from_millis(30)));
            for (name, bytes) in case.made() {
                assert!(
                    whole.get(&name) == Some(&bytes),
                    "{} left {name}",
                    case.program
                );
            }
        }
    }
}

#[test]
fn a_file_that_may_not_grow_is_an_error_that_names_it_and_no_death() {
    for case in cases() {
        let Call(ours) = case.call();
        let mut command = Command::new("bash");
        command.current_dir(ours.get_current_dir().unwrap());
        command.env_clear().envs(std::env::vars());
        for (name, value) in ours.get_envs() {
            command.env(name, value.unwrap());
        }
        command.args(["-c", "ulimit -f 1; exec \"$@\"", "bash"]);
        command.arg(ours.get_program()).args(ours.get_args());
        let run = Call(command).ends_with(1);
        assert!(
            run.stderr().contains("File too large"),
            "{}: {}",
            case.program,
            run.stderr()
        );
        assert!(case.made().keys().all(|name| !name.contains(".hd-tmp")));
    }
}
