//! The threads that label images, each with a session that no other uses. Images wait for a free thread in a queue of
//! limited length; where a visitor goes away meanwhile, the image leaves the queue.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use hd::base::Runtime;
use hd::label::{Labeller, Outcome};
use hd::onnx::Network;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::limits::Limits;
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
    Scores(Vec<f32>),
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

/// Images before a thread: the one that it works on, and the next, or it would wait for it each time.
const AHEAD: usize = 2;

type Reply = Result<Outcome<Product>, Trouble>;

struct Job {
    image: Held,
    wanted: Wanted,
    reply: oneshot::Sender<Reply>,
    /// Held until a thread is done with the job, also if nobody waits for the reply any more.
    _turn: OwnedSemaphorePermit,
}

/// The threads.
pub(crate) struct Pool {
    jobs: Sender<Job>,
    /// A permit for each image that may lie before the threads.
    turns: Arc<Semaphore>,
    /// A permit for each image that may still come, to wait or to be worked on.
    places: Semaphore,
}

impl Pool {
    /// Starts so many threads, which stop when the pool is dropped.
    ///
    /// # Errors
    /// A graph that ONNX Runtime refuses; no more threads.
    pub(crate) fn start(
        runtime: &Runtime,
        network: &Arc<Network>,
        threads: NonZeroUsize,
        limits: &Limits,
    ) -> anyhow::Result<Self> {
        let (jobs, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.get() {
            let labeller = Labeller::load(runtime, network, limits.max_pixels)?;
            let jobs = Arc::clone(&receiver);
            let thread = thread::Builder::new().name(format!("label-{number}"));
            thread.spawn(move || work(labeller, &jobs))?;
        }
        let places = threads.get().saturating_add(limits.queue.get());
        Ok(Self {
            jobs,
            turns: Arc::new(Semaphore::new(threads.get().saturating_mul(AHEAD))),
            places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
        })
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

/// Takes jobs until the pool is dropped.
fn work(mut labeller: Labeller, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // The visitor has gone.
        if job.reply.is_closed() {
            continue;
        }
        let done = catch_unwind(AssertUnwindSafe(|| {
            make(&mut labeller, job.image.bytes(), job.wanted)
        }));
        let reply = match done {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(error)) => {
                log::error!("{:#}", anyhow::Error::from(error));
                Err(Trouble::Failed)
            }
            // A panic is told on stderr.
            Err(_) => Err(Trouble::Failed),
        };
        // The visitor may have gone.
        let _ = job.reply.send(reply);
    }
}

fn make(labeller: &mut Labeller, bytes: &[u8], wanted: Wanted) -> hd::Result<Outcome<Product>> {
    match wanted {
        Wanted::Scores => Ok(labeller.scores(bytes)?.map(Product::Scores)),
        Wanted::Heatmap => match labeller.heatmap(bytes)? {
            Ok(heatmap) => Ok(Ok(Product::Heatmap(heatmap.png()?))),
            Err(reason) => Ok(Err(reason)),
        },
    }
}
