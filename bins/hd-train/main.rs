//! hd-train: fits a head to bottlenecks and joins it to the base.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod retrain;
mod summaries;

use anyhow::bail;
use clap::{Args, Parser, ValueEnum};
use hd::bottleneck::Samples;
use hd::file;
use hd::head::{
    ClassWeights, Given, Head, Imbalance, Recipe, Score, Sgd, Solver, Strength, Training, train,
};
use hd::onnx::{FINAL_RESULT, Layer, Network, check_name, outline, stitch};
use hd::split::{SplitBy, SplitRule};
use hd::tensorboard;
use hd_cli::{Bar, Common, Program, check_outputs, is_within, misuse};
use retrain::{ELSEWHERE, Foreign, Own, quoted};
use summaries::{Intermediate, Watcher, is_intermediate, points};

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
Example:  hd-train out/bottlenecks.bin --base models/mobilenet_v2_1.0_224.onnx --head out/head.bin \\
              --output-graph out/retrained_graph.onnx --output-labels out/retrained_labels.txt
See also: hd-bottleneck (makes the input), hd-eval (scores the head), hd-label (uses the graph)"
)]
struct Arguments {
    /// Files of bottlenecks, as hd-bottleneck makes them
    #[arg(required_unless_present_any = ELSEWHERE)]
    bottlenecks: Vec<PathBuf>,

    /// The base that the bottlenecks were made with; needed for --output-graph
    #[arg(long, value_name = "BASE.onnx")]
    base: Option<PathBuf>,

    /// Where to write the head
    #[arg(long, value_name = "FILE", required_unless_present_any = ELSEWHERE)]
    head: Option<PathBuf>,

    /// Where to write the base and the head as one network that labels images
    #[arg(long, value_name = "FILE.onnx")]
    output_graph: Option<PathBuf>,

    /// Where to write the labels, one a line, in the order of the network's outputs
    #[arg(long, value_name = "FILE")]
    output_labels: Option<PathBuf>,

    /// What the probabilities are called in that network
    #[arg(long, value_name = "NAME", default_value = FINAL_RESULT, value_parser = tensor_name)]
    final_tensor_name: String,

    /// Where to write what TensorBoard shows: accuracy, cross-entropy, weights and biases at every step, precision and
    /// recall, the network, and the bottlenecks of the validation images
    #[arg(long, value_name = "DIR")]
    summaries_dir: Option<PathBuf>,

    /// With --summaries-dir, the folder of images: TensorBoard shows thumbnails of them among the bottlenecks
    #[arg(long, value_name = "DIR", requires = "summaries_dir")]
    images: Option<PathBuf>,

    /// Every so many steps write the network as it is then; 0 for never
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        requires = "intermediate_output_graphs_dir"
    )]
    intermediate_store_frequency: usize,

    /// Where to write these networks, as intermediate_N.onnx after step N
    #[arg(long, value_name = "DIR", requires_all = ["base", "intermediate_store_frequency"])]
    intermediate_output_graphs_dir: Option<PathBuf>,

    /// How many of a hundred images are kept for hd-eval [default: 15]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..100))]
    testing_percentage: Option<u32>,

    /// How many of a hundred images are the first fold of cross-validation, and give the validation accuracy [default:
    /// 15]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..100))]
    validation_percentage: Option<u32>,

    /// How strongly the weights are held small: `auto`, or a number: 1/(C N) in scikit-learn's terms,
    /// with two labels 2/(C N)
    #[arg(long, value_name = "STRENGTH", default_value = "auto", value_parser = strength, allow_negative_numbers = true)]
    l2: Strength,

    /// What an image counts: `none`, all the same; `balanced`, so that every label counts alike; or a file with a line for
    /// each label, the label, a tab and a number. Scores are then those of images that are as frequent as this counts them
    #[arg(long, value_name = "WEIGHTS", default_value = "none")]
    class_weights: PathBuf,

    /// A head to start from; its labels keep their order, and new ones come behind them
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,

    /// What decides whether an image is for training, validation or testing
    #[arg(long, value_enum, default_value_t = By::Content)]
    split_by: By,

    /// With --split-by path, what stands before the paths: the folder of images, as retrain.py was given it
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    path_prefix: String,

    /// Another seed divides the images otherwise, and draws other batches
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Print a head, or a network that was made with one, as text, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bottlenecks", "base", "head", "output_labels", "summaries_dir"])]
    describe: Option<PathBuf>,

    #[command(flatten)]
    steps: Steps,

    #[command(flatten)]
    foreign: Foreign,

    #[command(flatten)]
    common: Common,
}

