//! Tells the programs the commit that they are built from, for `--version --verbose`.

use std::process::Command;

fn main() {
    // Where there is no git, or this is no checkout, there is no commit to tell, and nothing to watch.
    println!("cargo::rerun-if-changed=bins/build.rs");
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"])
        && std::path::Path::new(&log).exists()
    {
        println!("cargo::rerun-if-changed={log}");
    }
    if let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) {
        println!("cargo::rustc-env=HD_COMMIT={commit}");
    }
}

/// What git prints, if it succeeds.
fn git(arguments: &[&str]) -> Option<String> {
    let done = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    done.status.success().then(|| text.trim().to_owned())
}
