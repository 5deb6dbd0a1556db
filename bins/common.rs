//! What the programs of hd have in common: flags, messages, exit status and the progress bar.
//!
//! stdout is for the product, stderr for messages, each line of which begins with the program's name. The exit
//! status is 0 when done, 1 when it failed, 2 when it was called wrongly, 130 when Ctrl-C ended it. A reader that goes
//! away is success.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use clap::{Args, Parser, ValueEnum};
use hd::photo::ResizeRule;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use log::LevelFilter;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// What ONNX Runtime looks for before it reports its use to its maker.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// Flags that every program has.
#[derive(Args, Debug)]
pub struct Common {
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// Flags of the programs that run a network.
#[derive(Args, Debug)]
pub struct Compute {
    /// The ONNX Runtime library [default: $ORT_DYLIB_PATH, or what `hd-fetch runtime` brought]
    #[arg(long, value_name = "PATH")]
    pub runtime: Option<PathBuf>,

    /// Images to work on at a time [default: one per core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

impl Compute {
    /// How many images to work on at a time.
    pub fn jobs(&self) -> NonZeroUsize {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.jobs.unwrap_or_else(cores)
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
            Self::CentreCrop => ResizeRule::CentreCrop { shorter_side: 256 },
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

/// What a program's arguments can do: they tell the flags that all programs have, and run.
pub trait Program: Parser {
    /// The program's name, which begins each of its messages.
    const NAME: &'static str;

    /// The flags that all programs have.
    fn common(&self) -> &Common;

    /// Does what the arguments ask for.
    ///
    /// # Errors
    /// Whatever goes wrong; [`main`] prints it.
    fn run(self) -> anyhow::Result<()>;
}

/// Parses the arguments, runs the program, and turns what comes of it into messages and an exit status.
pub fn main<P: Program>() -> ExitCode {
    keep_to_itself();
    hush_decoders();
    let program = parse::<P>();
    let level = match (program.common().quiet, program.common().verbose) {
        (true, _) => LevelFilter::Warn,
        (_, true) => LevelFilter::Debug,
        _ => LevelFilter::Info,
    };
    // Fails only where a logger is set already, which none but this line does.
    let _ = log::set_boxed_logger(Box::new(Messages(P::NAME)));
    log::set_max_level(level);
    match program.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{error:#}");
            if let Some(hint) = hint(&error) {
                log::error!("hint: {hint}");
            }
            match error.downcast_ref() {
                Some(hd::Error::Interrupted { .. }) => ExitCode::from(INTERRUPTED),
                _ if error.is::<Misuse>() => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// The arguments; where they make no sense, clap says so and ends the program.
fn parse<P: Program>() -> P {
    let given = env::args_os().scan(true, |flags, arg| Some(hyphenate(flags, arg)));
    // What takes a number is given it also where it is below zero, and can then say what it takes.
    let command = P::command().mut_args(|arg| {
        let takes_number = arg.get_action().takes_values() && !arg.is_positional();
        match takes_number {
            true => arg.allow_negative_numbers(true),
            false => arg,
        }
    });
    let matches = command.get_matches_from(given);
    P::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The exit status of a program that Ctrl-C has ended: 128 and the number of the signal, as shells count.
const INTERRUPTED: u8 = 128 + SIGINT as u8;

/// Makes Ctrl-C raise a flag from now on, for work that has something to put in order before it ends. A second Ctrl-C
/// ends the program at once.
///
/// # Errors
/// The operating system's.
pub fn interruption() -> anyhow::Result<Arc<AtomicBool>> {
    let raised = Arc::new(AtomicBool::new(false));
    flag::register_conditional_shutdown(SIGINT, INTERRUPTED.into(), Arc::clone(&raised))?;
    flag::register(SIGINT, Arc::clone(&raised))?;
    Ok(raised)
}

/// Tells ONNX Runtime to send no reports of its use, which it does from version 1.29 on unless this is set before it
/// is loaded; turning them off by its own interface comes too late for the first.
#[allow(
    unsafe_code,
    reason = "a library that is loaded into the process can be told by nothing but the environment"
)]
fn keep_to_itself() {
    if env::var_os(NO_TELEMETRY).is_none() {
        // SAFETY: this is the first thing that main does, and no other thread is there yet to read the environment.
        unsafe { env::set_var(NO_TELEMETRY, "1") };
    }
}

/// A decoder that panics costs its image, which is reported like any bad one; a trace on stderr would only alarm.
fn hush_decoders() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !hd::photo::is_decoding() {
            usual(panic);
        }
    }));
}

/// Arguments that make no sense together.
#[derive(Debug)]
struct Misuse(String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Misuse {}

/// An error that ends the program with the status of wrong usage.
///
/// # Errors
/// Always.
pub fn misuse<T>(reason: String) -> anyhow::Result<T> {
    Err(Misuse(reason).into())
}

/// Errors if an output is an input too, or is named twice: writing it would destroy the other.
///
/// # Errors
/// [`misuse`], naming the path.
pub fn check_outputs<'a>(
    inputs: impl IntoIterator<Item = &'a PathBuf>,
    outputs: impl IntoIterator<Item = &'a PathBuf>,
) -> anyhow::Result<()> {
    let real = |path: &PathBuf| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    let mut taken = inputs
        .into_iter()
        .map(real)
        .collect::<io::Result<Vec<_>>>()?;
    for output in outputs {
        let place = real(output)?;
        if place.is_dir() {
            return misuse(format!("{}: it is a folder, and no file", output.display()));
        }
        if taken.contains(&place) && (place.is_file() || !place.exists()) {
            return misuse(format!(
                "{}: it is named twice, and would be overwritten",
                output.display()
            ));
        }
        taken.push(place);
    }
    Ok(())
}

/// Whether `inner`, which need not be there, lies in the folder `outer` or is it.
pub fn is_within(inner: &Path, outer: &Path) -> bool {
    let absolute = std::path::absolute(inner).unwrap_or_default();
    let there = absolute
        .ancestors()
        .find_map(|above| fs::canonicalize(above).ok());
    match (there, fs::canonicalize(outer)) {
        (Some(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    }
}

/// retrain.py spells its flags with underscores; `--a_b` is read as `--a-b`, up to a `--`.
fn hyphenate(flags: &mut bool, arg: OsString) -> OsString {
    *flags &= arg != "--";
    match arg.to_str() {
        Some(text) if *flags && text.starts_with("--") => {
            let (flag, value) = text.split_at(text.find('=').unwrap_or(text.len()));
            format!("{}{value}", flag.replace('_', "-")).into()
        }
        _ => arg,
    }
}

/// A reader that has seen enough closes its end, and Unix programs then stop without a word.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    let is = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(broken)
    };
    error.chain().any(is)
}

/// A failure with its remedy.
#[derive(Debug)]
struct Advice(String, String);

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Advice {}

/// An error that comes with a remedy.
pub fn advise(reason: String, remedy: &str) -> anyhow::Error {
    Advice(reason, remedy.to_owned()).into()
}

fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(Advice(_, remedy)) = error.downcast_ref() {
        return Some(remedy.clone());
    }
    error
        .chain()
        .find_map(|cause| cause.downcast_ref::<hd::Error>()?.hint())
}

/// Messages on stderr, each line beginning with the program's name.
struct Messages(&'static str);

impl log::Log for Messages {
    fn enabled(&self, metadata: &log::Metadata) -> bool {
        // Libraries' own messages are for their developers.
        metadata.target().starts_with("hd")
    }

    fn log(&self, record: &log::Record) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let kind = match record.level() {
            log::Level::Warn => "warning: ",
            _ => "",
        };
        let mut stderr = io::stderr().lock();
        for line in record.args().to_string().lines() {
            // There is nowhere left to complain to.
            let _ = writeln!(stderr, "{}: {kind}{line}", self.0);
        }
    }

    fn flush(&self) {}
}

/// How often a bar moves while nothing is told.
const TICK: Duration = Duration::from_millis(100);

/// A bar on stderr, if that is a terminal and messages are wanted.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Default for Bar {
    fn default() -> Self {
        let bar = ProgressBar::with_draw_target(None, target());
        Self(bar)
    }
}

