//! The model as a page: what `hd-app --export` writes, at work in a real browser.

mod command;
mod folder;
mod kernel;
mod parity;
mod planes;
mod single;
mod trouble;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::serving::{Served, serve};
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Call, Workdir, trained, web_runtime};

/// hd-app that exports the graph of the tests.
fn export(dir: &Workdir, to: &str) -> Call {
    let call = dir.program("hd-app").arg("--graph");
    call.arg(trained().join("retrained_graph.onnx"))
        .args(["--export", to])
}

/// A host of static files that says nothing of its own but what kind they are, below a path.
struct Host {
    /// The address of the folder, with a slash at its end.
    address: String,
    /// Whether it has gone.
    gone: Arc<AtomicBool>,
}

const PREFIX: &str = "/people/me/hot-dog/";

impl Host {
    fn of(folder: PathBuf) -> Self {
        let gone = Arc::new(AtomicBool::new(false));
        let is_gone = Arc::clone(&gone);
        let address = serve(move |path| match is_gone.load(Ordering::Relaxed) {
            true => None,
            false => file(&folder, path.strip_prefix(PREFIX)?),
        });
        Self {
            address: address + PREFIX,
            gone,
        }
    }

    fn go_away(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

fn file(folder: &Path, name: &str) -> Option<Served> {
    let name = if name.is_empty() { "index.html" } else { name };
    let kind = match Path::new(name).extension()?.to_str()? {
        "html" => "text/html",
        "js" => "text/javascript",
        "css" => "text/css",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" => "application/json",
        _ => "application/octet-stream",
    };
    Some((kind, fs::read(folder.join(name)).ok()?))
}

/// A folder with an exported page, served, and a browser that has not opened it yet. None where something is missing, for
/// which the test is skipped.
fn served(test: &str, dir: &Workdir, more: &[&str]) -> Option<(Host, Browser)> {
    web_runtime(test)?;
    export(dir, "page").args(more).succeeds();
    let browser = Browser::open(test, &Screen::Desktop)?;
    Some((Host::of(dir.path("page")), browser))
}

/// Opens a page, and waits until its network is there.
fn open(browser: &Browser, address: &str) {
    browser.go(address);
    browser
        .wait("return document.getElementById('loading')?.hidden && document.title === 'Hot dog?'");
    let trouble = "return document.getElementById('trouble').innerText";
    assert_eq!(browser.run(trouble), "");
}

/// Where the page asked for something, but for itself.
fn asked(browser: &Browser) -> Vec<String> {
    let asked = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    let asked = browser.run(asked);
    let asked = asked.as_array().unwrap().iter();
    asked
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}
