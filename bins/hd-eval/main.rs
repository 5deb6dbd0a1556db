//! hd-eval: scores a head on images that it has not seen.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

mod arguments;
mod bounds;
mod compare;
mod page;

use anyhow::bail;
use arguments::Arguments;
use hd::audit::{suspects, write_suspects};
use hd::bottleneck::Samples;
use hd::eval::{Evaluation, Metrics, blank, evaluate};
use hd::file;
use hd::head::Head;
use hd::report::Findings;
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
        if !self.compare.is_empty() {
            return self.compare(&self.compare);
        }
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
        let inputs = inputs.chain(&self.corrections.path).chain(&self.graph);
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
        let mut samples = self.corrections.open(&self.bottlenecks)?;
        self.memory.keep(&mut samples)?;
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
        if let Some(path) = &self.predictions {
            let separator = Separator::of(path);
            file::replace(path, |out| {
                evaluation.write_predictions(head, samples, separator, out)
            })?;
        }
        self.write_audit(evaluation, head, samples)?;
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

    /// Writes what the audit of the images has found, as tables and in the report.
    fn write_audit(
        &self,
        evaluation: &Evaluation,
        head: &Head,
        samples: &Samples,
    ) -> anyhow::Result<()> {
        let is_reported = self.report.is_some();
        let twins = (is_reported || self.duplicates.is_some())
            .then(|| twins::all(samples, &head.split, &evaluation.twins));
        let is_quick = is_reported && Findings::are_suspects_quick(head, samples);
        let suspects = match is_quick || self.suspects.is_some() {
            true => Some(suspects(head, samples, &evaluation.twins)?),
            false => None,
        };
        if let (Some(path), Some(twins)) = (&self.duplicates, &twins) {
            let split = |image: usize| evaluation.splits.get(image).copied();
            file::replace(path, |out| twins::write_table(twins, samples, split, out))?;
        }
        if let (Some(path), Some(suspects)) = (&self.suspects, &suspects) {
            write_suspects(path, suspects, head, samples)?;
        }
        if let (Some(path), Some(twins)) = (&self.report, twins) {
            let findings = Findings::of(head, samples, evaluation, suspects, twins)?;
            let page = self.page(evaluation, head, samples, &findings)?;
            file::replace(path, |out| out.write_all(page.as_bytes()))?;
        }
        Ok(())
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
