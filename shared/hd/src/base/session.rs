//! A network loaded into ONNX Runtime.

use std::path::PathBuf;

use ort::ep::CUDA;
use ort::ep::cuda::ConvAlgorithmSearch;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use super::input::input;
use super::optimised;
use super::{Base, Runtime};
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::photo::{Element, Preprocess};

/// What ONNX Runtime says, among other words, of the number of an accelerator that is not there.
const NO_SUCH_DEVICE: &str = "Invalid device ID";

/// A session of one thread. For more, make one session a thread: that is how ONNX Runtime gives the most images
/// a second, and one image a run keeps a result independent of its neighbours.
#[derive(Debug)]
pub struct OnnxBase {
    session: Session,
    path: PathBuf,
    rule: Preprocess,
    input: Element,
    output: String,
    size: usize,
}

impl OnnxBase {
    /// Loads `network`: a base to give bottlenecks, a retrained graph to give probabilities.
    ///
    /// # Errors
    /// A graph that ONNX Runtime refuses.
    pub fn load(runtime: &Runtime, network: &Network) -> Result<Self> {
        Self::of(optimised::load(network, &|| builder(runtime)), network)
    }

    /// Loads `network` onto the accelerator of this number.
    ///
    /// # Errors
    /// No such accelerator, or libraries that are missing, in ONNX Runtime's words.
    pub(super) fn load_on_cuda(runtime: &Runtime, network: &Network, number: i32) -> Result<Self> {
        // Batches are all of one size, so that one quick look for the best convolution is enough; the default takes a
        // way that always works, and is forty times slower. Ten bits of a number's fraction, as TF32 has, would be a
        // sixth faster, and bottlenecks would differ from those of a processor in the second digit behind the point.
        let cuda = CUDA::default()
            .with_device_id(number)
            .with_conv_algorithm_search(ConvAlgorithmSearch::Heuristic)
            .with_tf32(false)
            .build()
            .error_on_failure();
        let build = || {
            let mut builder = builder(runtime)?.with_execution_providers([cuda])?;
            builder.commit_from_memory(&network.bytes)
        };
        match build() {
            Err(error) if error.message().contains(NO_SUCH_DEVICE) => Err(Error::Runtime {
                path: network.path.clone(),
                reason: format!(
                    "there is no accelerator cuda:{number} here; nvidia-smi lists them"
                ),
            }),
            built => Self::of(built, network),
        }
    }

    fn of(session: ort::Result<Session>, network: &Network) -> Result<Self> {
        let session = session.map_err(|error| Error::Runtime {
            path: network.path.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            session,
            path: network.path.clone(),
            rule: network.preprocess.clone(),
            input: network.input,
            output: network.result.clone(),
            size: network.result_size(),
        })
    }

    fn failed(&self, reason: String) -> Error {
        Error::Runtime {
            path: self.path.clone(),
            reason,
        }
    }

    /// The outputs, and how many images they are of.
    fn infer(&mut self, pixels: &[u8]) -> ort::Result<(Vec<f32>, usize)> {
        let (input, count) = input(&self.rule, self.input, pixels)?;
        let outputs = self.session.run(ort::inputs![input])?;
        let output = outputs
            .get(&self.output)
            .ok_or_else(|| ort::Error::new("the output is missing"))?;
        let (_, values) = output.try_extract_tensor::<f32>()?;
        Ok((values.to_vec(), count))
    }
}

impl Base for OnnxBase {
    fn run(&mut self, pixels: &[u8]) -> Result<Vec<f32>> {
        let (values, count) = self
            .infer(pixels)
            .map_err(|error| self.failed(error.to_string()))?;
        match values.len() == self.size * count && values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(self.failed(format!("an image gave no {} finite values", self.size))),
        }
    }
}

/// Everything else is left as it is: larger batches, no arena, no memory pattern and the other thresholds of the blocked
/// convolutions were all measured to be slower or the same on one thread, which has no pool that could spin.
fn builder(runtime: &Runtime) -> ort::Result<SessionBuilder> {
    Ok(Session::builder(&runtime.environment)?
        // The highest level is the one that changes to the blocked layout of the processor's vectors.
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?)
}
