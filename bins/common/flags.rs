//! Flags that several programs have, and values that they take.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use anyhow::Context;
use clap::{Args, ValueEnum};
use hd::photo::ResizeRule;
use log::LevelFilter;

/// Where the flags that every program has stand in --help: last among the options, before -h and -V.
const LAST: usize = 900;

/// Flags that every program has.
#[derive(Args, Debug)]
pub struct Common {
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = LAST, help_heading = None::<&str>)]
    pub quiet: bool,

    /// Say more
    #[arg(short, long, global = true, display_order = LAST + 1, help_heading = None::<&str>)]
    pub verbose: bool,
}

impl Common {
    /// The level from which on messages are wanted.
    pub(crate) fn level(&self) -> LevelFilter {
        match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::Warn,
            (_, true) => LevelFilter::Debug,
            _ => LevelFilter::Info,
        }
    }
}

/// Flags of the programs that run a network.
#[derive(Args, Debug)]
pub struct Compute {
    /// The ONNX Runtime library [default: $ORT_DYLIB_PATH, or what `hd-fetch runtime` brought]
    #[arg(long, value_name = "PATH")]
    pub runtime: Option<PathBuf>,

    /// The number of threads.
    #[command(flatten)]
    pub jobs: Jobs,
}

/// The flag of the programs that work in parallel.
#[derive(Args, Debug)]
pub struct Jobs {
    /// Threads to compute with [default: one per core]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// The number of threads.
    pub fn count(&self) -> NonZeroUsize {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(cores)
    }

    /// Makes rayon's parallel iterators use so many threads. To be called once, before the first of them.
    ///
    /// # Errors
    /// Threads that the operating system refuses to start.
    pub fn apply_to_rayon(&self) -> anyhow::Result<()> {
        let count = self.count();
        let threads = rayon::ThreadPoolBuilder::new().num_threads(count.get());
        threads
            .build_global()
            .with_context(|| format!("cannot start {}", hd::counted(count.get(), "thread")))
    }
}

/// How images are brought to the size of a network.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Resize {
    /// All of an image, whatever its proportions
    Squash,
    /// The middle of it, after its shorter side was brought to 256 pixels, or to 8/7 of what a larger network takes
    CentreCrop,
}

impl Resize {
    /// The rule that it stands for.
    pub fn rule(self) -> ResizeRule {
        match self {
            Self::Squash => ResizeRule::Squash,
            Self::CentreCrop => ResizeRule::CENTRE_CROP,
        }
    }
}

/// A number for each of red, green and blue.
pub type Colours = [f64; 3];

/// One number for all colours, or three.
///
/// # Errors
/// Anything else, in words for clap.
pub fn colours(text: &str) -> Result<Colours, String> {
    let numbers = text.split(',').map(|part| part.trim().parse::<f64>());
    let numbers = numbers.collect::<Result<Vec<_>, _>>();
    match numbers.as_deref() {
        Ok(&[one]) => Ok([one; 3]),
        Ok(&[red, green, blue]) => Ok([red, green, blue]),
        _ => Err("expected one number or three, such as 0.485,0.456,0.406".to_owned()),
    }
}

/// The arguments with hyphens in the names of flags, where retrain.py has underscores: `--a_b=c_d` becomes `--a-b=c_d`.
/// Arguments after `--` are no flags.
pub(crate) fn hyphenated(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args = args.into_iter();
    let mut hyphenated = Vec::new();
    for arg in args.by_ref() {
        let ends_flags = arg == "--";
        hyphenated.push(hyphenate(arg));
        if ends_flags {
            break;
        }
    }
    hyphenated.extend(args);
    hyphenated
}

fn hyphenate(arg: OsString) -> OsString {
    match arg.to_str() {
        Some(text) if text.starts_with("--") => {
            let (flag, value) = text.split_at(text.find('=').unwrap_or(text.len()));
            format!("{}{value}", flag.replace('_', "-")).into()
        }
        _ => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_in_flags_become_hyphens_and_values_stay() {
        let given = [
            "--how_many_training_steps=5_0",
            "a_b",
            "-x_y",
            "--",
            "--c_d",
        ];
        assert_eq!(
            hyphenated(given.map(OsString::from)),
            [
                "--how-many-training-steps=5_0",
                "a_b",
                "-x_y",
                "--",
                "--c_d"
            ]
        );
    }
}
