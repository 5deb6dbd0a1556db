use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::workdir::{Call, PROGRAMS, Workdir, at_home, base};

#[test]
fn every_program_explains_itself() {
    for program in PROGRAMS {
        let help = Workdir::new().program(program).arg("--help").succeeds();
        insta::assert_snapshot!(format!("{program}_help"), help.stdout());
        assert!(help.stdout().contains("Example:") && help.stdout().contains("See also:"));
    }
}

#[test]
fn every_subcommand_of_hd_fetch_explains_itself() {
    for what in ["runtime", "base", "images", "list"] {
        let help = Workdir::new()
            .program("hd-fetch")
            .args([what, "--help"])
            .succeeds();
        insta::assert_snapshot!(format!("hd-fetch_{what}_help"), help.stdout());
    }
}

#[test]
fn an_unknown_flag_is_wrong_usage() {
    for program in PROGRAMS {
        let run = Workdir::new()
            .program(program)
            .args(["--tfhub_module", "x"])
            .ends_with(2);
        assert!(
            run.stderr().contains("--tfhub-module"),
            "{program}: {}",
            run.stderr()
        );
        assert_eq!(run.stdout(), "");
    }
}

#[test]
fn no_arguments_are_wrong_usage() {
    for program in PROGRAMS {
        let run = Workdir::new().program(program).ends_with(2);
        assert!(
            run.stderr().contains("Usage:"),
            "{program}: {}",
            run.stderr()
        );
    }
}

