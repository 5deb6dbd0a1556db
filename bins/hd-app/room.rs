//! The room that images take while they come, wait and are worked on.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

/// Bytes of images that may be held at a time, for all visitors together.
const MOST: usize = 1 << 29;

/// A form is held twice, and leaves as much again to others.
const OF_A_FORM: usize = 4;

/// The room for all visitors together.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    /// Room for images of up to `max_bytes`.
    pub(crate) fn new(max_bytes: usize) -> Self {
        let largest = max_bytes.saturating_mul(OF_A_FORM);
        let most = MOST.max(largest).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(most)))
    }

    /// The share of a new visitor, which is empty.
    ///
    /// # Errors
    /// None, since nothing is taken.
    pub(crate) fn share(&self) -> Result<Share, Refusal> {
        let none = Arc::clone(&self.0).try_acquire_many_owned(0);
        none.map(Share).map_err(|_| Refusal::BUSY)
    }
}

/// The room that one visitor's image takes.
pub(crate) struct Share(OwnedSemaphorePermit);

impl Share {
    /// Takes so many bytes more. Nobody may have more than is left for all others together. So a
    /// few large uploads, however slow, leave room for small ones: fifty leave a fiftieth.
    ///
    /// # Errors
    /// Less room than that.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let room = self.0.semaphore();
        let wanted = self.0.num_permits().saturating_add(bytes);
        if wanted.saturating_add(bytes) > room.available_permits() {
            return Err(Refusal::BUSY);
        }
        let bytes = u32::try_from(bytes).map_err(|_| Refusal::BUSY)?;
        let more = Arc::clone(room).try_acquire_many_owned(bytes);
        self.0.merge(more.map_err(|_| Refusal::BUSY)?);
        Ok(())
    }

    /// Gives so many bytes back.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        drop(self.0.split(bytes));
    }
}
