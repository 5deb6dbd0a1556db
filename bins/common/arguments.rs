//! Parsing the arguments, and answering those that make no sense.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{Error, ErrorKind};
use clap::{Arg, ArgMatches, Command};
use log::LevelFilter;

use crate::exit::MISUSED;
use crate::{Program, flags, messages, version};

/// The program with its arguments; or how it has ended, after help, the version or an error was printed.
pub(crate) fn parse<P: Program>() -> Result<P, ExitCode> {
    let args = flags::hyphenated(env::args_os());
    let mut command = command::<P>();
    let parsed = command.try_get_matches_from_mut(&args).and_then(|matches| {
        check_paths::<P>(&mut command, &matches)?;
        P::from_arg_matches(&matches)
    });
    match parsed {
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            let shown = as_usual::<P>(self::command::<P>()).try_get_matches_from(args);
            Err(end::<P>(&shown.err().unwrap_or(error)))
        }
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            let ended = end::<P>(&error);
            if args.iter().any(|arg| is_verbose(arg)) {
                version::tell();
            }
            Err(ended)
        }
        parsed => parsed.map_err(|error| end::<P>(&error)),
    }
}

/// Whether an argument beside --version is -v, alone or among other letters.
fn is_verbose(arg: &OsStr) -> bool {
    let arg = arg.to_str().unwrap_or_default();
    let letters = arg.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
    arg == "--verbose" || letters.is_some_and(|letters| letters.contains('v'))
}

fn command<P: Program>() -> Command {
    // A number below zero is a value and no flag, so that its flag can say which numbers it takes.
    P::command().mut_args(|arg| {
        let takes_number = arg.get_action().takes_values() && !arg.is_positional();
        match takes_number {
            true => arg.allow_negative_numbers(true),
            false => arg,
        }
    })
}

/// Prints what clap has to say: help and versions on stdout, errors as messages.
fn end<P: Program>(error: &Error) -> ExitCode {
    if !error.use_stderr() {
        // A reader that closes its end wants no more.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    messages::start(P::NAME, LevelFilter::Info);
    let text = error.render().to_string();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        log::error!("{}", line.strip_prefix("error: ").unwrap_or(line));
    }
    ExitCode::from(MISUSED)
}

/// Refuses `-` where a path is wanted: a file of that name is hardly ever meant, and stdin and stdout will not do.
fn check_paths<P: Program>(command: &mut Command, matches: &ArgMatches) -> Result<(), Error> {
    for id in matches
        .ids()
        .filter(|id| !P::TAKES_STDIN.contains(&id.as_str()))
    {
        let paths = matches.try_get_many::<PathBuf>(id.as_str());
        if paths
            .ok()
            .flatten()
            .is_some_and(|mut paths| paths.any(|path| path.as_os_str() == "-"))
        {
            let argument = command.get_arguments().find(|arg| arg.get_id() == id);
            let argument = argument.map_or_else(|| id.to_string(), Arg::to_string);
            let reason = format!(
                "{argument} is `-`, but is neither read from stdin nor written to stdout: name a file or a folder (./- is one of that name)"
            );
            return Err(command.error(ErrorKind::InvalidValue, reason));
        }
    }
    match matches.subcommand() {
        Some((name, matches)) => match command.find_subcommand_mut(name) {
            Some(command) => check_paths::<P>(command, matches),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// The command with the arguments needed that usually are, as it is to be shown.
pub(crate) fn as_usual<P: Program>(command: Command) -> Command {
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
