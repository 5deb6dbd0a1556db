//! hd-eval: scores a head on images that it has not seen.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

mod arguments;
mod bounds;

use anyhow::bail;
use arguments::{Arguments, Images};
use hd::audit::{suspects, write_suspects};
use hd::bottleneck::Samples;
use hd::eval::{Evaluation, Metrics, blank, evaluate, render};
use hd::file;
use hd::head::Head;
use hd::tsv::Separator;
use hd::twins;
use hd_cli::{Common, Program, check_outputs};

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
        let bounds = bounds::of(&self);
        if let Some(path) = &self.describe {
            let metrics = Metrics::open(path)?;
            bounds::check_names(&bounds, &metrics)?;
            write!(io::stdout(), "{metrics}")?;
            return bounds::check(&bounds, &metrics);
        }
        let Some(head) = &self.head else {
            bail!("HEAD is needed");
        };
        let inputs = self.bottlenecks.iter().chain([head]).chain(&self.against);
        let inputs = inputs.chain(&self.corrections.path);
        let outputs = [
            &self.metrics,
            &self.report,
            &self.predictions,
            &self.suspects,
            &self.duplicates,
        ];
        check_outputs(inputs, outputs.into_iter().flatten())?;
        self.jobs.apply_to_rayon()?;
        let head = Head::open(head)?;
        let other = self.other()?;
        let samples = self.corrections.open(&self.bottlenecks)?;
        if !bounds.is_empty() {
            bounds::check_names(&bounds, &blank(&head, &samples, other.is_some()))?;
        }
        let other = other.as_ref().map(|(name, head)| (name.as_str(), head));
        let evaluation = evaluate(&head, &samples, self.split.split(), other)?;
        warn_of_seen(&evaluation.metrics);
        self.write(&evaluation, &head, &samples)?;
        bounds::check(&bounds, &evaluation.metrics)
    }
}

impl Arguments {
    /// The head to compare with, if there is one, and what it is called.
    fn other(&self) -> anyhow::Result<Option<(String, Head)>> {
        let open = |path: &PathBuf| Ok((path.display().to_string(), Head::open(path)?));
        self.against.as_ref().map(open).transpose()
    }

    /// Writes all that is asked for, at last the text on stdout.
    fn write(&self, evaluation: &Evaluation, head: &Head, samples: &Samples) -> anyhow::Result<()> {
        let metrics = &evaluation.metrics;
        if let Some(path) = &self.report {
            let page = render(metrics, head)?;
            file::replace(path, |out| out.write_all(page.as_bytes()))?;
        }
        if let Some(path) = &self.predictions {
            let separator = Separator::of(path);
            file::replace(path, |out| {
                evaluation.write_predictions(head, samples, separator, out)
            })?;
        }
        if let Some(path) = &self.duplicates {
            let twins = match head.split.twins {
                Some(threshold) => twins::find_within(samples, threshold),
                None => twins::find(samples),
            };
            let splits = match self.split {
                // Images from elsewhere have none.
                Images::All => Vec::new(),
                _ => head.split.assign(
                    &twins::by_rule(samples, &head.split).images(samples),
                    samples.labels(),
                )?,
            };
            let split = |image: usize| splits.get(image).copied();
            file::replace(path, |out| twins::write_table(&twins, samples, split, out))?;
        }
        if let Some(path) = &self.suspects {
            write_suspects(path, &suspects(head, samples)?, head, samples)?;
        }
        if let Some(path) = &self.metrics {
            metrics.write(path)?;
        }
        let mut out = BufWriter::new(io::stdout().lock());
        if self.print_misclassified_test_images {
            evaluation.write_misclassified(head, samples, &mut out)?;
            writeln!(out)?;
        }
        write!(out, "{metrics}")?;
        Ok(out.flush()?)
    }
}

/// Warns of figures that promise more than the head can do on images that it has not seen.
fn warn_of_seen(metrics: &Metrics) {
    match metrics.seen {
        0 => {}
        seen if seen == metrics.n => {
            log::warn!("the head has learned from all of these images: the figures flatter it");
        }
        seen => log::warn!(
            "the head has learned from {seen} of these {} images: the figures flatter it",
            metrics.n
        ),
    }
}
