//! The readers of files that strangers make, each on bytes that may be anything.

#![allow(dead_code, reason = "each target calls one of them")]

use std::path::Path;

use hd::convert::{Candidate, Cut, Foreign, Import, Plan, Provenance, Resizing, base_from_graph};
use hd::onnx::Network;
use hd::photo::{Filter, ResizeRule};

fn provenance() -> Provenance {
    Provenance {
        architecture: "any".into(),
        source: "any".into(),
        sha256: String::new(),
        licence: String::new(),
    }
}

fn plan(cut: Cut) -> Plan {
    Plan {
        provenance: provenance(),
        cut,
        pool: None,
        size: Some(32),
        mean: [0.5; 3],
        std: [0.5; 3],
        resize: Resizing::ForSize(ResizeRule::Squash),
        filter: Filter::LegacyBilinear,
    }
}

/// A frozen graph of TensorFlow.
pub(crate) fn graphdef(bytes: &[u8]) {
    let graph = bytes.to_vec().into();
    let _ = base_from_graph(Path::new("any"), &graph, &plan(Cut::Pooled), None);
    let _ = base_from_graph(Path::new("any"), &graph, &plan(Cut::Logits), None);
}

/// A network in ONNX, and a base of this project.
pub(crate) fn onnx(bytes: &[u8]) {
    let _ = Network::made(Path::new("any"), bytes.to_vec());
    let Ok(network) = Foreign::read(Path::new("any"), bytes.to_vec().into()) else {
        return;
    };
    for cut in [Cut::Pooled, Cut::Logits] {
        if let Ok(name) = network.tensor(&cut) {
            let _ = network.base(
                &Candidate {
                    name,
                    values: 4,
                    tokens: None,
                },
                true,
                &plan(cut),
            );
        }
    }
    let _ = network.probe(&network.tensors(), &plan(Cut::Pooled));
}

/// Weights: what PyTorch saves in either of its formats, or safetensors.
pub(crate) fn weights(bytes: &[u8]) {
    let import = Import {
        path: Path::new("any"),
        bytes: bytes.to_vec().into(),
        provenance: provenance(),
        cut: Cut::Pooled,
        pool: None,
        size: None,
        mean: None,
        std: None,
        resize: None,
        expected: None,
        kind: None,
    };
    let _ = import.weights();
}
