//! hd-bottleneck: runs a base over a folder of images and keeps what it gives.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Parser, ValueEnum};
use hd::base::{Chosen, Device, Engine};
use hd::bottleneck::{self, Bottlenecks, Lack, Noted, Options, Precision, Skipped, Updated};
use hd::counted;
use hd::dataset::{Dataset, Shard};
use hd::onnx::Network;
use hd::photo::{Distortion, MAX_PIXELS};
use hd_cli::{Bar, Common, Compute, Memory, Program, interruption, misuse, patiently};

/// Skipped files that are named one by one; the table has them all.
const SHOWN: usize = 20;

/// What is done with JPEGs that end too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Truncated {
    /// They are skipped, and listed.
    Refuse,
    /// They are taken where most of their rows are there; the rest is grey.
    Keep,
}

/// Runs a base over a folder of images and keeps what it gives
///
/// IMAGES has one subfolder of images per label, or is a tar or a folder of tars: there a member's folder is its label, or
/// a `.cls` or `.json` beside it says it, as in WebDataset. Results of the last run are kept, by content, so that touched, renamed, moved and doubled images cost nothing. Files that are no images are listed in a
/// table beside the output.
#[derive(Parser)]
#[command(
    name = "hd-bottleneck",
    version,
    override_usage = "hd-bottleneck [OPTIONS] --base <BASE.onnx> -o <FILE> <IMAGES>\n       \
        hd-bottleneck [OPTIONS] --base <BASE.onnx> -o <FILE> --files-from <FILE>\n       \
        hd-bottleneck --describe <FILE>\n       \
        hd-bottleneck --export <DIR> <FILE>",
    max_term_width = 100,
    after_help = "\
Example:
  hd-bottleneck --base models/mobilenet_v2_1.0_224.onnx data/hotdog \\
      -o out/bottlenecks.bin

See also: hd-fetch base (brings the base), hd-train (trains on the output)"
)]
struct Arguments {
    /// The folder with one subfolder of images per label, a tar of images, or a folder of tars
    #[arg(required_unless_present_any = ["describe", "files_from"])]
    images: Option<PathBuf>,

    /// Take the images that FILE lists, or stdin where it is `-`: a line each, `path` or `label<TAB>path`; without a
    /// label the folder that the image lies in gives it
    #[arg(long, value_name = "FILE", conflicts_with = "images")]
    files_from: Option<PathBuf>,

    /// The list ends each record with a NUL and not with a line feed, as `find -print0` does
    #[arg(short = '0', long, requires = "files_from", conflicts_with = "images")]
    null: bool,

    /// The base, as hd-fetch base makes it
    #[arg(long, value_name = "BASE.onnx", required_unless_present_any = ["describe", "export"], requires = "output")]
    base: Option<PathBuf>,

    /// Where the bottlenecks are kept
    #[arg(short, long, value_name = "FILE", required_unless_present_any = ["describe", "export"], requires = "base")]
    output: Option<PathBuf>,

    /// Fail if any file had to be skipped, or is damaged in a part
    #[arg(long)]
    strict: bool,

    /// Take only one of N parts of the images, or of the tars, for N machines or files; hd-train and hd-eval take all the
    /// files. Where --output does not end in `.bin` it is a folder, which is made, and the file in it is I-of-N.bin
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// Take over what is in these files of bottlenecks, or in all files `*.bin` of these folders, such as those of shards
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "base")]
    reuse: Vec<PathBuf>,

    /// Print which of N shards have no file in the folder of --output yet, or one that lacks something, and do nothing
    /// else
    #[arg(long, value_name = "N", conflicts_with_all = ["shard", "reuse", "export"])]
    missing: Option<NonZeroU32>,

    /// Keep bottlenecks as float16, in half of the room; accuracy stays what it is to a tenth of a percent
    #[arg(long)]
    half: bool,

    /// Read every image, also where size, number and times say that it did not change
    #[arg(long)]
    verify: bool,

    /// Skip images of more pixels than this
    #[arg(long, value_name = "N", default_value_t = MAX_PIXELS, value_parser = clap::value_parser!(u64).range(1..))]
    max_pixels: u64,

    #[command(flatten)]
    memory: Memory,

    /// Decode also the largest photos in their full size; without this a JPEG is decoded at 1/2, 1/4 or 1/8 of it where
    /// that leaves twice the size that the base takes
    #[arg(long)]
    full_decode: bool,

    /// What to do with a JPEG that ends too early
    #[arg(long, value_name = "WHAT", value_enum, default_value = "refuse")]
    truncated: Truncated,

    /// Write bottlenecks.npy and rows.tsv for numpy into this folder as well; without --base and -o, those of a finished
    /// file of bottlenecks, which stands where IMAGES does
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,

    /// Print a file of bottlenecks as text, and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "files_from", "base", "output", "export"])]
    describe: Option<PathBuf>,

    /// Where the base runs: auto, cpu, cuda or cuda:N
    #[arg(long, default_value_t = Device::Auto)]
    device: Device,

    #[command(flatten)]
    compute: Compute,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    distortions: Distortions,
}

