//! Systems as they are: without a home, without locks, without /sys, mounted so that nothing runs.

use std::path::Path;
use std::process::Command;

use crate::hd_bottleneck::settle;
use crate::serving::serve;
use crate::workdir::{
    ARCHITECTURE, Call, Run, Workdir, base, cached, forbidden, runtime, skip, trained,
};

/// Whether a program is there that a test needs.
fn has(test: &str, program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program} >/dev/null")])
        .status();
    let is_there = found.unwrap().success();
    if !is_there {
        skip(test, &format!("{program} is not there"));
    }
    is_there
}

/// Whether strace is there and may trace.
pub(crate) fn can_trace(test: &str) -> bool {
    if !has(test, "strace") {
        return false;
    }
    let probe = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status();
    let may = probe.unwrap().success();
    if !may {
        forbidden(test, "strace may trace nothing here");
    }
    may
}

/// Whether a test that needs it may mount something, where nobody else sees it.
pub(crate) fn can_mount(test: &str) -> bool {
    let script = ["-m", "sh", "-c", "mount -t tmpfs none /mnt"];
    let mounted = Command::new("unshare").args(script).output();
    let can = mounted.unwrap().status.success();
    if !can {
        forbidden(test, "nothing can be mounted here");
    }
    can
}

/// hd-bottleneck in a folder with a few images, called by another program with its arguments.
fn through(dir: &Workdir, caller: &str, args: &[&str]) -> Call {
    called_by(caller, args, dir, dir.bottleneck("images"))
}

/// A program of ours, called by another with its arguments.
pub(crate) fn called_by(caller: &str, args: &[&str], dir: &Workdir, Call(ours): Call) -> Call {
    let mut command = Command::new(caller);
    command
        .args(args)
        .arg(ours.get_program())
        .args(ours.get_args());
    command.current_dir(dir.path(""));
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Call(command)
}

/// Asserts that only hd-bottleneck itself has said something.
fn assert_only_ours(run: &Run) {
    let said = run.stderr();
    let ours = |line: &str| line.starts_with("hd-bottleneck: ");
    assert!(said.lines().all(ours) && !said.is_empty(), "{said}");
}

fn images() -> Workdir {
    let dir = Workdir::new();
    dir.images("images", 3);
    dir
}

