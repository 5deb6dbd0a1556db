//! hd-label: labels images with a retrained graph.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

mod graph;
mod images;
mod product;

use anyhow::bail;
use clap::{Parser, ValueEnum};
use graph::Plain;
use hd::base::Runtime;
use hd::dataset::Tars;
use hd::label::{Labeller, Sorter, Table, TableFormat};
use hd::onnx::Network;
use hd::photo::MAX_PIXELS;
use hd::{Error, file, parallel};
use hd_cli::{
    Bar, Common, Compute, Memory, Program, check_outputs, is_within, misuse, probability,
};
use images::{Image, Images, STDIN, from_arguments, from_list};
use product::{Done, ONE_IMAGE, Product, Tally, is_paintable};

/// Labels images with a retrained graph
///
/// Prints a line an image, in the order given: path, label and score, separated by tabs. A file that is named and is
/// no image is an error; the others are labelled all the same, and the exit status is 1. In a folder such files are
/// skipped. Which ones is said on stderr.
#[derive(Parser)]
#[command(
    name = "hd-label",
    version,
    override_usage = "hd-label [OPTIONS] --graph <FILE.onnx> <IMAGE>...\n       \
        hd-label [OPTIONS] --graph <FILE.onnx> --files-from <FILE>\n       \
        hd-label [OPTIONS] --graph <FILE.onnx> < IMAGE",
    max_term_width = 100,
    after_help = "\
Example:
  hd-label --graph out/retrained_graph.onnx data/hotdog/hot_dog

See also: hd-train (makes the graph), hd-app (the same in a browser)"
)]
struct Arguments {
    /// Images, folders or tars of them, or `-` for stdin: an image there, or a list of images
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,

    /// One more image, as label_image.py is given it
    #[arg(long, value_name = "IMAGE")]
    image: Option<PathBuf>,

    /// Take the images that FILE lists, or stdin where it is `-`: a path in a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["images", "image"])]
    files_from: Option<PathBuf>,

    /// The list, also on stdin, ends each path with a NUL and not with a line feed, as `find -print0` does
    #[arg(short = '0', long)]
    null: bool,

    /// The retrained graph, as hd-train makes it, or any classifier of images with --labels
    #[arg(long, value_name = "FILE.onnx")]
    graph: PathBuf,

    /// How the answers are printed [default: as the name of --output ends, or else tsv]
    #[arg(long, value_enum)]
    format: Option<Form>,

    /// Write the answers to FILE, with a header, and not to stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Begin TSV with the names of the columns, and end each line with the folder that the label had in training
    #[arg(long)]
    header: bool,

    /// Leave the names of the columns out of CSV, and of TSV that goes to a file
    #[arg(long, conflicts_with = "header")]
    no_header: bool,

    /// Print so many labels an image, the most probable first [default: 1; with --format label_image 5]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "embed")]
    top: Option<u32>,

    /// Where no label is as probable as this, from 0 to 1, the label is `can't tell`, and the most probable one stands
    /// in a column of its own, `guess`
    #[arg(long, value_name = "SCORE", value_parser = probability, conflicts_with = "embed")]
    threshold: Option<f64>,

    /// Print the bottleneck of each image and no label
    #[arg(long)]
    embed: bool,

    /// Of one image, paint where the evidence for its label lies: a part shines as much as hiding it costs the label;
    /// PNG or JPEG, as the name says
    #[arg(long, value_name = "OUT.png", conflicts_with = "embed")]
    heatmap: Option<PathBuf>,

    /// Make a folder for each label here, with links to its images; nothing is moved or overwritten
    #[arg(long, value_name = "DIR", conflicts_with = "embed")]
    sort_into: Option<PathBuf>,

    /// With --sort-into, copy the images instead
    #[arg(long, requires = "sort_into")]
    copy: bool,

    /// Do not label images of which a part is damaged
    #[arg(long)]
    strict: bool,

    #[command(flatten)]
    memory: Memory,

    /// Do not label images of more pixels than this
    #[arg(long, value_name = "N", default_value_t = MAX_PIXELS, value_parser = clap::value_parser!(u64).range(1..))]
    max_pixels: u64,

    #[command(flatten)]
    compute: Compute,

    #[command(flatten)]
    common: Common,

