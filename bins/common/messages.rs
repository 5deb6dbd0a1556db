//! Messages on stderr.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::panic;
use std::sync::{Mutex, PoisonError};

use log::LevelFilter;

use crate::bar;

/// Prints messages from this level up from now on, each line beginning with the program's name.
pub(crate) fn start(program: &'static str, level: LevelFilter) {
    // Fails only where a logger is set already, and no other line sets one.
    let _ = log::set_boxed_logger(Box::new(Messages {
        program,
        out: Mutex::new(own_stderr()),
    }));
    log::set_max_level(level);
}

/// stderr by a descriptor of its own, which leads there also while a library is loaded that is not to write there.
fn own_stderr() -> Box<dyn Write + Send> {
    match io::stderr().as_fd().try_clone_to_owned() {
        Ok(own) => Box::new(File::from(own)),
        Err(_) => Box::new(io::stderr()),
    }
}

/// Prints no trace for a decoder that panics: its image is reported like any bad image.
pub(crate) fn silence_decoders() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        match (hd::photo::is_decoding(), log::max_level()) {
            (true, _) => {}
            (false, LevelFilter::Off) => usual(panic),
            (false, _) => log::error!("this is a bug in the program: {panic}"),
        }
    }));
}

/// The logger, which knows the program's name.
struct Messages {
    program: &'static str,
    out: Mutex<Box<dyn Write + Send>>,
}

/// Prints a command on stderr as it is, on a line of its own, so that it can be pasted.
#[allow(
    clippy::print_stderr,
    reason = "a program's name before it would be pasted too"
)]
pub fn paste(command: &str) {
    eprintln!("{}", printable(command));
}

/// A line without characters that a terminal would obey: the names of files and what libraries say may hold any.
fn printable(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for character in line.chars() {
        match character.is_control() && character != '\t' {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    shown
}

impl log::Log for Messages {
    fn enabled(&self, metadata: &log::Metadata) -> bool {
        // Messages of other libraries are for their developers.
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
        bar::around(|| {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            for line in record.args().to_string().lines() {
                let line = format!("{}: {kind}{}\n", self.program, printable(line));
                // There is nowhere left to complain to.
                let _ = out.write_all(line.as_bytes());
            }
        });
    }

    fn flush(&self) {}
}
