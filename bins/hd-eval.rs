//! hd-eval: scores a head on images that it has not seen.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, ValueEnum};
use hd::bottleneck::Samples;
use hd::eval::{Metrics, evaluate, render};
use hd::file;
use hd::head::Head;
use hd::split::Split;
use hd::twins;
use hd_cli::{Common, Jobs, Program, check_outputs};

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
struct Arguments {
    /// The head, as hd-train makes it
    #[arg(required_unless_present = "describe")]
    head: Option<PathBuf>,

    /// Files of bottlenecks, as hd-bottleneck makes them
    #[arg(required_unless_present = "describe")]
    bottlenecks: Vec<PathBuf>,

    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE.json")]
    metrics: Option<PathBuf>,

    /// Where to write the figures as a page
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,

    /// Where to write which images are there more than once, near-duplicates too, as a table
    #[arg(long, value_name = "FILE.tsv")]
    duplicates: Option<PathBuf>,

    /// The images to score; `all` is for images from elsewhere
    #[arg(long, value_enum, default_value_t = Images::Testing)]
    split: Images,

    /// Print a file of metrics as text, and do nothing else
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["head", "bottlenecks", "metrics", "report", "duplicates"])]
    describe: Option<PathBuf>,

    #[command(flatten)]
    jobs: Jobs,

    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Images {
    Training,
    Validation,
    Testing,
    All,
}

impl Images {
    fn split(self) -> Option<Split> {
        match self {
            Self::Training => Some(Split::Training),
            Self::Validation => Some(Split::Validation),
            Self::Testing => Some(Split::Testing),
            Self::All => None,
        }
    }
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-eval";
    const USUAL: &'static [&'static str] = &["head", "bottlenecks"];

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            return Ok(write!(io::stdout(), "{}", Metrics::open(path)?)?);
        }
        let Some(head) = &self.head else {
            bail!("HEAD is needed");
        };
        let inputs = self.bottlenecks.iter().chain([head]);
        check_outputs(
            inputs,
            [&self.metrics, &self.report, &self.duplicates]
                .into_iter()
                .flatten(),
        )?;
        self.jobs.apply_to_rayon()?;
        let head = Head::open(head)?;
        let samples = Samples::open(&self.bottlenecks)?;
        let (metrics, same_images) = evaluate(&head, &samples, self.split.split())?;
        self.warn(same_images);
        if let Some(path) = &self.report {
            let page = render(&metrics, &head)?;
            file::replace(path, |out| out.write_all(page.as_bytes()))?;
        }
        if let Some(path) = &self.metrics {
            metrics.write(path)?;
        }
        if let Some(path) = &self.duplicates {
            let splits = match self.split {
                // Images from elsewhere have none.
                Images::All => Vec::new(),
                _ => head.split.assign(&samples.images(), samples.labels())?,
            };
            let split = |image: usize| splits.get(image).copied();
            let twins = twins::find(&samples);
            file::replace(path, |out| twins::write_table(&twins, &samples, split, out))?;
        }
        Ok(write!(io::stdout(), "{metrics}")?)
    }
}

impl Arguments {
    /// Warns of figures that promise more than the head can do on images that it has not seen.
    fn warn(&self, same_images: bool) {
        match (self.split, same_images) {
            (Images::Testing, true) | (Images::All, false) => {}
            (Images::Testing, false) => {
                log::warn!(
                    "these are not the images that the head was trained with: it may have seen some of them"
                );
            }
            _ => log::warn!("the head was fitted on images among these: the figures flatter it"),
        }
    }
}
