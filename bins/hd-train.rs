//! hd-train: fits a head to bottlenecks and joins it to the base.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hd::bottleneck::Samples;
use hd::file;
use hd::head::{Head, Score, Strength, Training, train};
use hd::onnx::{Network, stitch};
use hd::split::SplitRule;
use hd_cli::{Bar, Common, Program, check_outputs, misuse};

/// Fits a softmax head to bottlenecks and joins it to the base
///
/// Pictures are divided by their content into training, validation and testing, so that a picture stays on its side
/// when others come or go. The strength of the regularisation is chosen by cross-validation on the training and
/// validation pictures, then the head is fitted on all of them. The testing pictures are left for hd-eval.
#[derive(Parser)]
#[command(
    name = "hd-train",
    version,
    override_usage = "hd-train [OPTIONS] --head <FILE> <BOTTLENECKS>...\n       hd-train --describe <FILE>",
    max_term_width = 100,
    after_help = "\
Example:  hd-train out/bottlenecks.bin --base models/mobilenet_v2_1.0_224.onnx --head out/head.bin \\
              --output-graph out/retrained_graph.onnx --output-labels out/retrained_labels.txt
See also: hd-bottleneck (makes the input), hd-eval (scores the head), hd-label (uses the graph)"
)]
struct Arguments {
    /// Files of bottlenecks, as hd-bottleneck makes them
    #[arg(required_unless_present = "describe")]
    bottlenecks: Vec<PathBuf>,

    /// The base that the bottlenecks were made with; needed for --output-graph
    #[arg(long, value_name = "BASE.onnx")]
    base: Option<PathBuf>,

    /// Where to write the head
    #[arg(long, value_name = "FILE", required_unless_present = "describe")]
    head: Option<PathBuf>,

    /// Where to write the base and the head as one network that labels pictures
    #[arg(long, value_name = "FILE.onnx", requires = "base")]
    output_graph: Option<PathBuf>,

    /// Where to write the labels, one a line, in the order of the network's outputs
    #[arg(long, value_name = "FILE")]
    output_labels: Option<PathBuf>,

    /// How many of a hundred pictures are kept for hd-eval
    #[arg(long, value_name = "PERCENT", default_value_t = 15, value_parser = clap::value_parser!(u32).range(0..100))]
    testing_percentage: u32,

    /// How many of a hundred pictures are the first fold of cross-validation, and give the validation accuracy
    #[arg(long, value_name = "PERCENT", default_value_t = 15, value_parser = clap::value_parser!(u32).range(0..100))]
    validation_percentage: u32,

    /// How strongly the weights are held small: `auto`, or a number, 1/(C N) in scikit-learn's terms
    #[arg(long, value_name = "STRENGTH", default_value = "auto", value_parser = strength, allow_negative_numbers = true)]
    l2: Strength,

    /// Another seed divides the pictures otherwise
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Print a head as text, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bottlenecks", "base", "head", "output_labels"])]
    describe: Option<PathBuf>,

    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

fn strength(text: &str) -> Result<Strength, String> {
    match (text, text.parse::<f64>()) {
        ("auto", _) => Ok(Strength::Chosen),
        (_, Ok(number)) if number >= 0.0 && number.is_finite() => Ok(Strength::Given(number)),
        _ => Err("expected `auto` or a number of at least 0".to_owned()),
    }
}

impl Program for Arguments {
    const NAME: &'static str = "hd-train";

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            return Ok(write!(io::stdout(), "{}", Head::open(path)?)?);
        }
        let rule = self.rule()?;
        let inputs = self.bottlenecks.iter().chain(&self.base);
        check_outputs(
            inputs,
            [&self.head, &self.output_graph, &self.output_labels]
                .into_iter()
                .flatten(),
        )?;
        let samples = Samples::open(&self.bottlenecks)?;
        let mut base = self.base.as_deref().map(Network::open_base).transpose()?;
        if let Some(base) = &mut base {
            samples.check_base(base)?;
            // What the pictures went through is what the graph has to ask for.
            base.preprocess = samples.preprocess().clone();
        }
        let contradictions = samples.contradictions();
        if let Some(picture) = contradictions.first() {
            let (count, picture) = (contradictions.len(), picture.display());
            log::warn!("{count} pictures stand under more than one label, such as {picture}");
        }
        let bar = Bar::default();
        bar.spin("choosing the strength of the regularisation");
        let told = |score: &Score| bar.message(log::Level::Debug, &describe(score));
        let training = train(&samples, rule, self.l2, &told);
        bar.clear();
        let training = training?;
        tell(&training);
        self.write(&training.head, base.as_ref())
    }
}

impl Arguments {
    fn rule(&self) -> anyhow::Result<SplitRule> {
        let (validation, testing) = (self.validation_percentage, self.testing_percentage);
        if validation + testing >= 100 {
            return misuse(format!(
                "{validation} % for validation and {testing} % for testing leave nothing to train on"
            ));
        }
        Ok(SplitRule {
            validation,
            testing,
            seed: self.seed,
        })
    }

    /// The head comes last: where it is, the others are.
    fn write(&self, head: &Head, base: Option<&Network>) -> anyhow::Result<()> {
        if let (Some(path), Some(base)) = (&self.output_graph, base) {
            let graph = stitch(base, head)?;
            file::replace(path, |out| out.write_all(&graph))?;
        }
        if let Some(path) = &self.output_labels {
            file::replace(path, |out| {
                head.labels
                    .iter()
                    .try_for_each(|label| writeln!(out, "{label}"))
            })?;
        }
        if let Some(path) = &self.head {
            head.write(path)?;
        }
        Ok(())
    }
}

/// Says what came of it.
fn tell(
    Training {
        head,
        score,
        iterations,
        converged,
    }: &Training,
) {
    let [training, validation, testing] = head.counts;
    log::info!(
        "{training} pictures for training, {validation} for validation, {testing} for testing"
    );
    if let Some(Score {
        l2,
        cross_entropy,
        accuracy,
        validation_accuracy,
    }) = score
    {
        let [accuracy, own] = [accuracy, validation_accuracy].map(|share| 100.0 * share);
        let n = training + validation;
        log::info!(
            "l2 = {l2:.4}: cross-validated accuracy = {accuracy:.1}% (N={n}), cross-entropy = {cross_entropy:.4}"
        );
        if validation > 0 {
            log::info!("Validation accuracy = {own:.1}% (N={validation})");
        }
    }
    log::debug!("the last fit took {iterations} steps");
    if !converged {
        log::warn!("the fit did not converge in {iterations} steps; a larger --l2 helps");
    }
}

fn describe(score: &Score) -> String {
    let Score {
        l2,
        cross_entropy,
        accuracy,
        ..
    } = score;
    let accuracy = 100.0 * accuracy;
    format!(
        "l2 = {l2:.4}: cross-validated accuracy = {accuracy:.1}%, cross-entropy = {cross_entropy:.4}"
    )
}
