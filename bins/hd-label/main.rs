//! hd-label: labels pictures with a retrained graph.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Parser;
use hd::base::{Base, OnnxBase, Runtime};
use hd::label::Prediction;
use hd::onnx::Network;
use hd::{Error, parallel, photo};
use hd_cli::{Common, Compute, Program};

/// Labels pictures with a retrained graph
///
/// Prints a line a picture, in the order given: path, label and score, separated by tabs. A file that is no picture
/// is named on stderr; the others are labelled all the same, and the exit status is 1.
#[derive(Parser)]
#[command(
    name = "hd-label",
    version,
    max_term_width = 100,
    after_help = "\
Example:  hd-label --graph out/retrained_graph.onnx lunch.jpg dinner.png
See also: hd-train (makes the graph)"
)]
struct Arguments {
    /// The pictures
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,

    /// The retrained graph, as hd-train makes it
    #[arg(long, value_name = "FILE.onnx")]
    graph: PathBuf,

    #[command(flatten)]
    compute: Compute,

    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-label";

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        let graph = Network::open_retrained(&self.graph)?;
        let labels = graph.labels.clone().unwrap_or_default();
        let runtime = Runtime::load(self.compute.runtime.as_deref())?;
        let mut out = BufWriter::new(io::stdout().lock());
        let mut failed = 0;
        let score =
            |worker: &mut Option<OnnxBase>, path: &PathBuf| score(worker, &runtime, &graph, path);
        parallel::ordered(
            self.compute.jobs(),
            &self.pictures,
            || None,
            score,
            |path, scores| {
                let scores = match scores {
                    Ok(scores) => scores,
                    Err(error) => {
                        failed += 1;
                        log::error!("{:#}", anyhow::Error::from(error));
                        return Ok(());
                    }
                };
                let line = Prediction::of(&labels, &scores)
                    .map(|prediction| prediction.write(path, &mut out));
                line.unwrap_or(Ok(()))
                    .and_then(|()| out.flush())
                    .map_err(Error::io("stdout", "write"))
            },
        )?;
        match failed {
            0 => Ok(()),
            _ => bail!(
                "{failed} of {} pictures could not be labelled",
                self.pictures.len()
            ),
        }
    }
}

/// The probabilities for one picture. The outer error ends everything, the inner one is this picture's.
fn score(
    worker: &mut Option<OnnxBase>,
    runtime: &Runtime,
    graph: &Network,
    path: &Path,
) -> hd::Result<hd::Result<Vec<f32>>> {
    let bytes = match photo::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(Error::io(path, "read")(error))),
    };
    let pixels = match graph.preprocess.apply(&bytes) {
        Ok(pixels) => pixels,
        Err(reason) => {
            return Ok(Err(Error::Picture {
                path: path.to_path_buf(),
                reason,
            }));
        }
    };
    let base = match worker {
        Some(base) => base,
        None => worker.insert(OnnxBase::load(runtime, graph)?),
    };
    Ok(Ok(base.run(&pixels)?))
}
