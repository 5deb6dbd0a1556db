//! Tests of hd-label, by feature.

mod answers;
mod errors;
mod heatmap;
mod inputs;
mod networks;
mod optimised;
mod peers;
mod sorting;
mod tables;
mod tars;

use std::io::Write;
use std::process::Stdio;

use crate::workdir::{Call, Workdir};

/// hd-label with the graph in `out`.
fn label(dir: &Workdir) -> Call {
    let call = dir.program("hd-label");
    call.args(["--graph", "out/retrained_graph.onnx"])
}

/// Runs it with `input` on its stdin; it must succeed.
fn fed(call: Call, input: &[u8]) -> String {
    let mut command = call.0;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The first column of a table.
fn paths(table: &str) -> Vec<&str> {
    let first = |line| str::split_once(line, '\t').map(|(path, _)| path);
    table.lines().filter_map(first).collect()
}
