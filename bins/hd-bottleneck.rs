//! hd-bottleneck: runs a base over a folder of pictures and keeps what it gives.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Parser;
use hd::base::{OnnxBase, Runtime};
use hd::bottleneck::{self, Bottlenecks, Options, Skipped, Summary};
use hd::dataset::{Dataset, Shard};
use hd::onnx::Network;
use hd_cli::{Bar, Common, Compute, Program};

/// Skipped files that are named one by one; the table has them all.
const SHOWN: usize = 20;

/// Runs a base over a folder of pictures and keeps what it gives
///
/// IMAGES has one subfolder of pictures per label. What is known from the last run is not computed again, by
/// content: touched, renamed, moved and doubled pictures cost nothing. Files that are no pictures are listed in a
/// table beside the output.
#[derive(Parser)]
#[command(
    name = "hd-bottleneck",
    version,
    override_usage = "hd-bottleneck [OPTIONS] --base <BASE.onnx> -o <FILE> <IMAGES>\n       hd-bottleneck --describe <FILE>",
    max_term_width = 100,
    after_help = "\
Example:  hd-bottleneck --base models/mobilenet_v2_1.0_224.onnx data/hotdog -o out/bottlenecks.bin
See also: hd-fetch base (brings the base), hd-train (trains on the output)"
)]
struct Arguments {
    /// The folder with one subfolder of pictures per label
    #[arg(required_unless_present = "describe")]
    images: Option<PathBuf>,

    /// The base, as hd-fetch base makes it
    #[arg(long, value_name = "BASE.onnx", required_unless_present = "describe")]
    base: Option<PathBuf>,

    /// Where the bottlenecks are kept
    #[arg(short, long, value_name = "FILE", required_unless_present = "describe")]
    output: Option<PathBuf>,

    /// Fail if any file had to be skipped
    #[arg(long)]
    strict: bool,

    /// Take only one of N parts of the pictures, for N machines or files; hd-train and hd-eval take all the files
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// Read every picture, also where size and time say that it did not change
    #[arg(long)]
    verify: bool,

    /// Write bottlenecks.npy and rows.tsv for numpy into this folder as well
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,

    /// Print a file of bottlenecks as text, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "base", "output", "export"])]
    describe: Option<PathBuf>,

    #[command(flatten)]
    compute: Compute,

    #[command(flatten)]
    common: Common,
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-bottleneck";

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            let mut out = BufWriter::new(io::stdout().lock());
            Bottlenecks::open(path)?.describe(&mut out)?;
            return Ok(out.flush()?);
        }
        let (Some(images), Some(base), Some(output)) = (&self.images, &self.base, &self.output)
        else {
            bail!("IMAGES, --base and --output are needed");
        };
        let mut dataset = Dataset::scan(images)?;
        if let Some(shard) = self.shard {
            dataset.keep_shard(shard);
        }
        let base = Network::open_base(base)?;
        let make_base = || {
            let runtime = Runtime::load(self.compute.runtime.as_deref())?;
            Ok(Box::new(OnnxBase::load(&runtime, &base)?) as Box<_>)
        };
        let bar = Bar::default();
        let options = Options {
            jobs: self.compute.jobs(),
            verify: self.verify,
        };
        let summary = bottleneck::update(&dataset, &base, &make_base, output, &options, &bar)?;
        let table = bottleneck::write_skipped(output, &summary.skipped)?;
        if let Some(folder) = &self.export {
            Bottlenecks::open(output)?.export(folder)?;
        }
        tell(&dataset, &summary, output, &table);
        match summary.skipped.len() {
            count if self.strict && count > 0 => {
                bail!("{count} files were skipped, and --strict forbids it")
            }
            _ => Ok(()),
        }
    }
}

/// Says what was done.
fn tell(dataset: &Dataset, summary: &Summary, output: &Path, table: &Path) {
    if let Some(reason) = &summary.rebuilt {
        log::info!("{reason}; made anew");
    }
    for Skipped { path, reason, .. } in summary.skipped.iter().take(SHOWN) {
        log::warn!("{}: {reason}", dataset.root.join(path).display());
    }
    if summary.skipped.len() > SHOWN {
        log::warn!("... and {} more", summary.skipped.len() - SHOWN);
    }
    let (computed, reused, skipped) = (summary.computed, summary.reused, summary.skipped.len());
    let listed = match skipped {
        0 => String::new(),
        _ => format!(" (listed in {})", table.display()),
    };
    log::info!(
        "{}: {} pictures of {} labels: {computed} computed, {reused} reused, {skipped} skipped{listed}",
        output.display(),
        computed + reused,
        dataset.labels.len(),
    );
}
