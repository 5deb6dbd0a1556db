//! The arguments of hd-eval.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use hd::split::Split;
use hd_cli::{Common, CorrectionsFlag, Jobs};

/// Scores a head on images that it has not seen
///
/// Prints precision and recall of each label, the confusion matrix, cross-entropy and accuracy. Which images are for
/// testing follows from the rule that hd-train recorded in the head.
#[derive(Parser)]
#[command(
    name = "hd-eval",
    version,
    override_usage = "hd-eval [OPTIONS] <HEAD> <BOTTLENECKS>...\n       hd-eval --describe <FILE.json>",
    max_term_width = 100,
    after_help = "\
Example:
  hd-eval out/head.bin out/bottlenecks.bin --metrics out/metrics.json \\
      --report out/report.html

See also: hd-train (makes the head)"
)]
pub(crate) struct Arguments {
    /// The head, as hd-train makes it
    #[arg(required_unless_present = "describe")]
    pub(crate) head: Option<PathBuf>,

    /// Files of bottlenecks, as hd-bottleneck makes them
    #[arg(required_unless_present = "describe")]
    pub(crate) bottlenecks: Vec<PathBuf>,

    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE.json")]
    pub(crate) metrics: Option<PathBuf>,

    /// Where to write the figures as a page
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,

    /// Where to write all images as a table, ranked by how little fits that have not seen them believe in their labels
    #[arg(long, value_name = "FILE.tsv")]
    pub(crate) suspects: Option<PathBuf>,

    /// The images to score; `all` is for images from elsewhere
    #[arg(long, value_enum, default_value_t = Images::Testing)]
    pub(crate) split: Images,

    /// Print a file of metrics as text, and do nothing else
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["head", "bottlenecks", "metrics", "report"])]
    pub(crate) describe: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) corrections: CorrectionsFlag,

    #[command(flatten)]
    pub(crate) jobs: Jobs,

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
