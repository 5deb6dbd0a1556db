//! The parts that all programs of hd share: flags, messages, exit status and the progress bar.
//!
//! stdout is for the product, stderr for messages, each line of which begins with the program's name. The exit status
//! is 0 when done, 1 when it failed, 2 when it was called wrongly, 130 when Ctrl-C ended it. A reader of stdout that
//! closes its end is success.

mod arguments;
mod bar;
mod corrections;
mod exit;
mod flags;
mod generate;
mod memory;
mod messages;
mod numbers;
mod paths;
mod signals;
mod table;
mod version;

use std::env;
use std::process::ExitCode;

use clap::Parser;
use log::LevelFilter;

use generate::Generate;

pub use bar::{Bar, patiently};
pub use corrections::CorrectionsFlag;
pub use exit::{Advice, Silent, misuse, told};
pub use flags::{Colours, Common, Compute, Jobs, Resize, colours};
pub use memory::{Budget, Memory};
pub use messages::paste;
pub use numbers::probability;
pub use paths::{check_outputs, is_within};
pub use signals::interruption;
pub use table::{Table, shortened};

/// ONNX Runtime reads this variable before it reports its use to its maker.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// A program: its arguments, which know the flags that all programs have, and run.
pub trait Program: Parser {
    /// The program's name, which begins each of its messages.
    const NAME: &'static str;

    /// The arguments that are needed unless another, such as --describe, does without them. --help shows them as needed.
    const USUAL: &'static [&'static str] = &[];

    /// The arguments that take `-` for stdin.
    const TAKES_STDIN: &'static [&'static str] = &[];

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
            files.run(arguments::as_usual::<P>(P::command()))
        }
        None => match arguments::parse::<P>() {
            Ok(program) => {
                messages::start(P::NAME, program.common().level());
                run(program)
            }
            Err(ended) => return ended,
        },
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
