//! Man pages and completions, made from the same definitions as --help.
//!
//! `--generate` is for those who build and package the programs. It stands apart from a program's flags, so that none of
//! them is required beside it and no user meets it in --help.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Command, Parser, ValueEnum};
use clap_complete::{Shell, generate_to};

#[derive(Parser)]
#[command(disable_help_flag = true)]
pub(crate) struct Generate {
    /// The kind of files
    #[arg(long = "generate")]
    kind: Kind,

    /// The folder to write them into
    folder: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Man,
    CompleteBash,
    CompleteZsh,
    CompleteFish,
}

impl Generate {
    /// The request for files, where that is what the program was called for.
    pub(crate) fn asked() -> Option<Self> {
        let first = std::env::args_os().nth(1)?;
        (first == "--generate").then(Self::parse)
    }

    /// Writes the files of a program and of its subcommands.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub(crate) fn run(&self, command: Command) -> anyhow::Result<()> {
        let written = fs::create_dir_all(&self.folder).and_then(|()| match self.kind {
            Kind::Man => clap_mangen::generate_to(command, &self.folder),
            Kind::CompleteBash => complete(Shell::Bash, command, &self.folder),
            Kind::CompleteZsh => complete(Shell::Zsh, command, &self.folder),
            Kind::CompleteFish => complete(Shell::Fish, command, &self.folder),
        });
        written.with_context(|| format!("{}: cannot write", self.folder.display()))
    }
}

fn complete(shell: Shell, mut command: Command, folder: &Path) -> io::Result<()> {
    let name = command.get_name().to_owned();
    generate_to(shell, &mut command, name, folder).map(|_| ())
}
