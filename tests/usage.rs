use crate::workdir::{PROGRAMS, Workdir};

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
