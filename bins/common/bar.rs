//! The progress bar.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use log::LevelFilter;

/// Time between two movements of a bar that nothing else moves.
const TICK: Duration = Duration::from_millis(100);

/// The bar that is on the screen.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

fn shown() -> MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints while no bar is on the screen: a line that is printed through a bar leaves a piece of it above.
pub(crate) fn around(print: impl FnOnce()) {
    match &*shown() {
        Some(bar) => bar.suspend(print),
        None => print(),
    }
}

/// Seconds after which somebody who waits is told what for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Seconds between two lines about it, where stderr is no terminal.
const AGAIN: Duration = Duration::from_secs(30);

/// Does the work, and where it takes long says what it is: by a spinner on a terminal, by lines elsewhere.
pub fn patiently<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (done, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || tell(what, &waiting));
        let result = work();
        drop(done);
        result
    })
}

/// Tells what the work is until the sender of `waiting` is gone.
fn tell(what: &str, waiting: &mpsc::Receiver<()>) {
    let is_over = |time| waiting.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Disconnected);
    if is_over(PATIENCE) {
        return;
    }
    let begin = Instant::now();
    let bar = Bar::default();
    bar.spin(what);
    loop {
        if bar.0.is_hidden() {
            let seconds = (begin.elapsed() + PATIENCE).as_secs();
            log::info!("{what}: {seconds} seconds so far");
        }
        if is_over(AGAIN) {
            return bar.clear();
        }
    }
}

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
    /// Begins to count `total` images.
    pub fn count(&self, total: u64) {
        self.show("{wide_bar} {pos}/{len} images, {rate}, {eta} left");
        self.0.set_length(total);
    }

    /// Begins to count images of which nobody knows how many there are.
    pub fn count_on(&self) {
        self.show("{spinner} {pos} images, {rate}");
        self.0.enable_steady_tick(TICK);
    }

    /// Shows that work is under way, without an end to count to.
    pub fn spin(&self, what: &str) {
        self.show("{spinner} {msg}");
        self.0.set_message(what.to_owned());
        self.0.enable_steady_tick(TICK);
    }

    /// Begins to count bytes; without a total it only shows that work is under way.
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

    /// Wipes the bar.
    pub fn clear(&self) {
        shown().take();
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
        shown().replace(self.0.clone());
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
        log::info!(target: "hd", "{message}");
    }

    fn end(&self) {
        self.clear();
    }
}
