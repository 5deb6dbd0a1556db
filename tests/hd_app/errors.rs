//! Addresses and graphs that cannot be used.

use super::app;
use crate::workdir::{Workdir, trained};

#[test]
fn a_place_where_it_cannot_listen_is_told() {
    let there = app(&[]);
    let graph = trained().join("retrained_graph.onnx");
    let dir = Workdir::new();
    let listen = |address: &str| {
        let call = dir.program("hd-app").arg("--graph").arg(&graph);
        call.args(["--no-open", "--listen", address])
            .ends_with(1)
            .message()
    };
    let message = listen(&there.address).replace(&there.address, "127.0.0.1:PORT");
    insta::assert_snapshot!("a_port_that_is_taken", message);
    // An address of nobody, so that nothing listens to the network: it is warned all the same.
    insta::assert_snapshot!("an_address_of_another_machine", listen("192.0.2.1:8080"));
}

#[test]
fn a_graph_that_it_cannot_use_is_told() {
    let dir = Workdir::new();
    let base = crate::workdir::base();
    let run = dir
        .program("hd-app")
        .args(["--no-open", "--graph"])
        .arg(base)
        .ends_with(1);
    insta::assert_snapshot!("a_base_for_a_graph", run.message());
}
