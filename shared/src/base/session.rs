//! A network loaded into ONNX Runtime.

use std::path::PathBuf;

use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::TensorRef;

use super::{Base, Runtime};
use crate::error::{Error, Result};
use crate::onnx::Network;

/// A session of one thread. For more, make one session a thread: that is how ONNX Runtime gives the most pictures
/// a second, and one picture a run keeps a result independent of its neighbours.
#[derive(Debug)]
pub struct OnnxBase {
    session: Session,
    path: PathBuf,
    shape: [usize; 4],
    output: &'static str,
    size: usize,
}

impl OnnxBase {
    /// Loads `network`: a base to give bottlenecks, a retrained graph to give probabilities.
    ///
    /// # Errors
    /// A graph that ONNX Runtime refuses.
    pub fn load(runtime: &Runtime, network: &Network) -> Result<Self> {
        let session =
            builder(runtime).and_then(|mut builder| builder.commit_from_memory(&network.bytes));
        let session = session.map_err(|error| Error::Runtime {
            path: network.path.clone(),
            reason: error.to_string(),
        })?;
        let (output, size) = network.output();
        let preprocess = &network.preprocess;
        let shape = [1, preprocess.height as usize, preprocess.width as usize, 3];
        Ok(Self {
            session,
            path: network.path.clone(),
            shape,
            output,
            size,
        })
    }

    fn failed(&self, reason: String) -> Error {
        Error::Runtime {
            path: self.path.clone(),
            reason,
        }
    }

    fn infer(&mut self, pixels: &[u8]) -> ort::Result<Vec<f32>> {
        let input = TensorRef::from_array_view((self.shape, pixels))?;
        let outputs = self.session.run(ort::inputs![input])?;
        let output = outputs
            .get(self.output)
            .ok_or_else(|| ort::Error::new("the output is missing"))?;
        let (_, values) = output.try_extract_tensor::<f32>()?;
        Ok(values.to_vec())
    }
}

impl Base for OnnxBase {
    fn run(&mut self, pixels: &[u8]) -> Result<Vec<f32>> {
        let values = self
            .infer(pixels)
            .map_err(|error| self.failed(error.to_string()))?;
        match values.len() == self.size && values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(self.failed(format!("a picture gave no {} finite values", self.size))),
        }
    }
}

fn builder(runtime: &Runtime) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(&runtime.environment)?
        // The highest level is the one that changes to the blocked layout of the processor's vectors.
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?)
}
