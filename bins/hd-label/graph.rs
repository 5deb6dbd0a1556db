//! The graph to label with: a retrained one, or any classifier of images.

use std::path::{Path, PathBuf};

use clap::Args;
use hd::Error;
use hd::base::Runtime;
use hd::convert::{Cut, Import, Provenance};
use hd::file;
use hd::label::{plain, read_labels};
use hd::onnx::Network;
use hd_cli::{Colours, Resize, misuse};

/// The largest value of a pixel.
const WHITE: f64 = 255.0;

/// Facts about a plain classifier that its file does not hold.
#[derive(Args)]
#[command(next_help_heading = "A classifier that hd-train did not make, as for label_image.py")]
pub(crate) struct Plain {
    /// Its labels, one a line, in the order of its outputs; of a retrained graph they must be the same
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,

    /// Rows of an image, where the network takes any
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16384))]
    input_height: Option<u32>,

    /// Columns of an image; as many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16384))]
    input_width: Option<u32>,

    /// Of pixels from 0 to 255, the mean that is taken off: one number, or one for each of red, green and blue [default:
    /// ImageNet's where each colour is a plane, 127.5 where the colours of a pixel lie together]
    #[arg(long, value_name = "R,G,B", value_parser = mean)]
    input_mean: Option<Colours>,

    /// The standard deviation that they are then divided by, likewise
    #[arg(long, value_name = "R,G,B", value_parser = deviation)]
    input_std: Option<Colours>,

    /// Its input; there is only one, so this is not needed
    #[arg(long, value_name = "TENSOR")]
    input_layer: Option<String>,

    /// The tensor with a number for each label [default: the first output]
    #[arg(long, value_name = "TENSOR")]
    output_layer: Option<String>,

    /// How images are brought to its size [default: squash]
    #[arg(long, value_enum)]
    resize: Option<Resize>,
}

fn mean(text: &str) -> Result<Colours, String> {
    hd_cli::colours(text).map(|colours| colours.map(|value| value / WHITE))
}

fn deviation(text: &str) -> Result<Colours, String> {
    match mean(text)? {
        colours if colours.iter().all(|&value| value > 0.0) => Ok(colours),
        _ => Err("expected numbers above 0".to_owned()),
    }
}

impl Plain {
    /// The file of labels.
    pub(crate) fn labels(&self) -> Option<&PathBuf> {
        self.labels.as_ref()
    }

    /// Opens the graph in the file `path`. `runtime` is asked for ONNX Runtime if that is needed to find out about it.
    pub(crate) fn open(
        &self,
        path: &Path,
        runtime: &dyn Fn() -> hd::Result<Runtime>,
    ) -> anyhow::Result<Network> {
        let labels = self.labels.as_deref().map(read_labels).transpose()?;
        if labels.is_some() {
            file::check_is_file(path, "a network")?;
        }
        match (Network::open_retrained(path), labels) {
            (Ok(graph), labels) => {
                check_labels(&graph, labels.as_deref(), self.labels.as_deref())?;
                self.tell_what_is_of_no_use();
                Ok(graph)
            }
            (Err(Error::Foreign { .. }), Some(labels)) => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                let network = self.network(path, &name)?;
                if let Some(taken) = network.taken()? {
                    log::info!("{taken}");
                }
                if network.normalises_itself() && (network.mean.is_some() || network.std.is_some())
                {
                    log::info!(
                        "the graph normalises pixels itself; not needed: --input-mean, --input-std"
                    );
                }
                if network.assumes_normalisation()? {
                    log::info!(
                        "pixels are normalised as is usual, by ImageNet's mean and deviation (PyTorch) or to -1 to 1 \
                         (TensorFlow); --input-mean and --input-std say otherwise"
                    );
                }
                Ok(plain(&network, &labels, &runtime()?)?)
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    fn network<'a>(&self, path: &'a Path, name: &str) -> anyhow::Result<Import<'a>> {
        if let (Some(height), Some(width)) = (self.input_height, self.input_width)
            && height != width
        {
            return misuse(format!(
                "--input-height {height} and --input-width {width}: only square networks are supported"
            ));
        }
        Ok(Import {
            path,
            bytes: file::read(path)?.into(),
            // It is never written anywhere.
            provenance: Provenance {
                architecture: name.to_owned(),
                source: String::new(),
                sha256: String::new(),
                licence: String::new(),
            },
            expected: None,
            kind: None,
            cut: match &self.output_layer {
                Some(tensor) => Cut::Named(tensor.clone()),
                None => Cut::Logits,
            },
            pool: None,
            size: self.input_height.or(self.input_width),
            mean: self.input_mean,
            std: self.input_std,
            resize: self.resize.map(Resize::rule),
        })
    }

    /// A retrained graph says itself how images are brought to it, and label_image.py's users are used to saying it.
    fn tell_what_is_of_no_use(&self) {
        let given = [
            ("--input-height", self.input_height.is_some()),
            ("--input-width", self.input_width.is_some()),
            ("--input-mean", self.input_mean.is_some()),
            ("--input-std", self.input_std.is_some()),
            ("--output-layer", self.output_layer.is_some()),
            ("--resize", self.resize.is_some()),
        ];
        let given = given.iter().filter(|(_, given)| *given);
        let flags: Vec<&str> = given.map(|(flag, _)| *flag).collect();
        if !flags.is_empty() {
            let flags = flags.join(", ");
            log::info!("the graph says itself how it takes images; not needed: {flags}");
        }
    }
}

fn check_labels(graph: &Network, given: Option<&[String]>, path: Option<&Path>) -> hd::Result<()> {
    let labels = graph.labels.as_deref().unwrap_or_default();
    // A folder called `_other` gives a label that begins with a blank, which a list does not keep.
    let listed = || labels.iter().map(|label| label.trim());
    match (given, path) {
        (Some(given), Some(path)) if !listed().eq(given) => Err(Error::Labels {
            path: path.to_path_buf(),
            reason: format!(
                "not the labels of {}, which are '{}'",
                graph.path.display(),
                labels.join("', '")
            ),
        }),
        _ => Ok(()),
    }
}
