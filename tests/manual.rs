use std::fs;
use std::process::Command;

use crate::workdir::{Call, PROGRAMS, Workdir};

/// The files that a program makes of one kind, as one text.
fn generated(program: &str, kind: &str, files: &[&str]) -> String {
    let dir = Workdir::new();
    let call = dir.program(program).args(["--generate", kind, "made"]);
    assert_eq!(call.succeeds().stdout(), "");
    let read = |file: &&str| fs::read_to_string(dir.path("made").join(file)).unwrap();
    files.iter().map(read).collect()
}

#[test]
fn every_program_and_subcommand_has_a_man_page() {
    for program in PROGRAMS {
        let page = generated(program, "man", &[&format!("{program}.1")]);
        assert!(page.contains(&format!(".TH {program} 1")), "{page}");
        assert!(
            page.contains("Example:") && page.contains("quiet"),
            "{page}"
        );
        assert!(!page.contains("generate"), "{page}");
    }
    let pages = ["runtime", "base", "images", "list"].map(|what| format!("hd-fetch-{what}.1"));
    generated("hd-fetch", "man", &pages.each_ref().map(String::as_str));
}

#[test]
fn bash_completes_flags_and_their_values() {
    let script = generated("hd-train", "complete-bash", &["hd-train.bash"]);
    let ask = r#"
        COMP_WORDS=(hd-train "${@:1}") COMP_CWORD=$#
        _hd__train hd-train "${@: -1}" "${COMP_WORDS[-2]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let completed = |words: &[&str]| {
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("{script}\n{ask}"), "bash"])
            .args(words);
        Call(bash).succeeds().stdout()
    };
    assert_eq!(completed(&["--learn"]), "--learning-rate\n");
    assert_eq!(completed(&["--solver", ""]), "lbfgs\nsgd\n");
}

#[test]
fn other_shells_get_completions_of_the_same_flags() {
    for (kind, file) in [
        ("complete-zsh", "_hd-train"),
        ("complete-fish", "hd-train.fish"),
    ] {
        let script = generated("hd-train", kind, &[file]);
        assert!(script.contains("learning-rate"), "{script}");
    }
}

#[test]
fn a_kind_that_cannot_be_made_is_wrong_usage() {
    let dir = Workdir::new();
    let call = dir.program("hd-eval").args(["--generate", "poem", "made"]);
    assert!(call.ends_with(2).stderr().contains("complete-bash"));
    dir.write("file", "");
    let call = dir.program("hd-eval").args(["--generate", "man", "file"]);
    assert!(call.ends_with(1).stderr().contains("file: cannot write"));
}