/// Distorted views of the images, which only training looks at.
#[derive(Args)]
#[command(next_help_heading = "Distortions, for training only")]
struct Distortions {
    /// Mirror half of the views
    #[arg(long)]
    flip_left_right: bool,

    /// Cut a margin of P percent off at random sides
    #[arg(long, value_name = "P", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    random_crop: u32,

    /// Magnify by up to P percent
    #[arg(long, value_name = "P", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    random_scale: u32,

    /// Make brighter or darker by up to P percent
    #[arg(long, value_name = "P", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    random_brightness: u32,

    /// Distorted views an image; each costs as much as an image [default: 4]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1000))]
    variants: Option<u32>,

    /// Seeds the distortions of the views
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Distorted views an image, where distortions are wanted and no number is given.
const VARIANTS: u32 = 4;

impl Distortions {
    /// The distortions, if any are asked for.
    fn wanted(&self) -> anyhow::Result<Option<Distortion>> {
        let distortion = Distortion {
            flip_left_right: self.flip_left_right,
            random_crop: self.random_crop,
            random_scale: self.random_scale,
            random_brightness: self.random_brightness,
            variants: self.variants.unwrap_or(VARIANTS),
            seed: self.seed,
        };
        match (distortion.distorts(), self.variants) {
            (true, _) => Ok(Some(distortion)),
            (false, None) => Ok(None),
            (false, Some(_)) => misuse(
                "--variants needs --flip-left-right, --random-crop, --random-scale or --random-brightness".to_owned(),
            ),
        }
    }
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-bottleneck";
    const TAKES_STDIN: &'static [&'static str] = &["files_from"];
    const USUAL: &'static [&'static str] = &["images"];

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        if let Some(path) = &self.describe {
            let mut out = BufWriter::new(io::stdout().lock());
            Bottlenecks::open(path)?.describe(&mut out)?;
            return Ok(out.flush()?);
        }
        let (Some(base), Some(output)) = (&self.base, &self.output) else {
            return self.export_finished();
        };
        let distortion = self.distortions.wanted()?;
        self.compute.jobs.apply_to_rayon()?;
        self.memory.limit();
        let dataset = self.dataset()?;
        let mut base = Network::open_base(base)?;
        if self.missing.is_none() {
            tell_dataset(&dataset);
        }
        base.preprocess.full_decode |= self.full_decode;
        base.preprocess.keep_truncated |= self.truncated == Truncated::Keep;
        let (interrupted, reuse) = (interruption(), files_in(&self.reuse)?);
        let options = Options {
            jobs: self.compute.jobs.count(),
            verify: self.verify,
            max_pixels: self.max_pixels,
            distortion,
            precision: match self.half {
                true => Precision::Half,
                false => Precision::Single,
            },
            reuse: &reuse,
            interrupted: &interrupted,
        };
        if let Some(count) = self.missing {
            return print_missing(&dataset, count, &base, output, &options);
        }
        let output = &self.place(output);
        let make_engine = || {
            let chosen = Engine::choose(self.device, self.compute.runtime.as_deref(), &base)?;
            if self.device == Device::Auto {
                tell_device(&chosen);
            }
            Ok(chosen.engine)
        };
        let bar = Bar::default();
        let summary = bottleneck::update(&dataset, &base, &make_engine, output, &options, &bar)?;
        let table = bottleneck::write_skipped(output, &summary.skipped)?;
        let noted = bottleneck::write_noted(output, &summary.noted)?;
        if let Some(folder) = &self.export {
            Bottlenecks::open(output)?.export(folder)?;
        }
        tell(&dataset, &summary, output, &table);
        // Another part of the images may hold the label's.
        if self.shard.is_none() {
            tell_labels(&dataset, &summary.labels_without_image);
        }
        tell_noted(&dataset, &summary.noted, &noted);
        match summary.skipped.len() + summary.unread + summary.damaged {
            count if self.strict && count > 0 => {
                bail!(
                    "{} skipped, damaged or not to be read, and --strict forbids it",
                    were(count, "file")
                )
            }
            _ => Ok(()),
        }
    }
}

impl Arguments {
    /// Where the bottlenecks go: in a folder a shard has a name of its own, so that no shard replaces
    /// another.
    fn place(&self, output: &Path) -> PathBuf {
        match self.shard {
            Some(shard) if output.is_dir() || !is_named_like_bottlenecks(output) => {
                output.join(shard.file_name())
            }
            _ => output.to_path_buf(),
        }
    }