#[test]
fn the_version_is_printed() {
    for program in PROGRAMS {
        let run = Workdir::new().program(program).arg("--version").succeeds();
        assert_eq!(
            run.stdout(),
            format!("{program} {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

/// All that --help and -h print, in this many columns.
fn helps(columns: &str) -> Vec<(String, String)> {
    let programs = PROGRAMS.map(|program| vec![program]);
    let subcommands = ["runtime", "base", "images", "list"].map(|what| vec!["hd-fetch", what]);
    let mut helps = Vec::new();
    for words in programs.iter().chain(&subcommands) {
        for flag in ["-h", "--help"] {
            let dir = Workdir::new();
            let call = dir.program(words[0]).args(&words[1..]).arg(flag);
            let run = call.env("COLUMNS", columns).succeeds();
            helps.push((format!("{} {flag}", words.join(" ")), run.stdout()));
        }
    }
    helps
}

#[test]
fn help_is_as_wide_as_the_terminal_from_80_to_100_columns() {
    for (columns, most) in [("80", 80), ("90", 90), ("250", 100)] {
        for (call, help) in helps(columns) {
            for line in help.lines() {
                assert!(line.chars().count() <= most, "{call} in {columns}: {line}");
            }
        }
    }
}

#[test]
fn help_has_the_same_sections_in_the_same_order_everywhere() {
    for (call, help) in helps("80") {
        let at = |heading: &str| help.find(&format!("\n{heading}"));
        let order = [
            "Usage:",
            "Commands:",
            "Arguments:",
            "Options:",
            "Example:",
            "See also:",
        ];
        let found: Vec<usize> = order.into_iter().filter_map(at).collect();
        assert!(found.is_sorted(), "{call}: {help}");
        let options = &help[at("Options:").unwrap() + 10..];
        let options = &options[..options.find("\n\n\n").unwrap_or(options.len())];
        let flags = [
            "-q, --quiet",
            "-v, --verbose",
            "-h, --help",
            "-V, --version",
        ];
        let ends = options
            .lines()
            .take_while(|line| line.starts_with(' ') || line.is_empty());
        let ends: Vec<&str> = ends
            .map(str::trim_start)
            .filter(|line| line.starts_with('-') && !line.starts_with("-print0"))
            .collect();
        let last = ends.iter().skip_while(|line| !line.starts_with("-q"));
        assert!(
            last.zip(flags).all(|(line, flag)| line.starts_with(flag)),
            "{call}: {ends:?}"
        );
        assert!(
            ends.iter().any(|line| line.starts_with("-q")),
            "{call}: {ends:?}"
        );
    }
}

#[test]
fn help_shows_what_is_needed_as_needed() {
    for (program, needed) in [
        (&["hd-bottleneck"][..], &["<IMAGES>"][..]),
        (&["hd-train"], &["<BOTTLENECKS>..."]),
        (&["hd-eval"], &["<HEAD>", "<BOTTLENECKS>..."]),
        (&["hd-fetch", "base"], &["<NAME>"]),
        (&["hd-fetch", "images"], &["<NAME|URL|FILE>"]),
    ] {
        let dir = Workdir::new();
        let call = dir.program(program[0]).args(&program[1..]);
        let help = call.arg("--help").succeeds().stdout();
        for argument in needed {
            assert!(
                help.contains(&format!("\n  {argument}")),
                "{argument}: {help}"
            );
        }
    }
}

/// The commands below `heading` in a help text, as they stand there.
fn commands<'a>(help: &'a str, heading: &str) -> Option<&'a str> {
    let begin = help.find(heading)? + heading.len();
    help[begin..].split("\n\n").next()
}

#[test]
fn every_example_can_be_pasted() {
    let dir = Workdir::new();
    for program in PROGRAMS.map(crate::workdir::exe) {
        let name = Path::new(program).file_name().unwrap();
        dir.write(Path::new("bin").join(name), "");
        fs::remove_file(dir.path("bin").join(name)).unwrap();
        symlink(program, dir.path("bin").join(name)).unwrap();
    }
    dir.images("data/hotdog", 12);
    fs::create_dir(dir.path("models")).unwrap();
    fs::copy(base(), dir.path("models/mobilenet_v2_1.0_224.onnx")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", dir.path("bin").display());
    let shell = |script: &str| {
        let mut sh = Command::new("sh");
        at_home(&mut sh, &dir.home()).current_dir(dir.path(""));
        sh.args(["-ec", script]).env("PATH", &path);
        Call(sh)
    };
    // What hd-fetch brings comes from far away, and its tests bring it.
    for program in ["hd-bottleneck", "hd-train", "hd-eval", "hd-label"] {
        let help = dir.program(program).arg("--help").succeeds().stdout();
        shell(commands(&help, "Example:\n").unwrap()).succeeds();
    }
    let help = dir.program("hd-app").arg("--help").succeeds().stdout();
    let curl = commands(&help, "From another terminal:\n").unwrap();
    shell(&curl.replace("curl", "printf '%s\\n'")).succeeds();
    let help = dir.program("hd-fetch").arg("--help").succeeds().stdout();
    for line in commands(&help, "Example:\n").unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let parse = [&words[1..], &["--help"]].concat();
        dir.program(words[0]).args(parse).succeeds();
    }
}

#[test]
fn a_verbose_version_names_the_commit_and_the_runtime() {
    for flags in [&["-V", "-v"][..], &["-vV"], &["--verbose", "--version"]] {
        let run = Workdir::new().program("hd-label").args(flags).succeeds();
        let said = run.stdout();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 3, "{said}");
        assert_eq!(lines[0], format!("hd-label {}", env!("CARGO_PKG_VERSION")));
        assert!(lines[1].starts_with("commit "), "{said}");
        assert!(lines[2].starts_with("ONNX Runtime "), "{said}");
    }
}

#[test]
fn what_is_no_terminal_gets_no_colours() {
    for arguments in [&["--help"][..], &["--no-such-flag"]] {
        let dir = Workdir::new();
        let mut call = dir.program("hd-eval").args(arguments);
        let run = call.0.env_remove("CLICOLOR").output().unwrap();
        assert!(![run.stdout, run.stderr].concat().contains(&0x1b));
    }
}

#[test]
fn a_terminal_gets_colours_unless_no_color_is_set() {
    let program = crate::workdir::exe("hd-eval");
    for (no_color, colours) in [("", true), ("1", false)] {
        let dir = Workdir::new();
        let mut script = Command::new("script");
        at_home(&mut script, &dir.home()).current_dir(dir.path(""));
        script.args(["-qec", &format!("{program} --help"), "/dev/null"]);
        script.env("TERM", "xterm").env("NO_COLOR", no_color);
        script.env_remove("CLICOLOR");
        let run = Call(script).succeeds();
        assert_eq!(run.stdout().contains('\u{1b}'), colours, "{}", run.stdout());
    }
}
