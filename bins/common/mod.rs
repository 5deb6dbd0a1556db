//! The parts that all programs of hd share: flags, messages, exit status and the progress bar.
//!
//! stdout is for the product, stderr for messages, each line of which begins with the program's name. The exit status
//! is 0 when done, 1 when it failed, 2 when it was called wrongly, 130 when Ctrl-C ended it. A reader of stdout that
//! closes its end is success.

mod bar;
mod exit;
mod flags;
mod generate;
mod memory;
mod messages;
mod numbers;
mod paths;
mod signals;

use std::env;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Arg, Command, Parser};
use log::LevelFilter;

use generate::Generate;

pub use bar::Bar;
pub use exit::{Advice, misuse};
pub use flags::{Colours, Common, Compute, Jobs, Resize, colours};
pub use memory::Memory;
pub use numbers::{count_of, probability};
pub use paths::{check_outputs, is_within};
pub use signals::interruption;

/// ONNX Runtime reads this variable before it reports its use to its maker.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// A program: its arguments, which know the flags that all programs have, and run.
pub trait Program: Parser {
    /// The program's name, which begins each of its messages.
    const NAME: &'static str;

    /// The arguments that are needed unless another, such as --describe, does without them. --help shows them as needed.
    const USUAL: &'static [&'static str] = &[];

    /// Whether the program waits for the signals that would end it.
    const WAITS_FOR_SIGNALS: bool = false;

    /// The flags that all programs have.
    fn common(&self) -> &Common;

    /// Does what the arguments ask for.
    ///
    /// # Errors
    /// Any error of the program; [`main`] prints it.
    fn run(self) -> anyhow::Result<()>;
}

/// Parses the arguments, runs the program, and turns its result into messages and an exit status.
pub fn main<P: Program>() -> ExitCode {
    disable_telemetry();
    messages::silence_decoders();
    let done = match Generate::asked() {
        Some(files) => {
            messages::start(P::NAME, LevelFilter::Info);
            files.run(as_usual::<P>(P::command()))
        }
        None => {
            let program = parse::<P>();
            messages::start(P::NAME, program.common().level());
            run(program)
        }
    };
    for weakness in hd::weaknesses() {
        log::warn!("{weakness}");
    }
    done.map_or_else(|error| exit::report(&error), |()| ExitCode::SUCCESS)
}

/// Runs the program, so that a signal leaves nothing temporary behind.
fn run<P: Program>(program: P) -> anyhow::Result<()> {
    if !P::WAITS_FOR_SIGNALS {
        signals::watch()?;
    }
    program.run()
}

/// Parses the arguments; where they make no sense, clap says so and ends the program.
fn parse<P: Program>() -> P {
    // A number below zero is a value and no flag, so that its flag can say which numbers it takes.
    let command = P::command().mut_args(|arg| {
        let takes_number = arg.get_action().takes_values() && !arg.is_positional();
        match takes_number {
            true => arg.allow_negative_numbers(true),
            false => arg,
        }
    });
    let args = flags::hyphenated(env::args_os());
    let matches = match command.clone().try_get_matches_from(&args) {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            as_usual::<P>(command).get_matches_from(args)
        }
        parsed => parsed.unwrap_or_else(|error| error.exit()),
    };
    P::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The command with the arguments needed that usually are, as it is to be shown.
fn as_usual<P: Program>(command: Command) -> Command {
    let needed = |command: Command| {
        command.mut_args(|arg| match P::USUAL.contains(&arg.get_id().as_str()) {
            true => required(&arg),
            false => arg,
        })
    };
    needed(command).mut_subcommands(needed)
}

/// The same argument without any condition. clap knows no way to take one back.
fn required(arg: &Arg) -> Arg {
    let again = Arg::new(arg.get_id().clone())
        .value_names(arg.get_value_names().unwrap_or_default().iter().cloned())
        .help(arg.get_help().cloned().unwrap_or_default())
        .action(arg.get_action().clone())
        .required(true);
    match arg.get_num_args() {
        Some(count) => again.num_args(count),
        None => again,
    }
}

/// Tells ONNX Runtime to send no reports of its use, as it does from version 1.29 on. The variable must be set before
/// the library is loaded: turning reports off by its functions comes too late for the first one.
#[allow(
    unsafe_code,
    reason = "only the environment can tell a library before it is loaded into the process"
)]
fn disable_telemetry() {
    if env::var_os(NO_TELEMETRY).is_none() {
        // SAFETY: main calls this first, before there is another thread that could read the environment.
        unsafe { env::set_var(NO_TELEMETRY, "1") };
    }
}
