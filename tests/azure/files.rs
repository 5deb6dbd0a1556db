//! The scripts and the cloud-init file, as those who know their languages see them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::workdir::{Call, dependency, skip, top};

/// Every file that the shell reads.
fn scripts() -> Vec<PathBuf> {
    let folders =
        ["scripts", ".ci", "tests/azure"].map(|folder| fs::read_dir(top().join(folder)).unwrap());
    let files = folders.into_iter().flatten();
    let files = files.map(|entry| entry.unwrap().path());
    let of_the_shell = |path: &PathBuf| {
        let text = fs::read(path).unwrap_or_default();
        let first = String::from_utf8_lossy(text.split(|&byte| byte == b'\n').next().unwrap());
        first.starts_with("#!") && first.ends_with("sh")
    };
    files.filter(of_the_shell).collect()
}

#[test]
fn shellcheck_accepts_every_script() {
    let test = "azure::files::shellcheck_accepts_every_script";
    let Some(shellcheck) = dependency(test, "target/venv/bin/shellcheck") else {
        return;
    };
    let scripts = scripts();
    for known in ["azure", "machine", "bench", "run"] {
        assert!(scripts.iter().any(|path| path.ends_with(known)), "{known}");
    }
    Call(Command::new(shellcheck)).args(scripts).succeeds();
}

#[test]
fn cloud_init_accepts_its_file() {
    let test = "azure::files::cloud_init_accepts_its_file";
    let file = top().join("scripts/cloud-init.yaml");
    // Azure takes no more.
    assert!(fs::metadata(&file).unwrap().len() < 64 * 1024);
    if Command::new("cloud-init")
        .arg("--version")
        .output()
        .is_err()
    {
        return skip(test, "cloud-init is not there (apt-get install cloud-init)");
    }
    let schema = ["schema", "--config-file"];
    Call(Command::new("cloud-init"))
        .args(schema)
        .arg(file)
        .succeeds();
}
