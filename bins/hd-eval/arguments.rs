//! The arguments of hd-eval.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use hd::split::Split;
use hd_cli::{Budget, Common, CorrectionsFlag, Jobs};

/// Scores a head on images that it has not seen
///
/// Prints accuracy, precision and recall with their 95 % intervals, the confusion matrix, how often high scores are right,
/// and what would be right without a head. Which images are for testing follows from the rule that hd-train recorded in
/// the head.
#[derive(Parser)]
#[command(
    name = "hd-eval",
    version,
    override_usage = "hd-eval [OPTIONS] <HEAD> <BOTTLENECKS>...\n       hd-eval --describe <FILE.json>\n       hd-eval --compare <OUT>...",
    max_term_width = 100,
    after_help = "\
Example:
  hd-eval out/head.bin out/bottlenecks.bin --metrics out/metrics.json \\
      --report out/report.html --images data/hotdog
  hd-eval out/head.bin out/bottlenecks.bin --min-accuracy 0.9 \\
      --min 'per_class.hot dog.recall=0.8' --max cross_entropy=0.3

See also: hd-train (makes the head)"
)]
pub(crate) struct Arguments {
    /// The head, as hd-train makes it
    #[arg(required_unless_present_any = ["describe", "compare"])]
    pub(crate) head: Option<PathBuf>,

    /// Files of bottlenecks, as hd-bottleneck makes them
    #[arg(required_unless_present_any = ["describe", "compare"])]
    pub(crate) bottlenecks: Vec<PathBuf>,

    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE.json")]
    pub(crate) metrics: Option<PathBuf>,

    /// Where to write the figures, the mistakes and what may be wrong with the images as a page
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,

    /// The folder, the tar or the list that hd-bottleneck was given: the report then shows the images
    #[arg(long, value_name = "IMAGES", requires = "report")]
    pub(crate) images: Option<PathBuf>,

    /// Images that the report shows at most
    #[arg(long, value_name = "N", default_value_t = hd::report::IMAGES, requires = "report")]
    pub(crate) report_images: usize,

    /// The retrained graph: the report then shows where the evidence for the worst mistakes lies
    #[arg(long, value_name = "FILE.onnx", requires = "images")]
    pub(crate) graph: Option<PathBuf>,

    /// The ONNX Runtime library that runs graphs [default: $ORT_DYLIB_PATH, or what `hd-fetch runtime` brought]
    #[arg(long, value_name = "PATH")]
    pub(crate) runtime: Option<PathBuf>,

    /// Where to write all images as a table, ranked by how little fits that have not seen them believe in their labels
    #[arg(long, value_name = "FILE.tsv")]
    pub(crate) suspects: Option<PathBuf>,

    /// Where to write which images are there more than once, near-duplicates too, as a table
    #[arg(long, value_name = "FILE.tsv")]
    pub(crate) duplicates: Option<PathBuf>,

    /// The images to score; `all` is for images from elsewhere
    #[arg(long, value_enum, default_value_t = Images::Testing)]
    pub(crate) split: Images,

    /// Where to write a line for each image: path, split, label, answer, score, and every label's score; with commas where
    /// the name ends with .csv, else with tabs
    #[arg(long, value_name = "FILE")]
    pub(crate) predictions: Option<PathBuf>,

    /// Print the images that were given a wrong label, as retrain.py does
    #[arg(long)]
    pub(crate) print_misclassified_test_images: bool,

    /// Another head for the same bottlenecks: compare both, with McNemar's exact test, and list the images that they answer
    /// differently
    #[arg(long, value_name = "HEAD")]
    pub(crate) against: Option<PathBuf>,

    /// Fail, when everything is written, if the accuracy is less than this, from 0 to 1
    #[arg(long, value_name = "NUMBER", value_parser = hd_cli::probability)]
    pub(crate) min_accuracy: Option<f64>,

    /// Fail if a figure is less than this, by its name in the JSON: macro.f1, `per_class.hot dog.recall`,
    /// decided.0.9.accuracy, top_k.3.accuracy
    #[arg(long, value_name = "NAME=NUMBER", value_parser = named_number)]
    pub(crate) min: Vec<(String, f64)>,

    /// Fail if a figure is more than this
    #[arg(long, value_name = "NAME=NUMBER", value_parser = named_number)]
    pub(crate) max: Vec<(String, f64)>,

    /// Print a file of metrics as text, and do nothing else but look at --min and --max
    #[arg(
        long,
        value_name = "FILE.json",
        conflicts_with_all = [
            "head", "bottlenecks", "metrics", "report", "predictions", "print_misclassified_test_images", "against",
        ]
    )]
    pub(crate) describe: Option<PathBuf>,

    /// Say which of several bases is best for the images, by cross-validation, and do nothing else: folders of results, each
    /// with head.bin, bottlenecks.bin and retrained_graph.onnx
    #[arg(
        long,
        value_name = "OUT",
        num_args = 1..,
        conflicts_with_all = [
            "head", "bottlenecks", "metrics", "report", "predictions", "suspects", "duplicates", "split",
            "print_misclassified_test_images", "against", "min_accuracy", "min", "max", "describe",
        ]
    )]
    pub(crate) compare: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corrections: CorrectionsFlag,

    #[command(flatten)]
    pub(crate) jobs: Jobs,

    #[command(flatten)]
    pub(crate) memory: Budget,

    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Images {
    Training,
    Validation,
    Testing,
    All,
}

impl Images {
    /// The split that is meant; none where all images are.
    pub(crate) fn split(self) -> Option<Split> {
        match self {
            Self::Training => Some(Split::Training),
            Self::Validation => Some(Split::Validation),
            Self::Testing => Some(Split::Testing),
            Self::All => None,
        }
    }
}

/// A name, an equals sign and a number. The name may have an equals sign itself.
fn named_number(text: &str) -> Result<(String, f64), String> {
    let parts = text.rsplit_once('=');
    let number = parts.and_then(|(name, number)| Some((name, number.trim().parse::<f64>().ok()?)));
    match number {
        Some((name, number)) if number.is_finite() && !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), number))
        }
        _ => {
            Err("expected the name of a figure, `=` and a number, such as macro.f1=0.9".to_owned())
        }
    }
}
