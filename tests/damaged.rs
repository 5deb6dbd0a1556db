//! Bases and retrained graphs that are not what was written are refused by every program.

use std::fs;
use std::path::Path;

use hd::onnx::Network;

use crate::workdir::{Call, Workdir, base, trained};

/// What a disk that fails, or a download that was cut and continued, puts in the place of what was written.
const BLOCK: usize = 4096;

/// `bytes` with zeros in the place of a block.
fn without(bytes: &[u8], block: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    let end = bytes.len().min((block + 1) * BLOCK);
    damaged[block * BLOCK..end].fill(0);
    damaged
}

/// Has `call` refuse the file `name` that has the content of `original`, but for a block.
fn is_refused(dir: &Workdir, name: &str, original: &Path, call: impl Fn() -> Call) {
    let whole = fs::read(original).unwrap();
    let last = whole.len().div_ceil(BLOCK) - 1;
    for block in [0, 1, last / 2, last - 1, last] {
        dir.write(name, without(&whole, block));
        let said = call().ends_with(1).stderr();
        let named = said.contains(&format!("{name}: "));
        let why = said.contains("but damaged: its content is not what its hd.digest says");
        // Its end is gone, and with it the digest.
        let cut = block == last && said.contains("it is cut short or something else");
        assert!(named && (why || cut), "block {block} of {last}: {said}");
    }
}

#[test]
fn a_base_with_a_hole_gives_no_bottlenecks_and_no_graph() {
    let dir = Workdir::new();
    dir.images("images", 10);
    dir.bottleneck("images").succeeds();
    is_refused(&dir, "base.onnx", base(), || {
        let args = ["--base", "base.onnx", "images", "-o", "out/other.bin"];
        dir.program("hd-bottleneck").args(args)
    });
    assert!(!dir.path("out/other.bin").exists());
    is_refused(&dir, "base.onnx", base(), || {
        let args = ["out/bottlenecks.bin", "--base", "base.onnx"];
        let graph = ["--head", "out/head.bin", "--output-graph", "out/graph.onnx"];
        dir.program("hd-train").args(args).args(graph)
    });
    assert!(!dir.path("out/graph.onnx").exists());
    is_refused(&dir, "base.onnx", base(), || {
        let args = ["--graph", "base.onnx", "--embed", "images"];
        dir.program("hd-label").args(args)
    });
    is_refused(&dir, "base.onnx", base(), || {
        let args = ["base", "--describe", "base.onnx"];
        dir.program("hd-fetch").args(args)
    });
}

#[test]
fn a_retrained_graph_with_a_hole_labels_nothing() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let graph = trained().join("retrained_graph.onnx");
    is_refused(&dir, "graph.onnx", &graph, || {
        let args = ["--graph", "graph.onnx", "images"];
        dir.program("hd-label").args(args)
    });
    dir.write("labels.txt", "hot dog\nnot hot dog\n");
    is_refused(&dir, "graph.onnx", &graph, || {
        let args = ["--graph", "graph.onnx", "--labels", "labels.txt", "images"];
        dir.program("hd-label").args(args)
    });
    is_refused(&dir, "graph.onnx", &graph, || {
        let args = ["--graph", "graph.onnx", "--listen", "127.0.0.1:0"];
        dir.program("hd-app").args(args)
    });
    dir.write("graph.onnx", without(&fs::read(graph).unwrap(), 7));
    let describe = dir.program("hd-train").args(["--describe", "graph.onnx"]);
    let said = describe.ends_with(1).stderr();
    assert!(
        said.contains("a retrained graph that hd-train makes, but damaged"),
        "{said}"
    );
}

#[test]
fn a_network_of_hds_own_with_a_hole_becomes_no_base() {
    let dir = Workdir::new();
    is_refused(&dir, "own.onnx", base(), || {
        dir.program("hd-fetch").args(["base", "--from", "own.onnx"])
    });
}

#[test]
fn no_hole_anywhere_goes_unseen() {
    let dir = Workdir::new();
    let graph = trained().join("retrained_graph.onnx");
    for (original, open) in [
        (base(), Network::open_base as fn(&Path) -> _),
        (&graph, Network::open_retrained),
    ] {
        let whole = fs::read(original).unwrap();
        for block in (0..whole.len() / BLOCK).step_by(37) {
            let path = dir.write("damaged.onnx", without(&whole, block));
            assert!(open(&path).is_err(), "block {block}");
        }
    }
}

/// The bytes of a file of hd's without the digest that is their end.
fn without_digest(whole: &[u8]) -> &[u8] {
    let end = "\u{72}\u{4d}\u{a}\u{9}hd.digest\u{12}\u{40}".len() + 64;
    &whole[..whole.len() - end]
}

#[test]
fn no_network_makes_onnx_runtime_read_another_file() {
    let dir = Workdir::new();
    dir.images("images", 1);
    dir.write("secret", [0; 4]);
    // One more weight of the graph (7, 5): its shape (1), type (2), name (8) and place (13, 14).
    let place = b"\x0a\x08location\x12\x06secret";
    let tensor = [
        &b"\x08\x01\x10\x01\x42\x01w\x6a\x12"[..],
        place,
        b"\x70\x01",
    ]
    .concat();
    let graph = [&[0x2a, tensor.len() as u8][..], &tensor].concat();
    let field = [&[0x3a, graph.len() as u8][..], &graph].concat();
    let whole = fs::read(base()).unwrap();
    dir.write("base.onnx", [without_digest(&whole), &field].concat());
    let bottleneck = ["--base", "base.onnx", "images", "-o", "out/bottlenecks.bin"];
    let said = dir
        .program("hd-bottleneck")
        .args(bottleneck)
        .ends_with(1)
        .stderr();
    assert!(
        said.contains("it has weights that lie in another file"),
        "{said}"
    );
}

#[test]
fn a_network_of_an_earlier_hd_has_no_digest_and_is_the_same_network() {
    let dir = Workdir::new();
    let whole = fs::read(base()).unwrap();
    let path = dir.write("earlier.onnx", without_digest(&whole));
    let earlier = Network::open_base(&path).unwrap();
    let digest = |network: &Network| {
        let mut properties = network.properties.iter();
        properties.any(|(key, _)| key == "hd.digest")
    };
    let now = Network::open_base(base()).unwrap();
    assert!(!digest(&earlier) && digest(&now));
    assert_eq!(earlier.digest, now.digest);
    // So bottlenecks that were made with it are good for the base that is made today.
    dir.images("images", 2);
    let bottleneck = |base: &str| {
        let args = ["--base", base, "images", "-o", "out/bottlenecks.bin"];
        dir.program("hd-bottleneck").args(args).succeeds().stderr()
    };
    bottleneck("earlier.onnx");
    let said = bottleneck(base().to_str().unwrap());
    assert!(said.contains("0 computed, 4 reused"), "{said}");
}
