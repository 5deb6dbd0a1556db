//! hd-app: labels images in a browser, as the lab's app does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

mod app;
mod export;
mod guard;
mod lane;
mod limits;
mod metrics;
mod page;
mod pieces;
mod place;
mod pool;
mod refusal;
mod room;
mod routes;
mod server;
mod upload;

use anyhow::Context;
use app::App;
use clap::Parser;
use export::ExportFlags;
use hd::base::Runtime;
use hd::label::CONFIDENT;
use hd::onnx::Network;
use hd_cli::{Common, Compute, Memory, Program, probability};
use limits::Limits;
use pool::{Labellers, Pool};
use routes::router;
use server::Server;

/// Labels images in a browser, as the lab's app does
///
/// Starts a server on this machine and opens its page: choose an image, drop it, paste it or take it with the camera.
/// Images go to this server and nowhere else. Ctrl-C ends it. With --export it writes the page instead, for any host or
/// as one file, with the network inside.
#[derive(Parser)]
#[command(
    name = "hd-app",
    version,
    max_term_width = 100,
    after_help = "\
Example:
  hd-app --graph out/retrained_graph.onnx

From another terminal:
  curl -F \"image=@$(find data -name '*.jpg' | head -n 1)\" \\
      http://127.0.0.1:8080/label

A page that anybody can open:
  hd-app --graph out/retrained_graph.onnx --export hotdog.html

See also: hd-train (makes the graph), hd-label (the same at the shell)"
)]
struct Arguments {
    /// The retrained graph, as hd-train makes it
    #[arg(long, value_name = "FILE.onnx")]
    graph: PathBuf,

    /// Where to listen; port 0 picks a free one. Its address is printed
    #[arg(long, value_name = "ADDR:PORT", default_value_t = USUAL, value_parser = address)]
    listen: SocketAddr,

    /// Say what an image shows where that is more probable than this, from 0 to 1, and otherwise that it can't be told
    #[arg(long, value_name = "SCORE", default_value_t = CONFIDENT, value_parser = probability)]
    threshold: f64,

    /// Do not open the page
    #[arg(long)]
    no_open: bool,

    #[command(flatten)]
    memory: Memory,

    #[command(flatten)]
    compute: Compute,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    export: ExportFlags,

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

/// Threads that serve connections; the pool has others for images.
const SPEAKERS: usize = 2;

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-app";
    const WAITS_FOR_SIGNALS: bool = true;

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        self.memory.limit();
        let network = Arc::new(Network::open_retrained(&self.graph)?);
        if let Some(out) = &self.export.export {
            let runtime = self.compute.runtime.as_deref();
            return self.export.write(out, &network, self.threshold, runtime);
        }
        if !self.listen.ip().is_loopback() {
            log::warn!(
                "whoever can reach {} can have images labelled; nothing is encrypted",
                self.listen
            );
        }
        let runtime = Runtime::load(self.compute.runtime.as_deref())?;
        let speakers = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(SPEAKERS)
            .enable_all()
            .build()
            .context("cannot start threads")?;
        let labellers = Labellers {
            runtime: &runtime,
            network: &network,
            speakers: speakers.handle(),
        };
        let pool = Pool::start(&labellers, self.compute.jobs.count(), &self.limits)?;
        let timeout = Duration::from_secs(self.limits.timeout);
        let router = router(App::new(network, pool, self.threshold, &self.limits));
        let server = Server {
            router,
            connections: self.limits.connections,
            timeout,
        };
        speakers.block_on(server.serve(self.listen, &|address| self.tell(address)))
    }
}

impl Arguments {
    /// Says where the page is, and opens it.
    fn tell(&self, address: SocketAddr) -> std::io::Result<()> {
        let others = place::for_others(address);
        place::print(others, &format!("http://{others}/"))?;
        let url = format!("http://{}/", place::on_this_machine(address));
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
