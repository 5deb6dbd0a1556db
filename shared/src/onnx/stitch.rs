//! A base and a head as one network.

use std::path::Path;

use prost::Message;

use super::build::GraphBuilder;
use super::network::{BASE, BOTTLENECK, FINAL_RESULT, LABELS, Network};
use super::proto::{FLOAT, Model, ValueInfo};
use crate::error::{Error, Result};
use crate::head::Head;

/// The retrained graph: `base` with `head` behind its bottleneck, as an ONNX file.
///
/// # Errors
/// A head of another bottleneck size than the base's.
pub fn stitch(base: &Network, head: &Head) -> Result<Vec<u8>> {
    let foreign = |path: &Path, found: String| Error::Foreign {
        path: path.to_path_buf(),
        expected: "a base for this head",
        found,
    };
    if base.bottleneck_size != head.features() {
        let found = format!(
            "gives {} values a picture, not {}",
            base.bottleneck_size,
            head.features()
        );
        return Err(foreign(&base.path, found));
    }
    let mut model = Model::decode(base.bytes.clone())
        .map_err(|error| foreign(&base.path, error.to_string()))?;
    let mut builder = GraphBuilder::from_graph(model.graph.take().unwrap_or_default());
    builder.softmax_layer(FINAL_RESULT, BOTTLENECK, &head.weights, &head.biases);
    let mut graph = builder.finish();
    graph.output.insert(
        0,
        ValueInfo::batch_of(FINAL_RESULT, FLOAT, &[head.biases.len() as i64]),
    );
    let labels = serde_json::to_string(&head.labels).unwrap_or_default();
    let inherited = std::mem::take(&mut model.metadata_props);
    let inherited = inherited.iter().map(|p| (p.key.as_str(), p.value.clone()));
    let mut properties: Vec<_> = inherited
        .filter(|(key, _)| *key != super::network::PREPROCESS)
        .collect();
    properties.push((LABELS, labels));
    properties.push((BASE, base.digest.to_string()));
    model.graph = Some(graph);
    Ok(Network::encode(model, &base.preprocess, &properties))
}
