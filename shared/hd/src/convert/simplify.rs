//! Foreign networks as ONNX Runtime simplifies them before anything else: constants are computed, and batch norms and the
//! like are folded into the convolutions before them. So there is less to know of what frameworks write.

use std::fs;

use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use prost::Message;

use crate::base::Runtime;
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::onnx::network::{FOREIGN, PREPROCESS};
use crate::onnx::proto::{Graph, Model};
use crate::temporary::TemporaryFolder;

/// `base` in the same operations of ONNX, but fewer, or as it is where it is one of the catalogue, which has none to spare.
///
/// # Errors
/// A network that ONNX Runtime cannot load; a folder for temporary files that cannot be written to.
pub(super) fn simplified(runtime: &Runtime, base: &Network) -> Result<Network> {
    let plain = || Network::made(&base.path, base.bytes.to_vec());
    let Some(mut model) = decoded(&base.bytes) else {
        return plain();
    };
    let graph = model.graph.take().unwrap_or_default();
    let names = graph.node.iter().flat_map(|node| &node.output);
    if !names.into_iter().any(|name| name.starts_with(FOREIGN)) {
        return plain();
    }
    let simple = optimise(runtime, base)?;
    match decoded(&simple).and_then(|model| model.graph) {
        Some(simple) if is_standard(&simple) => {
            model.functions.clear();
            model.graph = Some(Graph {
                node: simple.node,
                initializer: simple.initializer,
                ..graph
            });
            let properties = base.properties.iter();
            let properties: Vec<_> = properties
                .filter(|(key, _)| key != PREPROCESS)
                .map(|(key, value)| (key.as_str(), value.clone()))
                .collect();
            Network::made(
                &base.path,
                Network::encode(model, &base.preprocess, &properties),
            )
        }
        _ => plain(),
    }
}

/// What ONNX Runtime writes of a network when it has done what any runtime could.
fn optimise(runtime: &Runtime, base: &Network) -> Result<Vec<u8>> {
    let failed = |error: ort::Error| Error::Runtime {
        path: base.path.clone(),
        reason: error.to_string(),
    };
    let folder = std::env::temp_dir();
    let folder = TemporaryFolder::new(&folder, "network").map_err(Error::io(&folder, "write"))?;
    let file = folder.path().join("simple.onnx");
    let load = || -> ort::Result<Session> {
        Session::builder(&runtime.environment)?
            .with_optimization_level(GraphOptimizationLevel::Level1)?
            .with_log_level(LogLevel::Fatal)?
            .with_optimized_model_path(&file)?
            .commit_from_memory(&base.bytes)
    };
    load().map_err(failed)?;
    fs::read(&file).map_err(Error::io(&file, "read"))
}

fn decoded(bytes: &[u8]) -> Option<Model> {
    Model::decode(bytes).ok()
}

/// Whether every operation is one that all runtimes know.
fn is_standard(graph: &Graph) -> bool {
    let mut nodes = graph.node.iter();
    nodes.all(|node| node.domain.is_empty() || node.domain == "ai.onnx")
}