/// How retrain.py trained.
#[derive(Args)]
#[command(next_help_heading = "Training step by step, as retrain.py does it")]
struct Steps {
    /// How the head is trained: to the optimum, or by gradient descent, which the flags below ask for too
    #[arg(long, value_enum)]
    solver: Option<Method>,

    /// Steps [default: 4000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    how_many_training_steps: Option<u32>,

    /// How far a step goes [default: 0.01]
    #[arg(long, value_name = "RATE", value_parser = rate)]
    learning_rate: Option<f32>,

    /// Images in the batch of a step, every label as likely as any other [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    train_batch_size: Option<u32>,

    /// Images that validation accuracy is measured on, drawn likewise; -1 for all of them [default: 100]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = batch)]
    validation_batch_size: Option<Batch>,

    /// Steps from one measurement to the next [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    eval_step_interval: Option<u32>,
}

/// So many images, or all.
#[derive(Clone, Copy)]
struct Batch(Option<u32>);

fn batch(text: &str) -> Result<Batch, String> {
    match (text, text.parse::<u32>()) {
        ("-1", _) => Ok(Batch(None)),
        (_, Ok(count @ 1..=1_000_000)) => Ok(Batch(Some(count))),
        _ => Err("expected a number from 1 to 1000000, or -1".to_owned()),
    }
}

fn tensor_name(text: &str) -> Result<String, String> {
    match text.trim().is_empty() || text.contains(char::is_control) {
        true => Err("expected a name that can be seen".to_owned()),
        false => Ok(text.to_owned()),
    }
}

fn rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("expected a number above 0".to_owned()),
    }
}

impl Steps {
    /// The gradient descent that is asked for, if it is.
    fn sgd(&self) -> Option<Sgd> {
        let asked = self.how_many_training_steps.is_some()
            || self.learning_rate.is_some()
            || self.train_batch_size.is_some()
            || self.validation_batch_size.is_some()
            || self.eval_step_interval.is_some();
        let wanted = asked || matches!(self.solver, Some(Method::Sgd));
        wanted.then(|| Sgd {
            steps: self.how_many_training_steps.unwrap_or(4000),
            learning_rate: self.learning_rate.unwrap_or(0.01),
            train_batch_size: self.train_batch_size.unwrap_or(100),
            validation_batch_size: self
                .validation_batch_size
                .map_or(Some(100), |batch| batch.0),
            eval_step_interval: self.eval_step_interval.unwrap_or(10),
        })
    }

    /// The flags that ask for it.
    fn flags(&self) -> String {
        let Some(sgd) = self.sgd() else {
            return "--solver sgd".to_owned();
        };
        let validation = sgd
            .validation_batch_size
            .map_or("-1".to_owned(), |size| size.to_string());
        format!(
            "--how-many-training-steps {} --learning-rate {} --train-batch-size {} --validation-batch-size {validation} \
             --eval-step-interval {}",
            sgd.steps, sgd.learning_rate, sgd.train_batch_size, sgd.eval_step_interval
        )
    }
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum By {
    /// Its content, wherever it lies
    Content,
    /// Its path, as in retrain.py
    Path,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Method {
    Lbfgs,
    Sgd,
}

/// With this the weights are nothing but rounding.
const STRONGEST: f64 = 1e9;

/// Images of a hundred for validation, and for testing.
const PERCENTAGE: u32 = 15;

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

fn strength(text: &str) -> Result<Strength, String> {
    match (text, text.parse::<f64>()) {
        ("auto", _) => Ok(Strength::Chosen),
        (_, Ok(number)) if (0.0..=STRONGEST).contains(&number) => Ok(Strength::Given(number)),
        _ => Err(format!("expected `auto` or a number from 0 to {STRONGEST}")),
    }
}

impl Program for Arguments {
    const NAME: &'static str = "hd-train";

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            return describe(path);
        }
        if let Some(text) = self.foreign.explained(&self.own()) {
            return misuse(text);
        }
        let split = self.rule()?;
        let solver = self.solver()?;
        let class_weights = self.class_weights()?;
        if self.output_graph.is_some() && self.base.is_none() {
            return misuse(
                "--output-graph needs --base, the base that the bottlenecks were made with"
                    .to_owned(),
            );
        }
        self.check_paths()?;
        let recipe = Recipe {
            split,
            solver,
            class_weights,
            init: self.init.as_deref().map(Head::open).transpose()?,
        };
        let samples = Samples::open(&self.bottlenecks)?;
        let mut base = self.base.as_deref().map(Network::open_base).transpose()?;
        if let Some(base) = &mut base {
            samples.check_base(base)?;
            // What the images went through is what the graph has to ask for.
            base.preprocess = samples.preprocess().clone();
        }
        let contradictions = samples.contradictions();
        if let Some(image) = contradictions.first() {
            let (count, image) = (contradictions.len(), image.display());
            log::warn!("{count} images stand under more than one label, such as {image}");
        }
        if let Some(base) = &base {
            check_name(base, &self.final_tensor_name)?;
        }
        let bar = Bar::default();
        if recipe.solver == Solver::Lbfgs(Strength::Chosen) {
            bar.spin("choosing the strength of the regularisation");
        }
        let watch = Watcher {
            bar: &bar,
            runs: self.summaries_dir.is_some().then(Default::default),
            intermediate: self.intermediate(base.as_ref())?,
        };
        let training = train(&samples, &recipe, &watch);
        bar.clear();
        let training = training?;
        let runs = watch.finish()?;
        tell(&training);
        let head = &training.head;
        let graph = base
            .as_ref()
            .map(|base| stitch(base, Layer::from(head), &self.final_tensor_name));
        let graph = graph.transpose()?;
        if let (Some(folder), Some(mut summaries)) = (&self.summaries_dir, runs) {
            summaries.graph = graph
                .as_ref()
                .and_then(|graph| outline(graph, &head.architecture));
            summaries.points = points(&samples, &head.split)?;
            summaries.images = self.images.as_deref();
            tensorboard::write(folder, &summaries)?;
        }
        self.write(head, graph.as_deref())
    }
}

