//! The threads that label images, each with a session that no other uses.
//!
//! Images wait in two lanes. One whose header says that it is much work waits in the lane of the dear
//! ones, from which a thread takes an image only where the other lane has none, and only one thread
//! at a time. So a handful of bytes that claim a hundred megapixels delay nobody but their like.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use hd::base::Runtime;
use hd::label::{Labeller, Outcome};
use hd::onnx::Network;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_blocking;

use crate::lane::{Job, Lane, Product, Reply, Trouble, Wanted};
use crate::limits::Limits;
use crate::upload::Held;

/// Images before a thread: the one that it works on, and the next, or it would wait for it each time.
const AHEAD: usize = 2;

/// An image of a higher cost is dear. This is a sixth of a second, which a photo of 48 megapixels
/// does not take, nor a progressive one of 12 or a screenshot of 16. It is also where the decoders
/// begin to work on one image at a time, and a cheap one must not wait for them.
const DEAR: u64 = 1 << 24;

/// Dear images that may wait. Each can take seconds, and for more the visitor's time would be over.
const DEAR_QUEUE: usize = 8;

/// The parts of a thread that labels.
pub(crate) struct Labellers<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) network: &'a Arc<Network>,
    /// The threads from which images come.
    pub(crate) speakers: &'a Handle,
}

/// The threads.
pub(crate) struct Pool {
    cheap: Lane,
    dear: Lane,
    network: Arc<Network>,
    max_pixels: u64,
}

/// The ends of the lanes.
struct Jobs {
    cheap: UnboundedReceiver<Job>,
    dear: UnboundedReceiver<Job>,
}

impl Pool {
    /// Starts so many threads, which stop when the pool is dropped.
    ///
    /// # Errors
    /// A graph that ONNX Runtime refuses; no more threads.
    pub(crate) fn start(
        labellers: &Labellers,
        threads: NonZeroUsize,
        limits: &Limits,
    ) -> anyhow::Result<Self> {
        let (threads, queue) = (threads.get(), limits.queue.get());
        let ahead = threads.saturating_mul(AHEAD);
        let (cheap, cheap_jobs) = Lane::new(ahead, threads.saturating_add(queue));
        let (dear, dear_jobs) = Lane::new(1, 1 + queue.min(DEAR_QUEUE));
        let jobs = Arc::new(Mutex::new(Jobs {
            cheap: cheap_jobs,
            dear: dear_jobs,
        }));
        let Labellers {
            runtime,
            network,
            speakers,
        } = *labellers;
        for number in 0..threads {
            let labeller = Labeller::load(runtime, network, limits.max_pixels)?;
            let (jobs, speakers) = (Arc::clone(&jobs), speakers.clone());
            let thread = thread::Builder::new().name(format!("label-{number}"));
            thread.spawn(move || work(labeller, || next(&jobs, &speakers)))?;
        }
        Ok(Self {
            cheap,
            dear,
            network: Arc::clone(network),
            max_pixels: limits.max_pixels,
        })
    }

    /// Has an image worked on.
    ///
    /// # Errors
    /// [`Trouble`]; the inner one is the image's.
    pub(crate) async fn run(&self, image: Held, wanted: Wanted) -> Reply {
        let (network, max_pixels) = (Arc::clone(&self.network), self.max_pixels);
        // A header can be long. The threads that speak stay the same two, since each new one would keep
        // freed memory of its own.
        let estimated = spawn_blocking(move || {
            let cost = network.preprocess.cost(image.bytes(), max_pixels);
            (cost, image)
        });
        let Ok((cost, image)) = estimated.await else {
            return Err(Trouble::Failed);
        };
        let lane = match cost > DEAR {
            true => &self.dear,
            false => &self.cheap,
        };
        lane.run(image, wanted).await
    }
}

/// The next job, a dear one only where there is no other. None when the pool was dropped.
fn next(jobs: &Mutex<Jobs>, speakers: &Handle) -> Option<Job> {
    let mut jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    let Jobs { cheap, dear } = &mut *jobs;
    speakers.block_on(async {
        tokio::select! {
            biased;
            job = cheap.recv() => job,
            job = dear.recv() => job,
        }
    })
}

/// Works until there is no next job.
fn work(mut labeller: Labeller, next: impl Fn() -> Option<Job>) {
    while let Some(job) = next() {
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
        Wanted::Scores => {
            let scores = labeller.scores(bytes)?;
            Ok(scores.map(|(scores, notes)| Product::Scores(scores, notes)))
        }
        Wanted::Heatmap => match labeller.heatmap(bytes)? {
            Ok((heatmap, _)) => Ok(Ok(Product::Heatmap(heatmap.png()?))),
            Err(reason) => Ok(Err(reason)),
        },
    }
}