fn target() -> ProgressDrawTarget {
    match log::max_level() >= LevelFilter::Info {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    }
}

impl Bar {
    /// Begins to count things, `total` of them.
    pub fn count(&self, total: u64) {
        self.show("{wide_bar} {pos}/{len} images, {rate}, {eta} left");
        self.0.set_length(total);
    }

    /// Shows that something goes on.
    pub fn spin(&self, what: &str) {
        self.show("{spinner} {msg}");
        self.0.set_message(what.to_owned());
        self.0.enable_steady_tick(TICK);
    }

    /// Begins to count bytes; without a total it only shows that something goes on.
    pub fn bytes(&self, what: &str, total: Option<u64>, already: u64) {
        match total {
            Some(total) => {
                self.show("{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left");
                self.0.set_length(total);
            }
            None => self.spin(what),
        }
        self.0.set_message(what.to_owned());
        self.0.set_position(already);
        self.0.enable_steady_tick(TICK);
    }

    /// Counts on.
    pub fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// Shows a message without tearing the bar.
    pub fn message(&self, level: log::Level, message: &str) {
        self.0
            .suspend(|| log::log!(target: "hd", level, "{message}"));
    }

    /// Wipes the bar.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }

    fn show(&self, template: &str) {
        self.0.reset();
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Fails only where writing into a string does.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", rate);
        self.0.set_style(style);
    }
}

impl hd::bottleneck::Progress for Bar {
    fn begin(&self, files: u64) {
        self.count(files);
    }

    fn step(&self) {
        self.advance(1);
    }

    fn end(&self) {
        self.clear();
    }
}

impl hd_download::Progress for Bar {
    fn begin(&self, what: &str, total: Option<u64>, already: u64) {
        self.bytes(what, total, already);
    }

    fn advance(&self, bytes: u64) {
        self.advance(bytes);
    }

    fn note(&self, message: &str) {
        self.message(log::Level::Info, message);
    }

    fn end(&self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hyphenated(args: &[&str]) -> Vec<OsString> {
        let args = args.iter().map(OsString::from);
        args.scan(true, |flags, arg| Some(hyphenate(flags, arg)))
            .collect()
    }

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
            hyphenated(&given),
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