#[test]
fn a_file_system_without_locks_or_without_syncing_of_folders_is_warned_of_once() {
    if !can_trace("a_file_system_without_locks") {
        return;
    }
    for (call, errors, said) in [
        (
            "flock",
            &["ENOSYS", "EOPNOTSUPP", "ENOLCK"][..],
            "this file system has no locks",
        ),
        (
            "fsync",
            &["EINVAL", "EACCES"],
            "this file system cannot sync",
        ),
        (
            "fdatasync",
            &["EINVAL", "ENOSYS"],
            "this file system cannot sync",
        ),
    ] {
        for error in errors {
            let dir = images();
            let inject = format!("inject={call}:error={error}");
            let trace = format!("trace={call}");
            let args = ["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
            let run = through(&dir, "strace", &args).succeeds();
            let warned = run.stderr().matches(said).count();
            assert_eq!(warned, 1, "{call} {error}: {}", run.stderr());
            assert!(run.stderr().contains("6 computed"), "{}", run.stderr());
            assert!(dir.path("out/bottlenecks.bin").is_file());
        }
    }
}

#[test]
fn a_download_where_nothing_can_be_synced_is_warned_of_once() {
    if !can_trace("a_download_where_nothing_can_be_synced") {
        return;
    }
    base();
    let weights = std::fs::read(cached("weights/mobilenet_v2-b0353104.pth")).unwrap();
    let mirror = serve(move |_| Some(("application/octet-stream", weights.clone())));
    let dir = Workdir::new();
    let fetch = dir.program("hd-fetch").args(["base", ARCHITECTURE]);
    let fetch = fetch.args(["--mirror", &mirror, "-o", "base.onnx"]);
    let fetch = fetch.env("XDG_CACHE_HOME", dir.path("cache"));
    let injected = ["-e", "inject=fsync,fdatasync:error=EINVAL"];
    let args = [&["-f", "-qq", "-o", "/dev/null"], &injected[..]].concat();
    let run = called_by("strace", &args, &dir, fetch).succeeds();
    assert_eq!(
        run.stderr().matches("cannot sync").count(),
        1,
        "{}",
        run.stderr()
    );
    assert_eq!(
        std::fs::read(dir.path("base.onnx")).unwrap(),
        std::fs::read(base()).unwrap()
    );
}

#[test]
fn what_a_file_system_answers_otherwise_is_an_error() {
    if !can_trace("what_a_file_system_answers_otherwise") {
        return;
    }
    let dir = images();
    let args = [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=fsync",
        "-e",
        "inject=fsync:error=EIO",
    ];
    let run = through(&dir, "strace", &args).ends_with(1);
    assert!(run.stderr().contains("cannot sync"), "{}", run.stderr());
}

#[test]
fn without_a_variable_for_it_the_home_is_that_of_the_password_file() {
    let dir = Workdir::new();
    let Call(mut command) = dir.unprivileged("hd-bottleneck");
    for name in ["HOME", "XDG_CACHE_HOME", "ORT_DYLIB_PATH"] {
        command.env_remove(name);
    }
    // The user who runs it: another one where root runs the tests.
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let user = if is_root {
        "65534".to_owned()
    } else {
        std::env::var("USER").unwrap_or_default()
    };
    let entry = Command::new("getent")
        .args(["passwd", &user])
        .output()
        .unwrap();
    let entry = String::from_utf8(entry.stdout).unwrap();
    let home = entry.split(':').nth(5).unwrap();
    dir.images("images", 1);
    std::fs::copy(base(), dir.path("base.onnx")).unwrap();
    command.args(["--base", "base.onnx", "images", "-o", "out.bin"]);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let place = format!("{home}/.cache/hd/runtime");
    assert!(output.status.success() || said.contains(&place), "{said}");
    assert!(
        output.status.success() || said.contains("--runtime or ORT_DYLIB_PATH"),
        "{said}"
    );
}

#[test]
fn a_library_where_nothing_may_be_run_is_told_with_the_ways_out() {
    let test = "a_library_where_nothing_may_be_run";
    if !has(test, "unshare") {
        return;
    }
    let dir = images();
    std::fs::create_dir(dir.path("mount")).unwrap();
    let script = format!(
        "mount -t tmpfs -o noexec none mount && cp '{}' mount/onnxruntime.so && exec \"$@\" --runtime mount/onnxruntime.so",
        runtime().display()
    );
    if !can_mount(test) {
        return;
    }
    let run = through(&dir, "unshare", &["-m", "sh", "-c", &script, "sh"]).ends_with(1);
    let said = run.stderr();
    assert!(said.contains("its folder may be mounted noexec"), "{said}");
    assert!(said.contains("--runtime or ORT_DYLIB_PATH"), "{said}");
}

#[test]
fn without_sys_shared_memory_a_name_and_a_root_that_can_be_written_it_works_and_others_are_silent()
{
    let test = "without_sys_shared_memory_a_name_and_a_root";
    if !has(test, "bwrap") {
        return;
    }
    let dir = images();
    std::fs::create_dir(dir.path("out")).unwrap();
    let mut probe = Command::new("bwrap");
    probe.args(["--ro-bind", "/", "/", "--unshare-user", "true"]);
    if !probe.output().unwrap().status.success() {
        return forbidden(test, "bubblewrap may not make namespaces here");
    }
    let here = dir.path("").display().to_string();
    let suite = Path::new(env!("CARGO_TARGET_TMPDIR")).display().to_string();
    let args = [
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--tmpfs",
        "/sys",
        "--tmpfs",
        "/dev/shm",
        "--remount-ro",
        "/dev/shm",
        "--bind",
        &here,
        &here,
        "--ro-bind",
        &suite,
        &suite,
        "--unshare-user",
        "--uid",
        "54321",
        "--gid",
        "54321",
    ];
    let run = through(&dir, "bwrap", &args).succeeds();
    assert!(run.stderr().contains("6 computed"), "{}", run.stderr());
    assert_only_ours(&run);
}

#[test]
fn where_the_processor_cannot_be_read_it_works_and_others_are_silent() {
    let test = "where_the_processor_cannot_be_read";
    if !has(test, "unshare") || !can_mount(test) {
        return;
    }
    let dir = images();
    let hidden = "mount -t tmpfs none /sys && mount -t tmpfs none /proc && exec \"$@\"";
    let run = through(&dir, "unshare", &["-m", "sh", "-c", hidden, "sh"]).succeeds();
    assert!(run.stderr().contains("6 computed"), "{}", run.stderr());
    assert_only_ours(&run);
}

/// A machine of 64 cores, as far as /proc and /sys tell, of which a program may use one.
const MANY_CORES: &str = "
    for i in $(seq 0 63); do sed '/^$/q' /proc/cpuinfo | sed \"s/^\\(processor.*:\\).*/\\1 $i/\"; done >cpuinfo
    mount --bind cpuinfo /proc/cpuinfo && mount -t tmpfs none /sys && mkdir -p /sys/devices/system/cpu || exit
    for kind in possible present online; do echo 0-63 >/sys/devices/system/cpu/$kind; done
    exec taskset -c 0 \"$@\"";

#[test]
fn of_64_cores_only_those_that_are_allowed_are_used_and_others_are_silent() {
    let test = "of_64_cores_only_those_that_are_allowed";
    if !has(test, "unshare") || !has(test, "taskset") || !can_mount(test) {
        return;
    }
    let dir = images();
    let run = through(&dir, "unshare", &["-m", "sh", "-c", MANY_CORES, "sh"]).succeeds();
    assert!(run.stderr().contains("6 computed"), "{}", run.stderr());
    assert_only_ours(&run);
    // Here ONNX Runtime has threads of its own.
    let name = format!("{ARCHITECTURE}_quantized");
    let base = [
        "base",
        &name,
        "--calibrate",
        "images",
        "-o",
        "integers.onnx",
    ];
    let fetch = dir.program("hd-fetch").args(base);
    let run = called_by(
        "unshare",
        &["-m", "sh", "-c", MANY_CORES, "sh"],
        &dir,
        fetch,
    )
    .succeeds();
    assert_eq!(run.stderr(), "hd-fetch: integers.onnx\n");
}

#[test]
fn where_fewer_cores_are_allowed_than_there_are_it_works_and_others_are_silent() {
    if !has("where_fewer_cores_are_allowed", "taskset") {
        return;
    }
    let dir = images();
    let run = through(&dir, "taskset", &["-c", "0"]).succeeds();
    assert!(run.stderr().contains("6 computed"), "{}", run.stderr());
    assert_only_ours(&run);
}

#[test]
fn a_cache_that_cannot_be_made_is_told_with_the_ways_out_and_done_without_elsewhere() {
    let dir = images();
    for wanted in [
        &["runtime"][..],
        &["base", ARCHITECTURE],
        &["images", "hotdog"],
    ] {
        let fetch = dir.program("hd-fetch").args(wanted);
        let fetch = fetch.env("XDG_CACHE_HOME", "/proc/none").ends_with(1);
        let said = fetch.stderr();
        assert!(
            said.contains("hint: name a folder in XDG_CACHE_HOME"),
            "{said}"
        );
        assert!(said.contains("--runtime or ORT_DYLIB_PATH"), "{said}");
        assert_eq!(said.lines().count(), 2, "{said}");
    }
    // With a library elsewhere, networks are optimised anew each time.
    let run = dir.bottleneck("images").env("XDG_CACHE_HOME", "/proc/none");
    let run = run.env("ORT_DYLIB_PATH", runtime()).succeeds();
    assert_only_ours(&run);
}

#[test]
fn verify_reads_every_image_and_nothing_else_does() {
    let test = "verify_reads_every_image";
    if !can_trace(test) {
        return;
    }
    let dir = images();
    settle(&dir.path("images"));
    dir.bottleneck("images").succeeds();
    let read = |args: &[&str]| {
        let traced = ["-f", "-qq", "-e", "trace=open,openat", "-o", "trace"];
        let Call(mut call) = through(&dir, "strace", &traced);
        call.args(args);
        Call(call).succeeds();
        let trace = std::fs::read_to_string(dir.path("trace")).unwrap();
        trace.matches(".jpg\"").count()
    };
    assert_eq!(read(&[]), 0);
    assert_eq!(read(&["--verify"]), 6);
}

#[test]
fn what_onnx_runtime_has_to_say_is_said_by_the_program_and_only_where_more_is_asked_for() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let label = |cache: &str, flags: &[&str]| {
        let call = dir
            .program("hd-label")
            .env("XDG_CACHE_HOME", dir.path(cache))
            .env("ORT_DYLIB_PATH", runtime())
            // It asks for every detail of ONNX Runtime's work on stderr.
            .env("ORT_LOG", "verbose")
            .arg("--graph")
            .arg(trained().join("retrained_graph.onnx"));
        call.args(flags).arg("images").succeeds().stderr()
    };
    // Where there is no optimised copy yet, one is made, and ONNX Runtime warns of what it is good for.
    let said = label("one", &["-v"]);
    assert!(
        said.contains("hd-label: ONNX Runtime: Serializing"),
        "{said}"
    );
    let said = [said, label("other", &[])];
    assert!(!said[1].contains("ONNX Runtime"), "{}", said[1]);
    for line in said.iter().flat_map(|said| said.lines()) {
        assert!(line.starts_with("hd-label: "), "{line}");
    }
}
