use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::webdriver::{Browser, Screen};
use crate::workdir::{dependency, trained};

const PAGE: &str = include_str!("browser/page.html");

/// The same pixels as the page makes, in Python's onnxruntime.
const PYTHON: &str = "
import json, sys
import numpy, onnxruntime
pixels = (numpy.arange(224 * 224 * 3) * 7919 % 251).astype(numpy.uint8).reshape(1, 224, 224, 3)
session = onnxruntime.InferenceSession(sys.argv[1])
print(json.dumps(session.run(['final_result'], {'image': pixels})[0][0].tolist()))
";

/// Answers one request: the page, the graph, or a file of onnxruntime-web.
fn answer(mut stream: TcpStream, web: &Path, graph: &Path) -> Option<()> {
    let mut head = BufReader::new(stream.try_clone().ok()?).lines();
    let line = head.next()?.ok()?;
    let target = line.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    head.map_while(Result::ok).find(String::is_empty)?;
    let (kind, content) = match target.as_str() {
        "" => ("text/html", PAGE.as_bytes().to_vec()),
        "graph.onnx" => ("application/octet-stream", fs::read(graph).ok()?),
        name if name.ends_with(".wasm") => ("application/wasm", fs::read(web.join(name)).ok()?),
        name => (
            "text/javascript",
            fs::read(web.join(name)).unwrap_or_default(),
        ),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(&[head.as_bytes(), &content].concat()).ok()
}

#[test]
fn a_browser_gives_the_answers_of_onnxruntime_in_python() {
    let test = "a_browser_gives_the_answers_of_onnxruntime_in_python";
    let web = "target/web/node_modules/onnxruntime-web/dist";
    let (Some(python), Some(web)) = (
        dependency(test, "target/venv/bin/python"),
        dependency(test, web),
    ) else {
        return;
    };
    let Some(browser) = Browser::open(test, &Screen::Desktop) else {
        return;
    };
    let graph = trained().join("retrained_graph.onnx");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let served = graph.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (web, graph) = (web.clone(), served.clone());
            thread::spawn(move || answer(stream, &web, &graph));
        }
    });
    browser.go(&address);
    let given = browser.wait("return window.result");
    let given: Vec<f64> =
        serde_json::from_value(given.clone()).unwrap_or_else(|_| panic!("{given}"));
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
