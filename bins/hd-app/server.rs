//! Accepting connections, and ending in good order.
//!
//! So many connections are served at a time, and the next ones wait. None keeps its place for long, since each step has
//! a time-out: connections on which nothing is asked end after [`HEAD`], uploads that stall after a few seconds more, and
//! answers that nobody reads after [`READING`]. A connection takes one request after another for [`KEPT`], and where
//! others wait for its place it is closed after the answer that it got.

use std::future::ready;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::map_response;
use axum::response::Response;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// Time in which a visitor has to say what it wants.
const HEAD: Duration = Duration::from_secs(2);

/// Time in which further requests are taken on the same connection.
const KEPT: Duration = Duration::from_secs(10);

/// Time in which a visitor has to read the answer.
const READING: Duration = Duration::from_secs(10);

/// At the end, requests under way are waited for no longer.
const ENDING: Duration = Duration::from_secs(10);

/// Where a connection cannot be accepted, as with too many open files, it may be possible a little later.
const PAUSE: Duration = Duration::from_millis(50);

/// A server: its routes and its limits.
pub(crate) struct Server {
    pub(crate) router: Router,
    /// Connections that are served at a time.
    pub(crate) connections: NonZeroUsize,
    /// Time that a request may take.
    pub(crate) timeout: Duration,
}

impl Server {
    /// Answers at `address` until Ctrl-C or SIGTERM; then requests under way are finished. `started` is told the address,
    /// whose port may have been picked.
    ///
    /// # Errors
    /// An address that cannot be listened at; those of `ready`.
    pub(crate) async fn serve(
        &self,
        address: SocketAddr,
        started: &(dyn Fn(SocketAddr) -> io::Result<()> + Sync),
    ) -> anyhow::Result<()> {
        let listener = listen(address).await?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        started(listener.local_addr()?)?;
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = self.accept(&listener, &graceful) => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        drop(listener);
        self.finish(graceful, interrupt).await;
        Ok(())
    }

    /// Accepts connections without end, each as soon as there is a place for it.
    async fn accept(&self, listener: &TcpListener, graceful: &GracefulShutdown) {
        let most = self.connections.get().min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most));
        let mut warned = false;
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => self.speak(stream, place, &places, graceful),
                Err(error) => {
                    if !warned {
                        log::warn!("no more connections can be made: {error}");
                    }
                    warned = true;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Serves a connection in a task, which holds `place` until the connection is closed.
    fn speak(
        &self,
        stream: TcpStream,
        place: OwnedSemaphorePermit,
        places: &Arc<Semaphore>,
        graceful: &GracefulShutdown,
    ) {
        // Without this, an answer would wait for the visitor's acknowledgement of the packets before it.
        let _ = stream.set_nodelay(true);
        let head = self.timeout.min(HEAD);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(self.answers(Arc::clone(places))),
            );
        let longest = KEPT + head + self.timeout + READING;
        let connection = timeout(longest, graceful.watch(connection));
        tokio::spawn(async move {
            // Errors of a connection concern its visitor alone.
            let _ = connection.await;
            drop(place);
        });
    }

    /// The routes for one connection, whose last answer says that it is the last.
    fn answers(&self, places: Arc<Semaphore>) -> Router {
        let begin = Instant::now();
        let mark = move |mut answer: Response| {
            if begin.elapsed() >= KEPT || places.available_permits() == 0 {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
            }
            ready(answer)
        };
        self.router.clone().layer(map_response(mark))
    }

    /// Waits for requests under way, but not for long, and not after a second Ctrl-C.
    async fn finish(&self, graceful: GracefulShutdown, mut interrupt: Signal) {
        log::info!("finishing what is under way");
        tokio::select! {
            () = graceful.shutdown() => {}
            () = sleep(self.timeout.min(ENDING)) => log::warn!("some visitors did not wait for their answers"),
            _ = interrupt.recv() => {}
        }
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrInUse => format!("; `--listen {}:0` picks a free port", address.ip()),
            _ => String::new(),
        };
        anyhow::Error::new(error).context(format!("{address}: cannot listen there{remedy}"))
    })
}
