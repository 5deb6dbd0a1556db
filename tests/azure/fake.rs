//! scripts/azure before anything is asked of Azure, with an `az` that only notes how it was called.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use super::{SUBSCRIPTION, TOKEN, at_home, executable, keeps_secrets};
use crate::workdir::{Call, Workdir, top};

/// A folder with an `az` that answers as this text of the shell has it.
fn with_az(answers: &str) -> Workdir {
    let dir = Workdir::new();
    let text = format!("#!/bin/sh\necho \"$*\" >>{}\n{answers}\n", calls(&dir));
    executable(&dir, "bin/az", &text);
    dir
}

fn calls(dir: &Workdir) -> String {
    dir.path("calls").display().to_string()
}

fn called(dir: &Workdir) -> String {
    fs::read_to_string(dir.path("calls")).unwrap_or_default()
}

fn azure(dir: &Workdir, args: &[&str]) -> Call {
    let path = format!("{}:/usr/bin:/bin", dir.path("bin").display());
    let call = at_home(dir, &top().join("scripts/azure")).args(args);
    call.env("PATH", path)
}

#[test]
fn without_azures_client_the_command_that_installs_it_is_named() {
    let dir = Workdir::new();
    if Path::new("/usr/bin/az").exists() {
        return;
    }
    let said = azure(&dir, &["list"]).ends_with(1).stderr();
    assert_eq!(
        said,
        "azure: Azure's client is not there; this installs it: pipx install azure-cli\n"
    );
}

#[test]
fn names_that_the_shell_would_read_are_refused_before_anything_is_asked() {
    let dir = with_az("");
    for name in ["a;b", "$(id)", "-n", "Lab", "a b", "../a", "a-", ""] {
        for command in ["up", "down", "list", "run"] {
            let said = azure(&dir, &[command, "--name", name]).ends_with(1);
            assert!(said.stderr().contains("is no name"), "{}", said.stderr());
        }
    }
    for (flag, value) in [
        ("--size", "a b"),
        ("--location", "x;y"),
        ("--lifetime", "8"),
    ] {
        azure(&dir, &["up", "--yes", flag, value]).ends_with(1);
    }
    azure(&dir, &["up", "--lifetime", "24h", "--yes"]).ends_with(1);
    let from = ["up", "--yes", "--from", "0.0.0.0/0"];
    azure(&dir, &from).ends_with(1);
    assert!(!called(&dir).contains("create"), "{}", called(&dir));
}

#[test]
fn nothing_is_created_or_deleted_without_an_answer() {
    let dir = with_az("case $* in group\\ exists*) echo $THERE;; *tags.app*) echo hd;; esac");
    let up = azure(&dir, &["up", "--from", "203.0.113.7"]);
    let said = up.env("THERE", "false").ends_with(1).stderr();
    assert!(said.contains("Standard_D4as_v5"), "{said}");
    assert!(said.contains("pay as you go"), "{said}");
    assert!(said.contains("--yes"), "{said}");
    for yes in [&["down"][..], &["down", "--yes", "lab"]] {
        azure(&dir, yes).env("THERE", "true").ends_with(1);
    }
    let called = called(&dir);
    assert!(!called.contains("create"), "{called}");
    assert!(!called.contains("delete"), "{called}");
}

#[test]
fn a_group_without_the_tag_is_left_alone() {
    let dir = with_az("case $* in group\\ exists*) echo true;; esac");
    let said = azure(&dir, &["down", "--yes", "hd-lab"]).ends_with(1);
    assert!(said.stderr().contains("left alone"), "{}", said.stderr());
    assert!(!called(&dir).contains("delete"), "{}", called(&dir));
}