    /// Exports a file of bottlenecks that is there already.
    fn export_finished(&self) -> anyhow::Result<()> {
        let (Some(folder), Some(file)) = (&self.export, &self.images) else {
            return misuse("--base and --output are needed".to_owned());
        };
        if file.is_dir() {
            return misuse(format!(
                "{}: it is a folder: --export takes a file of bottlenecks, and images only with --base and --output",
                file.display()
            ));
        }
        Ok(Bottlenecks::open(file)?.export(folder)?)
    }

    /// The images of the folder, the tars or the list, or one shard of them.
    fn dataset(&self) -> anyhow::Result<Dataset> {
        let Some(images) = &self.images else {
            let mut dataset = self.listed()?;
            if let Some(shard) = self.shard {
                dataset.keep_shard(shard);
            }
            return Ok(dataset);
        };
        let what = format!("looking for images in {}", images.display());
        let dataset = patiently(&what, || Dataset::scan_shard(images, self.shard))?;
        Ok(dataset)
    }

    /// The images of the list.
    fn listed(&self) -> anyhow::Result<Dataset> {
        let end = if self.null { 0 } else { b'\n' };
        match &self.files_from {
            Some(list) if list.as_os_str() == "-" => {
                let mut text = Vec::new();
                io::stdin().lock().read_to_end(&mut text)?;
                Ok(Dataset::of_list(Path::new("stdin"), &text, end)?)
            }
            Some(list) => Ok(Dataset::of_list(list, &hd::file::read(list)?, end)?),
            None => bail!("IMAGES or --files-from is needed"),
        }
    }
}

fn is_named_like_bottlenecks(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "bin")
}

/// Each folder replaced by the files of bottlenecks in it, by their names.
fn files_in(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let within = fs::read_dir(path).map(|entries| entries.map(|entry| Ok(entry?.path())));
        let within = within.and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut within = within.with_context(|| path.display().to_string())?;
        within.retain(|file| is_named_like_bottlenecks(file));
        within.sort();
        files.extend(within);
    }
    Ok(files)
}

/// Prints the numbers of the shards whose files in `folder` lack something, and says what that is.
fn print_missing(
    dataset: &Dataset,
    count: NonZeroU32,
    base: &Network,
    folder: &Path,
    options: &Options,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for (shard, entries) in dataset.shards(count) {
        let file = folder.join(shard.file_name());
        let lack = bottleneck::lack(dataset, &entries, base, &file, options)?;
        if let Some(Lack::Some(why)) = &lack {
            log::info!("{why}");
        }
        if lack.is_some() {
            writeln!(out, "{}", shard.index())?;
        }
    }
    Ok(out.flush()?)
}

/// Says how the images are divided already, and what is odd about them, before any work.
fn tell_dataset(dataset: &Dataset) {
    if let Some(division) = &dataset.division {
        log::info!("{}: {division}", dataset.name.display());
    }
    for (name, count) in &dataset.passed_over {
        log::debug!(
            "{}: passed over: {name} ({count} of them)",
            dataset.name.display()
        );
    }
    for oddity in &dataset.oddities {
        log::warn!("{}: {oddity}", dataset.name.display());
    }
}

/// Says on which device the base runs, and why not on an accelerator that seemed to be there.
fn tell_device(chosen: &Chosen) {
    match &chosen.refused {
        None => log::info!("device: {}", chosen.device),
        Some(error) => log::warn!("device: {}, since {error}", chosen.device),
    }
}

/// Says which labels are left out by training.
fn tell_labels(dataset: &Dataset, without_image: &[String]) {
    for label in without_image {
        log::warn!(
            "{}: no image of the label '{label}' can be used, so it is left out",
            dataset.name.display()
        );
    }
}

/// Says which images somebody should look at.
fn tell_noted(dataset: &Dataset, noted: &[Noted], table: &Path) {
    for Noted { path, why } in noted.iter().take(SHOWN) {
        log::warn!("{}: {why}", dataset.root.join(path).display());
    }
    match noted.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => log::warn!("... and {more} more, listed in {}", table.display()),
        _ if !noted.is_empty() => log::warn!("listed in {}", table.display()),
        _ => {}
    }
}

/// Says how many images were computed, reused and skipped.
fn tell(dataset: &Dataset, summary: &Updated, output: &Path, table: &Path) {
    if let Some(reason) = &summary.rebuilt {
        log::info!("{reason}; made anew");
    }
    for reason in &summary.unusable {
        log::info!("{reason}; nothing is taken over from it");
    }
    if summary.mended > 0 {
        log::warn!(
            "{}: the bottlenecks of {} were damaged, and are computed anew",
            output.display(),
            counted(summary.mended, "image")
        );
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
        "{}: {} of {}: {computed} computed, {reused} reused, {skipped} skipped{listed}",
        output.display(),
        counted(computed + reused, "image"),
        counted(dataset.labels.len(), "label"),
    );
}

/// So many things, and that they were.
fn were(count: usize, noun: &str) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(count, noun))
}
