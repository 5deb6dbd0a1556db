//! Signals that end a program: nothing temporary stays behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use anyhow::Context;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The exit status of a program that Ctrl-C has ended: 128 and the number of the signal, as shells count.
pub(crate) const INTERRUPTED: u8 = 128 + SIGINT as u8;

/// The flag that Ctrl-C raises, for work that has something to put in order.
static RAISED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on the signals that end a program delete its temporary files first.
///
/// # Errors
/// The operating system's.
pub(crate) fn watch() -> anyhow::Result<()> {
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot watch for signals")?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || signals.forever().for_each(end))
        .context("cannot start a thread")?;
    // A file that grows beyond its limit is then an error of writing, and no end without a word.
    flag::register(SIGXFSZ, Arc::default())?;
    Ok(())
}

/// Makes Ctrl-C raise a flag from now on, for work that has something to put in order before it ends. A second Ctrl-C
/// ends the program at once.
pub fn interruption() -> Arc<AtomicBool> {
    Arc::clone(RAISED.get_or_init(Arc::default))
}

/// Ends the program as the signal does by itself, unless it is the first Ctrl-C and somebody waits for that.
fn end(signal: i32) {
    let raised = RAISED.get().filter(|_| signal == SIGINT);
    if raised.is_some_and(|raised| !raised.swap(true, Ordering::Relaxed)) {
        return;
    }
    hd::temporary::remove_all();
    // Only fails for a signal that is none.
    let _ = emulate_default_handler(signal);
}