    #[command(flatten)]
    plain: Plain,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Form {
    /// A line of path, label and score, separated by tabs
    Tsv,
    /// A header, and a line with path, label, folder, score, and the score of each label, separated by commas
    Csv,
    /// An object a line, with all scores
    Json,
    /// The lines that label_image.py prints
    #[value(name = "label_image", alias = "label-image")]
    LabelImage,
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-label";
    const TAKES_STDIN: &'static [&'static str] = &["files_from", "images", "image"];

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        self.memory.limit();
        self.check()?;
        let runtime = || Runtime::load(self.compute.runtime.as_deref());
        let network = thread::scope(|scope| {
            // Loading takes as long as all the rest before the first image, and can begin at once.
            scope.spawn(runtime);
            match self.embed {
                true => Ok(Network::open_for_bottlenecks(&self.graph)?),
                false => self.plain.open(&self.graph, &runtime),
            }
        });
        let network = Arc::new(network?);
        let runtime = runtime()?;
        let tars = Arc::default();
        let images = self.images(&tars)?;
        if let Some(folder) = &self.sort_into {
            fs::create_dir_all(folder).map_err(Error::io(folder, "make the folder"))?;
        }
        let label = |out: &mut dyn Write| self.label(&runtime, &network, (images, &tars), out);
        let tally = match &self.output {
            None => label(&mut BufWriter::new(io::stdout().lock()))?,
            Some(path) => write_to(path, label)?,
        };
        if tally.images > 1 && network.labels.is_some() {
            tally.tell();
        }
        match (tally.failed, tally.images) {
            (0, 0) if self.is_listed() => Ok(()),
            (0, 0) => bail!("there is no image to label"),
            (0, _) => Ok(()),
            (failed, count) => bail!(
                "{failed} of {} could not be labelled",
                hd::counted(count, "image")
            ),
        }
    }
}

/// Writes a file by `label`, whose errors may be those of images.
fn write_to<T>(path: &Path, label: impl FnOnce(&mut dyn Write) -> hd::Result<T>) -> hd::Result<T> {
    let mut done = None;
    let written = file::replace(path, |out| match done.insert(label(out)) {
        Ok(_) => Ok(()),
        Err(_) => Err(io::ErrorKind::Other.into()),
    });
    match done {
        Some(Ok(tally)) => written.map(|()| tally),
        Some(failed) => failed,
        None => Err(written
            .err()
            .unwrap_or_else(|| Error::io(path, "write")(io::ErrorKind::Other.into()))),
    }
}

impl Arguments {
    /// Labels the images, and writes what is said of them to `out`.
    fn label(
        &self,
        runtime: &Runtime,
        network: &Arc<Network>,
        (images, tars): (Images, &Tars),
        out: &mut dyn Write,
    ) -> hd::Result<Tally> {
        let bar = Bar::default();
        // On a terminal the answers show how it goes.
        if self.output.is_some() || !io::stdout().is_terminal() {
            bar.count_on();
        }
        let table = self.table(network);
        let written = match &network.labels {
            Some(labels) => table.begin(labels, out),
            None => table.begin_bottlenecks(network.bottleneck_size, out),
        };
        written.map_err(Error::io(self.destination(), "write"))?;
        let mut product = Product {
            labels: network.labels.as_deref(),
            table,
            heatmap: self.heatmap.clone(),
            sorter: (self.sort_into.clone()).map(|root| Sorter::new(root, self.copy)),
            strict: self.strict,
            out,
            to: self.destination(),
            bar: &bar,
            tally: Tally::default(),
        };
        let work = |worker: &mut Option<Labeller>, image: &Image| {
            self.work(worker, runtime, network, (image, tars))
        };
        let done = parallel::ordered(
            self.compute.jobs.count(),
            images,
            || None,
            work,
            |image, done| product.take(&image, done),
        );
        bar.clear();
        done.map(|()| product.tally)
    }

    /// Where the answers go, for messages.
    fn destination(&self) -> &Path {
        self.output.as_deref().unwrap_or(Path::new("stdout"))
    }

    /// Whether the images are those of a list, which may be empty.
    fn is_listed(&self) -> bool {
        self.files_from.is_some() || self.named().iter().all(|path| path.as_os_str() == STDIN)
    }