#[test]
fn what_azure_says_is_shown_without_accounts_and_with_what_helps() {
    let wrong = format!("over scope /subscriptions/{SUBSCRIPTION} AADSTS700082 {TOKEN}");
    let dir = with_az(&format!(
        "[ $1 = account ] || {{ echo '{wrong}' >&2; exit 1; }}"
    ));
    let said = azure(&dir, &["list"]).ends_with(1).stderr();
    keeps_secrets(&said);
    assert!(said.contains("/subscriptions/..."), "{said}");
    assert!(said.contains("az login"), "{said}");
    // What cannot be asked is not gone.
    let said = azure(&dir, &["down", "--yes", "hd-lab"]).ends_with(1);
    assert!(!said.stderr().contains("nothing is left"));
}

#[test]
fn what_is_left_is_no_success() {
    let answers = "case $* in group\\ exists*) echo true;; *tags.app*) echo hd;;
        resource\\ list\\ --tag*) echo disk;; group\\ list*) echo hd-other;; esac";
    let dir = with_az(answers);
    let said = azure(&dir, &["down", "--yes", "hd-lab"]).ends_with(1);
    assert!(
        said.stderr().contains("there is still"),
        "{}",
        said.stderr()
    );
    assert!(called(&dir).contains("group delete --name hd-lab --yes"));
    assert!(called(&dir).contains("group wait --deleted --name hd-lab"));
}

/// Runs scripts/azure at a terminal, where somebody types these lines. Returns its exit status and the screen.
fn typed(dir: &Workdir, args: &str, lines: &str) -> (Option<i32>, String) {
    let Call(known) = azure(dir, &[]);
    let mut command = Command::new("script");
    let line = format!("exec '{}' {args}", top().join("scripts/azure").display());
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.envs(
        known
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let keyboard = File::open(dir.write("keyboard", lines)).unwrap();
    let output = command.stdin(keyboard).output().unwrap();
    let screen = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), screen)
}

#[test]
fn a_group_is_deleted_when_its_name_is_typed() {
    let answers = "case $* in group\\ exists*) echo true;; *tags.app*) echo hd;; esac";
    let dir = with_az(answers);
    for wrong in ["lab\n", "y\n", "hd-lab2\n", "\n"] {
        let (status, screen) = typed(&dir, "down", wrong);
        assert_eq!(status, Some(1), "{screen}");
        assert!(screen.contains("nothing was done"), "{screen}");
    }
    assert!(!called(&dir).contains("delete"), "{}", called(&dir));
    let (status, screen) = typed(&dir, "down", "hd-lab\n");
    assert_eq!(status, Some(0), "{screen}");
    assert!(called(&dir).contains("group delete --name hd-lab"));
}

#[test]
fn a_machine_that_was_not_finished_is_offered_for_deletion_at_once() {
    // It is there as soon as it was asked for, and fails then.
    let answers = "case $* in
        group\\ create*) touch there;;
        group\\ exists*) [ -e there ] && echo true || echo false;;
        group\\ delete*) rm there;;
        *tags.app*) echo hd;;
        resource\\ list\\ --resource-group*) echo a-card;;
        network*) echo QuotaExceeded >&2; exit 1;; esac";
    let dir = with_az(answers);
    let (status, screen) = typed(&dir, "up --from 203.0.113.7", "y\nhd-lab\n");
    assert_eq!(status, Some(1), "{screen}");
    let parts = [
        "a-card",
        "a larger quota",
        "Type the name of the group",
        "nothing is left of hd-lab",
    ];
    for part in parts {
        assert!(screen.contains(part), "no {part} in: {screen}");
    }
    assert!(called(&dir).contains("group delete --name hd-lab"));
}

#[test]
fn what_is_over_its_time_is_marked() {
    let answers = "case $* in group\\ list*) printf 'hd-old\\tuksouth\\t2020-01-01T00:00:00Z\\n\
        hd-new\\tuksouth\\t2999-01-01T00:00:00Z\\n';; esac";
    let list = azure(&with_az(answers), &["list"]).succeeds().stdout();
    let (old, new) = list.split_once('\n').unwrap();
    assert!(
        old.ends_with("over: delete it, scripts/azure down --name old"),
        "{list}"
    );
    assert_eq!(new, "hd-new\tuksouth\t2999-01-01T00:00:00Z\n");
}