impl Arguments {
    /// Nothing that is written may be in the way of what is read.
    fn check_paths(&self) -> anyhow::Result<()> {
        let inputs = self.bottlenecks.iter().chain(&self.base).chain(&self.init);
        let outputs = [&self.head, &self.output_graph, &self.output_labels];
        check_outputs(
            inputs.chain(self.class_weights.exists().then_some(&self.class_weights)),
            outputs.into_iter().flatten(),
        )?;
        if let (Some(folder), Some(base)) = (&self.intermediate_output_graphs_dir, &self.base)
            && is_intermediate(base)
            && is_within(base, folder)
        {
            let base = base.display();
            return misuse(format!(
                "{base}: it is the base, and would be overwritten by an intermediate network"
            ));
        }
        if let Some(images) = &self.images
            && !images.is_dir()
        {
            return misuse(format!(
                "--images {}: there is no such folder",
                images.display()
            ));
        }
        if let Some(summaries) = &self.summaries_dir {
            let shown = summaries.display();
            if summaries.exists() && !summaries.is_dir() {
                return misuse(format!(
                    "--summaries-dir {shown}: it is a file, and no folder"
                ));
            }
            if let Some(images) = &self.images
                && is_within(summaries, images)
            {
                let images = images.display();
                return misuse(format!(
                    "--summaries-dir {shown} lies in {images}, and would be taken for images"
                ));
            }
        }
        Ok(())
    }

    fn rule(&self) -> anyhow::Result<SplitRule> {
        let [validation, testing] = [self.validation_percentage, self.testing_percentage]
            .map(|percentage| percentage.unwrap_or(PERCENTAGE));
        if validation + testing >= 100 {
            return misuse(format!(
                "{validation} % for validation and {testing} % for testing leave nothing to train on"
            ));
        }
        Ok(SplitRule {
            validation,
            testing,
            seed: self.seed,
            by: match self.split_by {
                By::Content if !self.path_prefix.is_empty() => {
                    return misuse("--path-prefix needs --split-by path".to_owned());
                }
                By::Content => SplitBy::Content,
                By::Path => SplitBy::Path {
                    prefix: self.path_prefix.clone(),
                },
            },
        })
    }

    fn solver(&self) -> anyhow::Result<Solver> {
        match (self.steps.sgd(), self.steps.solver, self.l2) {
            (None, _, strength) => Ok(Solver::Lbfgs(strength)),
            (Some(_), Some(Method::Lbfgs), _) => misuse(
                "--solver lbfgs goes to the optimum, and takes no steps to be counted".to_owned(),
            ),
            (Some(_), _, Strength::Given(_)) => {
                misuse("--solver sgd holds nothing small: --l2 is for lbfgs".to_owned())
            }
            (Some(sgd), _, Strength::Chosen) => Ok(Solver::Sgd(sgd)),
        }
    }

