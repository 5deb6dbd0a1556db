//! Tests of hd-app, by feature.

mod answers;
mod brought;
mod elsewhere;
mod errors;
mod exported;
mod greedy;
mod hostile;
mod page;
mod saved;
mod service;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::serving::{Answer, Server};
use crate::workdir::{Call, at_home, drawings, exe, home, trained};

/// hd-app on a free port of loopback.
fn app(more: &[&str]) -> Server {
    app_in(more, &[])
}

/// The same with these variables in its environment.
pub(crate) fn app_in(more: &[&str], variables: &[(&str, &Path)]) -> Server {
    let mut command = Command::new(exe("hd-app"));
    if !more.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    at_home(&mut command, home())
        .envs(variables.iter().copied())
        .args(["--no-open", "--graph"])
        .arg(trained().join("retrained_graph.onnx"))
        .args(more);
    let address = |line: &str| {
        let address = line.strip_prefix("http://")?.strip_suffix('/')?;
        Some(address.to_owned())
    };
    Server::start(command, address).unwrap()
}

/// What hd-label says of an image with the same graph, in JSON.
fn label(image: &Path) -> Value {
    let mut command = Command::new(exe("hd-label"));
    at_home(&mut command, home())
        .arg("--graph")
        .arg(trained().join("retrained_graph.onnx"))
        .args(["--format", "json"])
        .arg(image);
    serde_json::from_str(&Call(command).succeeds().stdout()).unwrap()
}

/// A drawing of hot dogs and another, of both of which the graph is sure.
fn images() -> [PathBuf; 2] {
    let sure = |verdict: &'static str, label_name: &str| {
        let images = (0..30).map(|index| drawings().join(format!("{label_name}/{index:04}.jpg")));
        let mut images = images.filter(|image| label(image)["verdict"] == verdict);
        images.next().unwrap()
    };
    [
        sure("That's a hot dog!", "hot_dog"),
        sure("That's not a hot dog.", "not_hot_dog"),
    ]
}

/// A form with a file in it, as browsers send it, and the header that announces it.
fn form(file: &[u8]) -> (&'static str, Vec<u8>) {
    let begin = "--line\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nno image\r\n--line\r\n\
        Content-Disposition: form-data; name=\"image\"; filename=\"x.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
    let form = [begin.as_bytes(), file, b"\r\n--line--\r\n"].concat();
    ("Content-Type: multipart/form-data; boundary=line\r\n", form)
}

fn post(app: &Server, image: &[u8]) -> Answer {
    app.ask("POST", "/label", "", image)
}
