//! Whose turn it is: the largest images are decoded one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Images of more pixels than this are decoded in their full size one at a time, or several of them
/// would take all the memory together that each may have alone.
const ALONE: u64 = 1 << 24;

static TURN: Mutex<()> = Mutex::new(());

/// Waits for the turn of an image of so many pixels, which lasts as long as what is returned; none
/// where it need not wait for others.
pub(crate) fn turn(pixels: u64) -> Option<MutexGuard<'static, ()>> {
    (pixels > ALONE).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner))
}
