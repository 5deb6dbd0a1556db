//! `--compare`: which of several bases is best for the images.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use hd::base::{Runtime, time_an_image};
use hd::bottleneck::Samples;
use hd::counted;
use hd::eval::{Candidate, Comparison, Lead, Standing, compare};
use hd::head::Head;
use hd::onnx::Network;
use hd_cli::{Table, misuse};

use crate::arguments::Arguments;

/// A difference that chance makes as rarely as this is one.
const SIGNIFICANT: f64 = 0.05;

/// What a folder of results holds of a base.
struct Experiment {
    head: Head,
    samples: Samples,
    /// Milliseconds of one core for an image.
    milliseconds: f64,
    /// The size of the retrained graph, in bytes.
    bytes: u64,
    licence: String,
}

impl Arguments {
    /// Prints how the bases do with which these folders of results were made.
    pub(crate) fn compare(&self, folders: &[PathBuf]) -> anyhow::Result<()> {
        if folders.len() < 2 {
            return misuse("--compare takes two folders of results or more".to_owned());
        }
        self.jobs.apply_to_rayon()?;
        let experiments = folders.iter().map(|folder| self.experiment(folder));
        let experiments: Vec<Experiment> = experiments.collect::<anyhow::Result<_>>()?;
        let candidates = experiments.iter().map(|experiment| Candidate {
            head: &experiment.head,
            samples: &experiment.samples,
        });
        let comparison = compare(&candidates.collect::<Vec<_>>())?;
        write!(io::stdout(), "{}", text(&comparison, &experiments))?;
        Ok(())
    }

    fn experiment(&self, folder: &Path) -> anyhow::Result<Experiment> {
        let graph = folder.join("retrained_graph.onnx");
        let network = Network::open_retrained(&graph)?;
        let runtime = Runtime::load(self.runtime.as_deref())?;
        let mut samples = self.corrections.open(&[folder.join("bottlenecks.bin")])?;
        self.memory.keep(&mut samples)?;
        Ok(Experiment {
            head: Head::open(&folder.join("head.bin"))?,
            samples,
            milliseconds: 1e3 * time_an_image(&runtime, &network)?.as_secs_f64(),
            bytes: fs::metadata(&graph)
                .with_context(|| graph.display().to_string())?
                .len(),
            licence: network
                .property("hd.licence")
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

fn text(comparison: &Comparison, experiments: &[Experiment]) -> String {
    let columns = [
        "BASE",
        "ACCURACY",
        "95 %",
        "CROSS-ENTROPY",
        "MS",
        "MB",
        "LICENCE",
    ];
    let mut table = Table::new(&columns);
    let mut names = Vec::new();
    for standing in &comparison.standings {
        let Some(experiment) = experiments.get(standing.candidate) else {
            continue;
        };
        names.push(experiment.head.architecture.as_str());
        row(&mut table, standing, experiment);
    }
    let mut text = table.to_string();
    let n = comparison
        .standings
        .first()
        .map_or(0, |best| best.accuracy.n);
    let _ = writeln!(
        text,
        "\nCross-validated on {} for training or validation. MS: milliseconds of one core an image.",
        counted(n as usize, "image")
    );
    if let (Some(lead), [best, next, ..]) = (&comparison.lead, names.as_slice()) {
        let _ = writeln!(text, "{}", verdict(lead, best, next));
    }
    text
}

fn row(table: &mut Table, standing: &Standing, experiment: &Experiment) {
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let [low, high] = standing.accuracy.accuracy_interval.unwrap_or([0.0, 1.0]);
    table.row(&[
        &experiment.head.architecture,
        &format!(
            "{} %",
            percent(standing.accuracy.accuracy.unwrap_or_default())
        ),
        &format!("{} to {}", percent(low), percent(high)),
        &format!("{:.3}", standing.cross_entropy),
        &format!("{:.1}", experiment.milliseconds),
        &format!("{:.1}", experiment.bytes as f64 / 1e6),
        &experiment.licence,
    ]);
}

/// Whether the best is better than the next by more than chance.
fn verdict(lead: &Lead, best: &str, next: &str) -> String {
    let Lead {
        only_best,
        only_next,
        p,
    } = lead;
    let (found, advice) = match *p < SIGNIFICANT {
        true => ("is better than", ""),
        false => (
            "is not shown to be better than",
            "\nTake the cheaper one, or look at more images.",
        ),
    };
    format!(
        "{best} {found} {next}.\nIt alone is right about {}, the other alone about {only_next}; where both are equally good,\n\
         chance makes such a difference in {:.1} % of cases (McNemar's exact test).{advice}",
        counted(*only_best as usize, "image"),
        100.0 * p
    )
}