    /// The form of the answers.
    fn form(&self) -> Form {
        let ending = self.output.as_deref().and_then(Path::extension);
        let usual = match ending.and_then(OsStr::to_str) {
            Some("csv") => Form::Csv,
            Some("json" | "jsonl" | "ndjson") => Form::Json,
            _ => Form::Tsv,
        };
        self.format.unwrap_or(usual)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.embed && self.form() == Form::LabelImage {
            return misuse("--embed has no --format label_image".to_owned());
        }
        if self.heatmap.is_some() && self.named().len() > 1 {
            return misuse(ONE_IMAGE.to_owned());
        }
        if let Some(path) = self.heatmap.as_ref().filter(|path| !is_paintable(path)) {
            return misuse(format!(
                "--heatmap {}: its name has to end in .png, .jpg or .jpeg, and says what is written",
                path.display()
            ));
        }
        let inputs = self.named().into_iter().chain([&self.graph]);
        let lists = self.files_from.iter().chain(self.plain.labels());
        check_outputs(inputs.chain(lists), self.heatmap.iter().chain(&self.output))?;
        if let Some(folder) = &self.sort_into {
            for walked in self.named().into_iter().filter(|path| path.is_dir()) {
                if is_within(folder, walked) {
                    let (folder, walked) = (folder.display(), walked.display());
                    return misuse(format!(
                        "{folder} lies in {walked}, whose images would be sorted again and again"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The arguments that name images.
    fn named(&self) -> Vec<&PathBuf> {
        self.images.iter().chain(&self.image).collect()
    }

    fn images(&self, tars: &Arc<Tars>) -> anyhow::Result<Images> {
        let end = if self.null { 0 } else { b'\n' };
        let named: Vec<PathBuf> = self.named().into_iter().cloned().collect();
        match (&self.files_from, named.is_empty()) {
            (Some(list), _) => Ok(from_list(list, end, tars)?),
            (None, true) if io::stdin().is_terminal() => {
                misuse("name the images to label, or a folder of them".to_owned())
            }
            (None, true) => Ok(from_arguments(vec![STDIN.into()], end, tars)),
            (None, false) => Ok(from_arguments(named, end, tars)),
        }
    }

    fn table(&self, network: &Network) -> Table {
        Table {
            format: match self.form() {
                Form::Tsv => TableFormat::Tsv,
                Form::Csv => TableFormat::Csv,
                Form::Json => TableFormat::Json,
                Form::LabelImage => TableFormat::LabelImage,
            },
            header: !self.no_header
                && (self.header || self.output.is_some() || self.form() == Form::Csv),
            top: self.top.map(|top| top as usize),
            threshold: self.threshold.unwrap_or_default() as f32,
            base: network.architecture.clone(),
            folders: network.folders.clone(),
        }
    }

    /// The graph's answer for an image. The outer error ends everything, the inner one is this image's.
    fn work(
        &self,
        worker: &mut Option<Labeller>,
        runtime: &Runtime,
        network: &Arc<Network>,
        (image, tars): (&Image, &Tars),
    ) -> hd::Result<hd::Result<Done>> {
        let read;
        let bytes = match image {
            Image::Bytes(bytes) => bytes,
            Image::File(path) | Image::InFolder(path) => match tars.read(path) {
                Ok(bytes) => {
                    read = bytes;
                    &read
                }
                Err(error) => return Ok(Err(Error::io(path, "read")(error))),
            },
            Image::Unusable(path, reason) => {
                let (path, reason) = (path.clone(), reason.clone());
                return Ok(Err(Error::Dataset { path, reason }));
            }
        };
        let labeller = match worker {
            Some(labeller) => labeller,
            None => worker.insert(Labeller::load(runtime, network, self.max_pixels)?),
        };
        let begin = Instant::now();
        let done = match self.heatmap {
            None => labeller
                .scores(bytes)?
                .map(|(result, notes)| (result, None, notes)),
            Some(_) => labeller
                .heatmap(bytes)?
                .map(|(map, notes)| (map.scores.clone(), Some(map), notes)),
        };
        let took = begin.elapsed();
        let refused = |reason: String| Error::Image {
            path: image.path().to_path_buf(),
            reason,
        };
        Ok(match done {
            Ok((.., notes)) if self.strict && notes.is_damaged() => Err(refused(notes.to_string())),
            Ok((result, heatmap, notes)) => Ok(Done {
                result,
                heatmap,
                notes,
                took,
            }),
            Err(reason) => Err(refused(reason.to_string())),
        })
    }
}
