//! The arguments of hd-train.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use hd::head::Strength;
use hd::onnx::FINAL_RESULT;
use hd::split::SplitRule;
use hd_cli::{Budget, Common, CorrectionsFlag, Jobs};

use crate::retrain::{Foreign, elsewhere};
use crate::steps::Steps;

/// Fits a softmax head to bottlenecks and joins it to the base
///
/// Images are divided by their content into training, validation and testing, so that an image stays on its side
/// when others come or go. The strength of the regularisation, and the temperature that makes scores what they say, are
/// chosen by cross-validation on the training and validation images; then the head is fitted on all of them. The testing
/// images are left for hd-eval.
#[derive(Parser)]
#[command(
    name = "hd-train",
    version,
    override_usage = "hd-train [OPTIONS] --head <FILE> <BOTTLENECKS>...\n       hd-train --describe <FILE>",
    max_term_width = 100,
    after_help = "\
Example:
  hd-train out/bottlenecks.bin --base models/mobilenet_v2_1.0_224.onnx \\
      --head out/head.bin --output-graph out/retrained_graph.onnx \\
      --output-labels out/retrained_labels.txt

See also: hd-bottleneck (makes the input), hd-eval (scores the head),
          hd-label (uses the graph)"
)]
pub(crate) struct Arguments {
    /// Files of bottlenecks, as hd-bottleneck makes them
    #[arg(required_unless_present_any = elsewhere())]
    pub(crate) bottlenecks: Vec<PathBuf>,

    /// The base that the bottlenecks were made with; needed for --output-graph
    #[arg(long, value_name = "BASE.onnx")]
    pub(crate) base: Option<PathBuf>,

    /// Where to write the head
    #[arg(long, value_name = "FILE", required_unless_present_any = elsewhere())]
    pub(crate) head: Option<PathBuf>,

    /// Where to write the base and the head as one network that labels images
    #[arg(long, value_name = "FILE.onnx")]
    pub(crate) output_graph: Option<PathBuf>,

    /// Where to write the labels, one a line, in the order of the network's outputs
    #[arg(long, value_name = "FILE")]
    pub(crate) output_labels: Option<PathBuf>,

    /// The name of the probabilities in that network
    #[arg(long, value_name = "NAME", default_value = FINAL_RESULT, value_parser = tensor_name)]
    pub(crate) final_tensor_name: String,

    /// Have that network take images as float32 from 0 to 255, for runtimes that take no bytes
    #[arg(long)]
    pub(crate) float_input: bool,

    /// Where to write what TensorBoard shows: accuracy, cross-entropy, weights and biases at every step, precision and
    /// recall, the network, and the bottlenecks of the validation images
    #[arg(long, value_name = "DIR")]
    pub(crate) summaries_dir: Option<PathBuf>,

    /// With --summaries-dir, the folder or the tar of images: TensorBoard shows thumbnails of them among the bottlenecks
    #[arg(long, value_name = "DIR", requires = "summaries_dir")]
    pub(crate) images: Option<PathBuf>,

    /// Every so many steps write the network as it is then; 0 for never
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        requires = "intermediate_output_graphs_dir"
    )]
    pub(crate) intermediate_store_frequency: usize,

    /// Where to write these networks, as intermediate_N.onnx after step N
    #[arg(long, value_name = "DIR", requires_all = ["base", "intermediate_store_frequency"])]
    pub(crate) intermediate_output_graphs_dir: Option<PathBuf>,

    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = clap::value_parser!(u32).range(0..100),
        help = format!(
            "How many of a hundred images are kept for hd-eval [default: {}]",
            SplitRule::default().testing
        )
    )]
    pub(crate) testing_percentage: Option<u32>,

    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = clap::value_parser!(u32).range(0..100),
        help = format!(
            "How many of a hundred images are the first fold of cross-validation, and give the validation accuracy \
             [default: {}]",
            SplitRule::default().validation
        )
    )]
    pub(crate) validation_percentage: Option<u32>,

    /// How strongly the weights are held small: `auto`, or a number: 1/(C N) in scikit-learn's terms,
    /// with two labels 2/(C N)
    #[arg(long, value_name = "STRENGTH", default_value = "auto", value_parser = strength, allow_negative_numbers = true)]
    pub(crate) l2: Strength,

    /// The weight of an image: `none`, all the same; `balanced`, so that every label counts alike; or a file with a line for
    /// each label, the label, a tab and a number. Scores are then those of images that are as frequent as this counts them
    #[arg(long, value_name = "WEIGHTS", default_value = "none")]
    pub(crate) class_weights: PathBuf,

    /// The mix of labels that scores are for, where it is another than that of training: `images`, that of the images;
    /// `equal`, every label as frequent as any other; or a file with a line for each label, the label, a tab and a number.
    /// For labels with few images, `equal` does better than `--class-weights balanced`
    #[arg(long, value_name = "MIX")]
    pub(crate) prior: Option<PathBuf>,

    /// A head to start from; its labels keep their order, and new ones come behind them
    #[arg(long, value_name = "FILE")]
    pub(crate) init: Option<PathBuf>,

    /// The criterion by which an image is for training, validation or testing; the folder where the images lie in such
    /// folders, and otherwise the content
    #[arg(long, value_enum)]
    pub(crate) split_by: Option<By>,

    /// Keep near-duplicates, which are one photo in other sizes, encodings or cuts or mirrored, on one side of the division
    #[arg(long, value_enum, value_name = "SWITCH", default_value_t = Switch::On)]
    pub(crate) group_duplicates: Switch,

    /// With --split-by path, what stands before the paths: the folder of images, as retrain.py was given it
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) path_prefix: String,

    /// Seeds the division of the images by content, and the first weights and the batches of gradient descent
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Print a head, or a network that was made with one, as text, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bottlenecks", "base", "head", "output_labels", "summaries_dir"])]
    pub(crate) describe: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) corrections: CorrectionsFlag,

    #[command(flatten)]
    pub(crate) jobs: Jobs,

    #[command(flatten)]
    pub(crate) memory: Budget,

    #[command(flatten)]
    pub(crate) steps: Steps,

    #[command(flatten)]
    pub(crate) foreign: Foreign,

    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum By {
    /// Its content, wherever it lies
    Content,
    /// Its path, as in retrain.py
    Path,
    /// The folder `train`, `val` or `test` that it lies in, or the split that its list names; a split that none has
    /// takes its share of those for training
    Folder,
}

/// The strongest regularisation that is taken. The weights that it leaves are as small as errors of rounding.
const STRONGEST: f64 = 1e9;

fn strength(text: &str) -> Result<Strength, String> {
    match (text, text.parse::<f64>()) {
        ("auto", _) => Ok(Strength::Chosen),
        (_, Ok(number)) if (0.0..=STRONGEST).contains(&number) => Ok(Strength::Given(number)),
        _ => Err(format!("expected `auto` or a number from 0 to {STRONGEST}")),
    }
}

fn tensor_name(text: &str) -> Result<String, String> {
    match text.trim().is_empty() || text.contains(char::is_control) {
        true => Err("expected a name that can be seen".to_owned()),
        false => Ok(text.to_owned()),
    }
}
