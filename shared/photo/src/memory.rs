//! The memory that decoding takes: how much there may be at a time, and whose turn it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::DecodeError;

/// Images that take more bytes than this are decoded one at a time, or several of them would take
/// all the memory together that each may have alone.
const ALONE: u64 = 48 << 20;

static TURN: Mutex<()> = Mutex::new(());

/// Bytes that the images of this process may take.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sets the limit on the memory that decoding one image may take, in bytes, for the whole process.
/// Images that would take more are refused.
pub fn limit_memory(bytes: u64) {
    LIMIT.store(bytes, Ordering::Relaxed);
}

/// Waits for the turn of an image of this size that takes so many bytes a pixel, which lasts as long
/// as what is returned; none where it need not wait for others.
///
/// # Errors
/// An image that takes more than the limit.
pub(crate) fn turn(
    (width, height): (u32, u32),
    bytes: u64,
) -> Result<Option<MutexGuard<'static, ()>>, DecodeError> {
    let limit = LIMIT.load(Ordering::Relaxed);
    if bytes > limit {
        return Err(DecodeError::Memory {
            width,
            height,
            megabytes: bytes.div_ceil(1 << 20),
        });
    }
    Ok((bytes > ALONE).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// So many bytes, each with this value.
///
/// # Errors
/// More than the system gives.
pub(crate) fn filled(size: (u32, u32), count: usize, value: u8) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(count)
        .map_err(|_| DecodeError::Memory {
            width: size.0,
            height: size.1,
            megabytes: (count as u64).div_ceil(1 << 20),
        })?;
    bytes.resize(count, value);
    Ok(bytes)
}
