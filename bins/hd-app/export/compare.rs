//! How far the scores of a page are from hd-label's, on a handful of images, in a browser that is on this machine.
//!
//! The page is served on loopback as it was written, with one more script, and opened in a Chromium that has no window.

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::extract::Path as Name;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use hd::base::Runtime;
use hd::label::{Answer, Labeller};
use hd::onnx::Network;
use hd::photo::MAX_PIXELS;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::compared::{Compared, Scores, Told};
use super::folder::{File, INDEX};
use super::html::replaced;
use crate::page::{COMPARE, kind};
use crate::server::Server;

/// The time that a browser may take for all of them.
const PATIENCE: Duration = Duration::from_secs(120);

/// More than a browser makes to one server.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);

/// Chromium by the names that systems have for it.
const BROWSERS: [&str; 4] = [
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    // On some systems a script that only says where to get one.
    "chromium-browser",
];

/// What the page and hd-label say of the same images, which are given as files.
///
/// # Errors
/// No browser; one that does not answer.
pub(super) fn compare(
    page: Vec<File>,
    network: &Arc<Network>,
    runtime: &Runtime,
    images: Vec<Vec<u8>>,
) -> Result<Compared> {
    let theirs = of_the_page(page, images.clone())?;
    let own = of_hd_label(network, runtime, &images)?;
    Ok(Compared { own, theirs })
}

fn of_hd_label(
    network: &Arc<Network>,
    runtime: &Runtime,
    images: &[Vec<u8>],
) -> Result<Vec<Option<Scores>>> {
    let mut labeller = Labeller::load(runtime, network, MAX_PIXELS)?;
    let labels = network.labels.as_deref().unwrap_or_default();
    let scores = images.iter().map(|bytes| {
        let outcome = labeller.scores(bytes)?;
        let by_label = |scores: Vec<f32>| {
            let scores = Answer::new(labels, &scores).scores();
            scores
                .map(|(label, score)| (label.to_owned(), score.into()))
                .collect()
        };
        Ok(outcome.ok().map(|(scores, _)| by_label(scores)))
    });
    scores.collect()
}

/// What the page tells in a browser.
fn of_the_page(page: Vec<File>, images: Vec<Vec<u8>>) -> Result<Told> {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (teller, mut told) = unbounded_channel();
    let server = Server {
        router: router(page, images, teller)?,
        connections: CONNECTIONS,
        timeout: PATIENCE,
    };
    let folder = tempfile::tempdir().context("cannot make a folder for the browser")?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let browser = Mutex::new(None);
    let open = |address: SocketAddr| {
        let started = start(&format!("http://{address}/"), folder.path())?;
        *browser.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
        Ok(())
    };
    let answer = threads.block_on(async {
        tokio::select! {
            told = told.recv() => told.context("the page says nothing"),
            served = server.serve(address, &open) => Err(served.err().context("interrupted")?),
            () = ended(&browser) => bail!("the browser ended without an answer"),
            () = tokio::time::sleep(PATIENCE) => bail!("the browser did not answer"),
        }
    });
    if let Some(mut browser) = browser.into_inner().unwrap_or_else(PoisonError::into_inner) {
        // It may have ended by itself.
        let _ = browser.kill();
        browser.wait().context("cannot wait for the browser")?;
    }
    answer
}

/// Waits until a browser that was started is no more.
async fn ended(browser: &Mutex<Option<Child>>) {
    let is_there = || {
        let mut browser = browser.lock().unwrap_or_else(PoisonError::into_inner);
        let status = browser.as_mut().map(Child::try_wait);
        matches!(status, None | Some(Ok(None)))
    };
    while is_there() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The page, what it is to label, and where it says what it found.
fn router(page: Vec<File>, images: Vec<Vec<u8>>, teller: UnboundedSender<Told>) -> Result<Router> {
    let names: Vec<String> = (0..images.len())
        .map(|number| format!("image-{number}"))
        .collect();
    let mut files: HashMap<String, Vec<u8>> = page
        .into_iter()
        .chain(names.iter().cloned().zip(images))
        .collect();
    let script = format!(
        "<script src=\"{}\" type=\"module\"></script></body>",
        COMPARE.name
    );
    let index = String::from_utf8(files.remove(INDEX).unwrap_or_default())?;
    files.insert(
        INDEX.to_owned(),
        replaced(&index, "</body>", &script)?.into_bytes(),
    );
    files.insert(COMPARE.name.to_owned(), COMPARE.content.into());
    files.insert("images.json".to_owned(), serde_json::to_vec(&names)?);
    let files = Arc::new(files);
    let answer = async move |name: Option<Name<String>>| {
        let name = name.map_or(INDEX.to_owned(), |Name(name)| name);
        let content = files.get(&name).cloned().ok_or(StatusCode::NOT_FOUND)?;
        Ok::<_, StatusCode>(([(header::CONTENT_TYPE, kind(&name))], content))
    };
    let told = async move |Json(told): Json<Told>| {
        // Nobody waits for it any more where the time is over.
        let _ = teller.send(told);
    };
    Ok(Router::new()
        .route("/", get(answer.clone()))
        .route("/{name}", get(answer))
        .route("/told", post(told)))
}

/// Opens an address in a browser without a window, which keeps what it has to keep in `folder`.
fn start(url: &str, folder: &Path) -> std::io::Result<Child> {
    let missing = std::io::Error::other("there is no Chromium here to compare the page in");
    let mut last = Err(missing);
    for name in BROWSERS {
        let mut command = Command::new(name);
        command.args([
            "--headless=new",
            "--disable-gpu",
            "--no-first-run",
            "--disable-dev-shm-usage",
        ]);
        if is_root() {
            // It refuses to run otherwise. The page is our own.
            command.arg("--no-sandbox");
        }
        command
            .arg(format!("--user-data-dir={}", folder.display()))
            .arg(url);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match command.spawn() {
            Ok(browser) => return Ok(browser),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => last = Err(error),
        }
    }
    last
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
