//! hd-app: labels images in a browser, as the lab's app does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

mod guard;
mod metrics;
mod page;
mod pool;
mod routes;
mod server;
mod upload;
mod visitors;

use anyhow::Context;
use clap::{Args, Parser};
use hd::base::Runtime;
use hd::onnx::Network;
use hd_cli::{Common, Compute, Program};
use pool::Pool;
use routes::{App, router};
use server::Server;

/// Labels images in a browser, as the lab's app does
///
/// Starts a server on this machine and opens its page: choose an image, drop it, paste it or take it with the camera.
/// Images go to this server and nowhere else. Ctrl-C ends it.
#[derive(Parser)]
#[command(
    name = "hd-app",
    version,
    max_term_width = 100,
    after_help = "\
Example:  hd-app --graph out/retrained_graph.onnx
          curl -F image=@lunch.jpg http://127.0.0.1:8080/label
See also: hd-train (makes the graph), hd-label (the same at the shell)"
)]
struct Arguments {
    /// The retrained graph, as hd-train makes it
    #[arg(long, value_name = "FILE.onnx")]
    graph: PathBuf,

    /// Where to listen; port 0 picks a free one. Its address is printed
    #[arg(long, value_name = "ADDR:PORT", default_value_t = USUAL, value_parser = address)]
    listen: SocketAddr,

    /// Do not open the page
    #[arg(long)]
    no_open: bool,

    #[command(flatten)]
    compute: Compute,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    limits: Limits,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("{}:{port}", USUAL.ip()),
        None => text.to_owned(),
    };
    let example = |_| format!("expected an address and a port, such as {USUAL} or [::1]:8080");
    text.parse().map_err(example)
}

const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// What visitors may do.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
struct Limits {
    /// An image may have so many bytes
    #[arg(long, value_name = "N", default_value_t = 32 << 20, value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    max_bytes: u64,

    /// An image may have so many pixels
    #[arg(long, value_name = "N", default_value_t = 1 << 27, value_parser = clap::value_parser!(u64).range(1..))]
    max_pixels: u64,

    /// So many images may wait for an answer; with more, the server says that it is busy
    #[arg(long, value_name = "N", default_value = "64")]
    queue: NonZeroUsize,

    /// So many connections are kept; with more, the oldest that has nothing under way is closed
    #[arg(long, value_name = "N", default_value = "512")]
    connections: NonZeroUsize,

    /// Seconds that a request may take
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,

    /// Another name that this server is reached by, beside localhost and bare addresses
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

/// A visitor that does not say within this time what it wants is sent away, and at the end nobody is waited for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Threads that speak to visitors; the heavy work is done elsewhere.
const SPEAKERS: usize = 2;

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-app";

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if !self.listen.ip().is_loopback() {
            log::warn!(
                "whoever can reach {} can have images labelled; nothing is encrypted",
                self.listen
            );
        }
        let network = Arc::new(Network::open_retrained(&self.graph)?);
        let runtime = Runtime::load(self.compute.runtime.as_deref())?;
        let pool = Pool::start(&runtime, &network, self.compute.jobs.count(), &self.limits)?;
        let timeout = Duration::from_secs(self.limits.timeout);
        let router = router(App::new(network, pool, &self.limits));
        let speakers = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(SPEAKERS)
            .enable_all()
            .build()
            .context("cannot start threads")?;
        let server = Server {
            router,
            connections: self.limits.connections,
            patience: timeout.min(PATIENCE),
        };
        speakers.block_on(server.serve(self.listen, &|address| self.tell(address)))
    }
}

impl Arguments {
    /// Says where the page is, and opens it.
    fn tell(&self, address: SocketAddr) -> std::io::Result<()> {
        use std::io::Write;
        let url = format!("http://{address}/");
        writeln!(std::io::stdout(), "{url}")?;
        if !self.no_open && has_a_screen() && open::that_detached(&url).is_err() {
            log::info!("open {url} in a browser");
        }
        Ok(())
    }
}

/// Whether a browser would have somewhere to show itself.
fn has_a_screen() -> bool {
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || named("DISPLAY") || named("WAYLAND_DISPLAY")
}
