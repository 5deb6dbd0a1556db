use std::process::Command;

use crate::workdir::{Call, PROGRAMS, Workdir, at_home, exe};

#[test]
fn every_line_about_wrong_usage_begins_with_the_programs_name() {
    for program in PROGRAMS {
        for arguments in [&[][..], &["--no-such-flag"], &["--quiet", "--verbose"]] {
            let dir = Workdir::new();
            let said = dir.program(program).args(arguments).ends_with(2).stderr();
            let begin = format!("{program}: ");
            assert!(said.lines().all(|line| line.starts_with(&begin)), "{said}");
            assert!(said.lines().count() > 1, "{said}");
        }
    }
}

#[test]
fn a_hyphen_is_no_name_of_a_file_that_is_written_or_mapped() {
    for call in [
        &["hd-train", "b.bin", "--head", "-"][..],
        &[
            "hd-train",
            "b.bin",
            "--head",
            "h.bin",
            "--output-labels",
            "-",
        ],
        &["hd-bottleneck", "--base", "b.onnx", "images", "-o", "-"],
        &["hd-bottleneck", "--base", "-", "images", "-o", "out.bin"],
        &["hd-eval", "-", "b.bin"],
        &["hd-eval", "h.bin", "b.bin", "--metrics", "-"],
        &["hd-label", "--graph", "-", "x.jpg"],
        &["hd-label", "--graph", "g.onnx", "--heatmap", "-", "x.jpg"],
        &["hd-app", "--graph", "-"],
        &["hd-fetch", "base", "x", "-o", "-"],
        &["hd-fetch", "images", "hotdog", "-o", "-"],
    ] {
        let dir = Workdir::new();
        let run = dir.program(call[0]).args(&call[1..]).ends_with(2);
        assert!(
            run.stderr().contains("stdin nor written to stdout"),
            "{}",
            run.stderr()
        );
        assert!(!dir.path("-").exists());
    }
}

#[test]
fn a_pipe_in_place_of_a_file_that_is_read_in_any_order_is_refused_with_that_reason() {
    let dir = Workdir::new();
    dir.trained();
    let bash = |script: &str| {
        let mut bash = Command::new("bash");
        at_home(&mut bash, &dir.home()).current_dir(dir.path(""));
        bash.args(["-c", script]);
        Call(bash)
    };
    let program = exe("hd-eval");
    for script in [
        format!("{program} <(cat out/head.bin) <(cat out/bottlenecks.bin)"),
        format!(
            "{} --describe <(cat out/retrained_graph.onnx)",
            exe("hd-train")
        ),
        format!("{} images <(cat out/head.bin) -o x", exe("hd-fetch")),
        format!("{} base x --from <(cat out/head.bin) -o x", exe("hd-fetch")),
    ] {
        let said = bash(&script).ends_with(1).stderr();
        assert!(
            said.contains("has to be a file, since it is read in any order"),
            "{said}"
        );
    }
    // What is read from its beginning to its end may come through one.
    bash(&format!(
        "{program} <(cat out/head.bin) out/bottlenecks.bin"
    ))
    .succeeds();
}
