//! Messages on stderr.

use std::io::{self, Write};
use std::panic;

use log::LevelFilter;

/// Prints messages from this level up from now on, each line beginning with the program's name.
pub(crate) fn start(program: &'static str, level: LevelFilter) {
    // Fails only where a logger is set already, and no other line sets one.
    let _ = log::set_boxed_logger(Box::new(Messages(program)));
    log::set_max_level(level);
}

/// Prints no trace for a decoder that panics: its image is reported like any bad image.
pub(crate) fn silence_decoders() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !hd::photo::is_decoding() {
            usual(panic);
        }
    }));
}

/// The logger, which knows the program's name.
struct Messages(&'static str);

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
        let mut stderr = io::stderr().lock();
        for line in record.args().to_string().lines() {
            // There is nowhere left to complain to.
            let _ = writeln!(stderr, "{}: {kind}{line}", self.0);
        }
    }

    fn flush(&self) {}
}
