use std::fs;
use std::path::Path;
use std::process::Command;

use crate::serving::{Served, serve};
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

/// What the page asks for: itself, the graph, and the files of onnxruntime-web.
fn file(path: &str, web: &Path, graph: &Path) -> Option<Served> {
    let (kind, path) = match path.trim_start_matches('/') {
        "" => return Some(("text/html", PAGE.into())),
        "graph.onnx" => ("application/octet-stream", graph.to_path_buf()),
        name if name.ends_with(".wasm") => ("application/wasm", web.join(name)),
        name => ("text/javascript", web.join(name)),
    };
    Some((kind, fs::read(path).ok()?))
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
    let served = graph.clone();
    let address = serve(move |path| file(path, &web, &served));
    browser.go(&format!("{address}/"));
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
