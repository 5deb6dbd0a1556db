//! Programs that are ended at any moment: what has a name is whole, and nothing stays for ever.
//!
//! `HD_TEST_KILLS=200` kills each program so many times, and lets so many of its writes fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::hd_bottleneck::settle;
use crate::systems::{called_by, can_trace};
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

    /// Asserts that what has a name is what a whole run makes.
    fn assert_whole(&self, whole: &BTreeMap<String, Vec<u8>>) {
        for (name, bytes) in self.made() {
            let is_whole = !is_whole_always(&name) || whole.get(&name) == Some(&bytes);
            assert!(is_whole, "{} left {name}", self.program);
        }
    }

    fn assert_nothing_without_a_name(&self) {
        let made = self.made();
        let mut names = made.keys().filter(|name| name.contains(".hd-tmp"));
        assert_eq!(names.next(), None, "{}", self.program);
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

/// Whether a file is whole at any moment: neither one that has no name yet, nor the journal of
/// hd-bottleneck, from which its next run goes on.
fn is_whole_always(name: &str) -> bool {
    !name.contains(".hd-tmp") && !name.contains(".journal")
}

/// Every program that makes files.
fn cases() -> Vec<Case> {
    let trained = || {
        let dir = Workdir::new();
        dir.trained();
        fs::rename(dir.path("out"), dir.path("in")).unwrap();
        dir
    };
    let bottlenecks = Workdir::new();
    bottlenecks.images("in", 10);
    settle(&bottlenecks.path("in"));
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
        Case::new(
            bottlenecks,
            "hd-bottleneck",
            &["--base", base, "in", "-o", "out/bottlenecks.bin"],
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
            case.assert_whole(&whole);
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
            case.assert_whole(&whole);
            case.assert_nothing_without_a_name();
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
        case.assert_nothing_without_a_name();
    }
}

/// What writes to a file.
const WRITES: &str = "write,writev,pwrite64,pwritev,copy_file_range,sendfile,ftruncate,fallocate";

/// The most writes that one thread of a program makes, by its trace.
fn most_writes(trace: &str) -> u32 {
    let mut writes = BTreeMap::new();
    for line in trace.lines().filter(|line| line.contains('(')) {
        let thread = line.split_whitespace().next().unwrap();
        *writes.entry(thread).or_default() += 1;
    }
    writes.into_values().max().unwrap()
}

#[test]
fn a_disk_that_is_full_at_any_write_is_an_error_and_leaves_nothing_torn() {
    if !can_trace("a_disk_that_is_full_at_any_write") {
        return;
    }
    for case in cases() {
        let traced = |inject: &[&str]| {
            let trace = format!("trace={WRITES}");
            let args = ["-f", "-qq", "-o", "trace", "-e", &trace];
            called_by(
                "strace",
                &[&args[..], inject].concat(),
                &case.dir,
                case.call(),
            )
        };
        case.call().succeeds();
        let whole = case.made();
        let remake = || {
            fs::remove_dir_all(case.dir.path("out")).unwrap();
            fs::create_dir(case.dir.path("out")).unwrap();
        };
        remake();
        traced(&[]).succeeds();
        let writes = most_writes(&fs::read_to_string(case.dir.path("trace")).unwrap());
        let (mut failed, step) = (0, writes.div_ceil(kills()));
        for number in (1..=writes).step_by(step as usize) {
            remake();
            let inject = format!("inject={WRITES}:error=ENOSPC:when={number}");
            let Call(mut command) = traced(&["-e", &inject]);
            let output = command.output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            case.assert_whole(&whole);
            case.assert_nothing_without_a_name();
            if output.status.success() {
                // It was a message, or a file that is only there to save time.
                assert!(case.made() == whole, "{}: {said}", case.program);
                continue;
            }
            failed += 1;
            assert_eq!(output.status.code(), Some(1), "{}: {said}", case.program);
            // Threads count for themselves, so that the message may be a write that fails too.
            let trace = fs::read_to_string(case.dir.path("trace")).unwrap();
            let message = format!("\"{}: ", case.program);
            let is_lost = |line: &str| line.contains(&message) && line.contains("INJECTED");
            assert!(
                said.contains("the disk is full") || trace.lines().any(is_lost),
                "{} at {number}: {said}",
                case.program
            );
            case.call().succeeds();
            assert!(case.made() == whole, "{}", case.program);
        }
        assert!(failed > 0, "{}: {writes} writes", case.program);
    }
}