    fn class_weights(&self) -> anyhow::Result<ClassWeights> {
        let weights = match self.class_weights.to_str() {
            Some("none") => ClassWeights::None,
            Some("balanced") => ClassWeights::Balanced,
            _ if !self.class_weights.exists() => {
                let given = self.class_weights.display();
                bail!(
                    "--class-weights is `none`, `balanced` or a file, and there is no file {given}"
                );
            }
            _ => ClassWeights::Given(Given::open(&self.class_weights)?),
        };
        if self.steps.sgd().is_some() && weights != ClassWeights::None {
            return misuse(
                "--solver sgd draws every label as often as any other: --class-weights is for lbfgs"
                    .to_owned(),
            );
        }
        Ok(weights)
    }

    fn own(&self) -> Own {
        let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        Own {
            summaries_dir: text(&self.summaries_dir),
            output_graph: text(&self.output_graph),
            output_labels: text(&self.output_labels),
            testing_percentage: self.testing_percentage,
            validation_percentage: self.validation_percentage,
            solver: self.steps.flags(),
            graph: self.graph_flags(),
        }
    }

    /// The networks that are to be written on the way.
    fn intermediate<'a>(
        &'a self,
        base: Option<&'a Network>,
    ) -> anyhow::Result<Option<Intermediate<'a>>> {
        let wanted = self.intermediate_store_frequency > 0;
        match (&self.intermediate_output_graphs_dir, base) {
            (Some(folder), Some(base)) if wanted => Ok(Some(Intermediate::new(
                folder,
                self.intermediate_store_frequency,
                base,
                &self.final_tensor_name,
            )?)),
            _ => Ok(None),
        }
    }

    /// The flags of the network that are not as usual, as they are to be given again.
    fn graph_flags(&self) -> String {
        let mut flags = String::new();
        if self.final_tensor_name != FINAL_RESULT {
            flags.push_str(&format!(
                " --final-tensor-name {}",
                quoted(&self.final_tensor_name)
            ));
        }
        if let Some(folder) = &self.intermediate_output_graphs_dir {
            let (every, folder) = (
                self.intermediate_store_frequency,
                folder.display().to_string(),
            );
            flags.push_str(&format!(
                " --intermediate-store-frequency {every} --intermediate-output-graphs-dir {}",
                quoted(&folder)
            ));
        }
        flags
    }

    /// The head comes last: where it is, the others are.
    fn write(&self, head: &Head, graph: Option<&[u8]>) -> anyhow::Result<()> {
        if let (Some(path), Some(graph)) = (&self.output_graph, graph) {
            file::replace(path, |out| out.write_all(graph))?;
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
        loss,
        converged,
        imbalance,
    }: &Training,
) {
    let [training, validation, testing] = head.totals();
    log::info!(
        "{training} images for training, {validation} for validation, {testing} for testing"
    );
    if let Some(score) = score {
        // Where the strength was given, only the validation images were scored.
        if !head.scores.is_empty() {
            log::info!("{} (N={})", score_line(score), score.images);
        }
        if let Some(accuracy) = head.validation_accuracy {
            let own = 100.0 * accuracy;
            log::info!("Validation accuracy = {own:.1}% (N={validation})");
        }
    }
    if let Some(Imbalance {
        most: (most, many),
        fewest: (fewest, few),
    }) = imbalance
    {
        log::info!(
            "'{most}' has {many} images, '{fewest}' {few}: with --class-weights balanced they count alike"
        );
    }
    if let Some(loss) = loss {
        log::debug!("the last fit took {iterations} steps, to a loss of {loss:.6}");
    }
    if !converged {
        log::warn!("the fit did not converge in {iterations} steps; a larger --l2 helps");
    }
}

/// Prints a head, or a network that has one.
fn describe(path: &Path) -> anyhow::Result<()> {
    let text = match Head::open(path) {
        Ok(head) => head.to_string(),
        // What is neither is no head.
        Err(error) => Network::open_retrained(path)
            .map_err(|_| error)?
            .to_string(),
    };
    Ok(write!(io::stdout(), "{text}")?)
}

fn score_line(score: &Score) -> String {
    let l2 = score.strength();
    let Score {
        temperature,
        cross_entropy,
        accuracy,
        folds,
        ..
    } = score;
    let accuracy = 100.0 * accuracy;
    let kind = if *folds > 1 {
        "cross-validated"
    } else {
        "validation"
    };
    format!(
        "l2 = {l2}, temperature = {temperature:.2}: {kind} accuracy = {accuracy:.1}%, \
         cross-entropy = {cross_entropy:.4}"
    )
}
