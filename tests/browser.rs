use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use crate::workdir::{Workdir, skip, top, trained};

const PAGE: &str = include_str!("browser/page.html");

/// The same pixels as the page makes, in Python's onnxruntime.
const PYTHON: &str = "
import json, sys
import numpy, onnxruntime
pixels = (numpy.arange(224 * 224 * 3) * 7919 % 251).astype(numpy.uint8).reshape(1, 224, 224, 3)
session = onnxruntime.InferenceSession(sys.argv[1])
print(json.dumps(session.run(['final_result'], {'image': pixels})[0][0].tolist()))
";

/// A browser without a window, until it is dropped.
struct Browser(Child);

impl Browser {
    fn open(dir: &Workdir, address: &str) -> Option<Self> {
        let process = Command::new("chromium")
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .arg(format!("--user-data-dir={}", dir.path("profile").display()))
            .arg(address)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Some(Self(process.ok()?))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers one request: the page, the graph, a file of onnxruntime-web, or the place where the page leaves its result.
fn answer(stream: TcpStream, web: &Path, graph: &Path, results: &Sender<String>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().to_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (kind, content) = match target.as_str() {
        "" => ("text/html", PAGE.as_bytes().to_vec()),
        "graph.onnx" => ("application/octet-stream", fs::read(graph).ok()?),
        "result" => {
            results.send(String::from_utf8(body).ok()?).ok()?;
            ("text/plain", Vec::new())
        }
        name if name.ends_with(".wasm") => ("application/wasm", fs::read(web.join(name)).ok()?),
        name => (
            "text/javascript",
            fs::read(web.join(name)).unwrap_or_default(),
        ),
    };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(&[head.as_bytes(), &content].concat()).ok()
}

#[test]
fn a_browser_gives_the_answers_of_onnxruntime_in_python() {
    let test = "a_browser_gives_the_answers_of_onnxruntime_in_python";
    let python = top().join("target/venv/bin/python");
    let web: PathBuf = top().join("target/web/node_modules/onnxruntime-web/dist");
    if !python.is_file() || !web.is_dir() {
        let reason = "there is no target/venv or target/web; `make test-deps` makes them";
        return skip(test, reason);
    }
    let dir = Workdir::new();
    let graph = trained().join("retrained_graph.onnx");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (results, result) = channel();
    let served = graph.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (web, graph, results) = (web.clone(), served.clone(), results.clone());
            thread::spawn(move || answer(stream, &web, &graph, &results));
        }
    });
    let Some(browser) = Browser::open(&dir, &address) else {
        return skip(test, "there is no chromium; your system's packages have it");
    };
    let given = result.recv_timeout(Duration::from_secs(120)).unwrap();
    drop(browser);
    let given: Vec<f64> = serde_json::from_str(&given).unwrap_or_else(|_| panic!("{given}"));
    let output = Command::new(python)
        .args(["-c", PYTHON])
        .arg(&graph)
        .output();
    let expected: Vec<f64> = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(given.len(), 2);
    for (given, expected) in given.iter().zip(&expected) {
        assert!((given - expected).abs() < 1e-4, "{given} {expected}");
    }
}
