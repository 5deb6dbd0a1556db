//! A queue of limited length for images that cost about the same, from which threads take them. Where
//! a visitor goes away meanwhile, the image leaves the queue.

use std::sync::Arc;

use hd::label::Outcome;
use hd::photo::Notes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::upload::Held;

/// The two kinds of work on an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The probability of each label.
    Scores,
    /// The image, painted with the evidence for its label, as a PNG file.
    Heatmap,
}

/// The result of the work.
pub(crate) enum Product {
    Scores(Vec<f32>, Notes),
    Heatmap(Vec<u8>),
}

/// The reason why there is no result, where the image is not at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The queue is full.
    Busy,
    /// The work failed, and stderr says how.
    Failed,
}

pub(crate) type Reply = Result<Outcome<Product>, Trouble>;

/// An image before the threads.
pub(crate) struct Job {
    pub(crate) image: Held,
    pub(crate) wanted: Wanted,
    pub(crate) reply: oneshot::Sender<Reply>,
    /// Held until a thread is done with the job, also if nobody waits for the reply any more.
    _turn: OwnedSemaphorePermit,
}

/// The queue, to those that put images into it.
pub(crate) struct Lane {
    jobs: UnboundedSender<Job>,
    /// A permit for each image that may lie before the threads, or be worked on.
    turns: Arc<Semaphore>,
    /// A permit for each image that may still come, to wait or to be worked on.
    places: Semaphore,
}

impl Lane {
    /// A queue of so many places, and its end. No more than `turns` of its images lie before the
    /// threads or are worked on at a time.
    pub(crate) fn new(turns: usize, places: usize) -> (Self, UnboundedReceiver<Job>) {
        let (jobs, receiver) = unbounded_channel();
        let lane = Self {
            jobs,
            turns: Arc::new(Semaphore::new(turns.min(Semaphore::MAX_PERMITS))),
            places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
        };
        (lane, receiver)
    }

    /// Has an image worked on.
    ///
    /// # Errors
    /// [`Trouble`]; the inner one is the image's.
    pub(crate) async fn run(&self, image: Held, wanted: Wanted) -> Reply {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(Trouble::Busy);
        };
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let (reply, answer) = oneshot::channel();
        let job = Job {
            image,
            wanted,
            reply,
            _turn: turn.map_err(|_| Trouble::Failed)?,
        };
        match self.jobs.send(job) {
            Ok(()) => answer.await.unwrap_or(Err(Trouble::Failed)),
            Err(_) => Err(Trouble::Failed),
        }
    }
}
