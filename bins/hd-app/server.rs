//! Accepting connections, and ending in good order.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::visitors::{Visit, Visitors};

/// Where a connection cannot be accepted, as with too many open files, it may be possible a little later.
const PAUSE: Duration = Duration::from_millis(50);

/// What answers, and whom.
pub(crate) struct Server {
    pub(crate) router: Router,
    /// Most connections at a time.
    pub(crate) connections: NonZeroUsize,
    /// How long a visitor may take to say what it wants, and how long the last ones are waited for.
    pub(crate) patience: Duration,
}

impl Server {
    /// Answers at `address` until Ctrl-C or SIGTERM; then what is under way is finished. `ready` is told the address, whose
    /// port may have been picked.
    ///
    /// # Errors
    /// An address that cannot be listened at; those of `ready`.
    pub(crate) async fn serve(
        &self,
        address: SocketAddr,
        ready: &(dyn Fn(SocketAddr) -> io::Result<()> + Sync),
    ) -> anyhow::Result<()> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let remedy = match error.kind() {
                ErrorKind::AddrInUse => {
                    format!("; `--listen {}:0` picks a free port", address.ip())
                }
                _ => String::new(),
            };
            anyhow::Error::new(error).context(format!("{address}: cannot listen there{remedy}"))
        })?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        ready(listener.local_addr()?)?;
        let mut full = false;
        let (visitors, graceful) = (Visitors::new(self.connections), GracefulShutdown::new());
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        if let Some(visit) = visitors.enter() {
                            self.speak(stream, visit, &graceful);
                        }
                    }
                    Err(error) => {
                        if !full {
                            log::warn!("no more connections can be made: {error}");
                        }
                        full = true;
                        visitors.send_one_away();
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
            }
        }
        drop(listener);
        log::info!("finishing what is under way");
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(self.patience) => log::warn!("some visitors did not wait for their answers"),
            _ = interrupt.recv() => {}
        }
        Ok(())
    }

    /// Speaks with a visitor, in a task of its own.
    fn speak(&self, stream: TcpStream, visit: Visit, graceful: &GracefulShutdown) {
        // Without this, answers would wait for the visitor's acknowledgement of what came before them.
        let _ = stream.set_nodelay(true);
        let routes = TowerToHyperService::new(self.router.clone());
        let visitor = Arc::clone(&visit.visitor);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Arc::clone(&visitor));
            let asking = visitor.asking();
            let answer = hyper::service::Service::call(&routes, request);
            async move {
                let _asking = asking;
                answer.await
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                // What goes wrong with a connection is the visitor's business.
                _ = connection => {}
                () = visit.visitor.told_to_leave() => {}
            }
        });
    }
}
