//! hd-fetch: brings what the other programs need.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hd::base::Runtime;
use hd::fetch::{
    Catalog, Drawings, Images, Own, QUANTIZED, RuntimeKind, Want, cached_runtime, fetch_base,
    fetch_images, fetch_runtime, quantise,
};
use hd::file;
use hd::onnx::{Cut, Network};
use hd_cli::{Bar, Colours, Common, Program, Resize, misuse};

/// Brings what the other programs need: ONNX Runtime, a base, images
///
/// Nothing is installed, and no library that is brought is loaded before its digest was verified. Copies are kept in
/// $XDG_CACHE_HOME/hd, or ~/.cache/hd.
#[derive(Parser)]
#[command(
    name = "hd-fetch",
    version,
    max_term_width = 100,
    after_help = "\
Example:  hd-fetch runtime
          hd-fetch base mobilenet_v2_1.0_224
          hd-fetch images hotdog
See also: hd-bottleneck (uses all three)"
)]
struct Arguments {
    #[command(subcommand)]
    what: What,

    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum What {
    /// Bring ONNX Runtime's library into the cache
    Runtime(RuntimeArguments),
    /// Make a base from its published weights
    Base(Box<BaseArguments>),
    /// Bring labelled images, or draw some where none can be had
    Images(ImagesArguments),
    /// Show everything that can be brought by name
    List,
}

#[derive(Args)]
struct From {
    /// Take files from this folder or address only, by their names
    #[arg(long, value_name = "DIR|URL")]
    mirror: Option<String>,
}

#[derive(Args)]
struct RuntimeArguments {
    /// What it is to run on; for cuda it brings CUDA and cuDNN as well, some gigabytes
    #[arg(long, value_enum, default_value_t = Device::Cpu)]
    device: Device,

    #[command(flatten)]
    from: From,
}

#[derive(Clone, Copy, ValueEnum)]
enum Device {
    Cpu,
    Cuda,
}

impl Device {
    fn kind(self) -> RuntimeKind {
        match self {
            Self::Cpu => RuntimeKind::Cpu,
            Self::Cuda => RuntimeKind::Cuda,
        }
    }
}

#[derive(Args)]
struct BaseArguments {
    /// The base, as `hd-fetch list` names it, or any name for a network of your own; one that ends in _quantized is brought
    /// to 8-bit integers
    #[arg(required_unless_present_any = ["named", "from_file", "describe"])]
    name: Option<String>,

    /// The same
    #[arg(long = "name", value_name = "NAME", conflicts_with = "name")]
    named: Option<String>,

    /// Where to write it [default: models/NAME.onnx]
    #[arg(short, value_name = "FILE.onnx")]
    output: Option<PathBuf>,

    /// What it gives for an image: the features before its own classifier, or that one's logits, which retrain.py takes
    #[arg(long, value_enum, default_value_t = Bottleneck::Pooled)]
    bottleneck: Bottleneck,

    /// How images are brought to its size; the base carries the rule, and everything that uses it follows
    #[arg(long, value_enum, default_value_t = Resize::Squash)]
    resize: Resize,

    /// The images to calibrate integers on: a folder with a subfolder per label
    #[arg(long, value_name = "IMAGES")]
    calibrate: Option<PathBuf>,

    /// The ONNX Runtime library, for networks of your own and for integers [default: $ORT_DYLIB_PATH, or what `hd-fetch
    /// runtime` brought]
    #[arg(long, value_name = "PATH")]
    runtime: Option<PathBuf>,

    /// Print a base's metadata, and do nothing else
    #[arg(long, value_name = "FILE.onnx", conflicts_with_all = ["name", "named", "from_file", "output", "mirror"])]
    describe: Option<PathBuf>,

    #[command(flatten)]
    from: From,

    #[command(flatten)]
    own: OwnArguments,
}

/// What a network of the user's own does not say itself.
#[derive(Args)]
#[command(next_help_heading = "A network of your own")]
struct OwnArguments {
    /// Take the network in FILE: ONNX with one float32 image as its input, a frozen graph of TensorFlow such as
    /// retrained_graph.pb, or weights of PyTorch's MobileNet v2
    #[arg(
        id = "from_file",
        long = "from",
        value_name = "FILE",
        conflicts_with = "mirror"
    )]
    from: Option<PathBuf>,

    /// The tensor to take as the bottleneck [default: the input of the last fully connected layer]
    #[arg(
        id = "tensor",
        long = "output",
        value_name = "TENSOR",
        requires = "from_file",
        conflicts_with = "bottleneck"
    )]
    output: Option<String>,

    /// Print the tensors that can be taken and their shapes, and do nothing else
    #[arg(long, requires = "from_file")]
    list: bool,

    /// Rows and columns of an image, where the network takes any
    #[arg(long, value_name = "N", requires = "from_file", value_parser = clap::value_parser!(u32).range(1..=16384))]
    size: Option<u32>,

    /// Of pixels from 0 to 1, the mean that is taken off: one number, or one for each of red, green and blue [default:
    /// ImageNet's where each colour is a plane of its own, 0.5 where the colours of a pixel lie together]
    #[arg(long, value_name = "R,G,B", requires = "from_file", value_parser = colours)]
    mean: Option<Colours>,

    /// The standard deviation that they are then divided by, likewise
    #[arg(long, value_name = "R,G,B", requires = "from_file", value_parser = deviations)]
    std: Option<Colours>,
}

impl OwnArguments {
    /// Whether something about a network is taken to be as it usually is.
    fn is_assumed(&self) -> bool {
        self.from.is_some() && (self.mean.is_none() || self.std.is_none())
    }
}

fn colours(text: &str) -> Result<Colours, String> {
    let colours = hd_cli::colours(text)?;
    match colours.iter().all(|value| (0.0..=1.0).contains(value)) {
        true => Ok(colours),
        false => Err("expected numbers for pixels from 0 to 1; 127.5 of 255 is 0.5".to_owned()),
    }
}

fn deviations(text: &str) -> Result<Colours, String> {
    match colours(text)? {
        colours if colours.iter().all(|&value| value > 0.0) => Ok(colours),
        _ => Err("expected numbers above 0".to_owned()),
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Bottleneck {
    Pooled,
    Logits,
}

#[derive(Args)]
struct ImagesArguments {
    /// A name that `hd-fetch list` shows, or the address or path of a zip or tar with a folder per label
    #[arg(value_name = "NAME|URL|FILE")]
    what: String,

    /// The folder to make [default: data/NAME]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Draw images, without looking for photos
    #[arg(long, conflicts_with = "no_synthetic")]
    synthetic: bool,

    /// Fail where no photos can be had, instead of drawing images
    #[arg(long)]
    no_synthetic: bool,

    /// Drawings a label
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..10_000))]
    count: u32,

    /// Another seed gives other drawings
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    from: From,
}

/// Where bases are written, if nothing else is said.
const MODELS: &str = "models";

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-fetch";

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        match &self.what {
            What::Runtime(arguments) => runtime(arguments),
            What::Base(arguments) => base(arguments),
            What::Images(arguments) => images(arguments),
            What::List => list(),
        }
    }
}

fn runtime(arguments: &RuntimeArguments) -> anyhow::Result<()> {
    let RuntimeArguments { device, from } = arguments;
    let (path, there) = fetch_runtime(device.kind(), from.mirror.as_deref(), &Bar::default())?;
    log::info!(
        "{}{}",
        path.display(),
        if there { ": it is there already" } else { "" }
    );
    Ok(())
}

fn base(arguments: &BaseArguments) -> anyhow::Result<()> {
    if let Some(path) = &arguments.describe {
        return Ok(write!(io::stdout(), "{}", Network::open_base(path)?)?);
    }
    let name = arguments.name()?;
    let load = || Runtime::load(arguments.runtime.as_deref());
    if arguments.own.list {
        return list_tensors(&arguments.own(&name).candidates(&load)?);
    }
    let (plain, calibrate) = arguments.calibration(&name)?;
    let output = (arguments.output.clone())
        .unwrap_or_else(|| Path::new(MODELS).join(format!("{name}.onnx")));
    let bar = Bar::default();
    let mut base = match &arguments.own.from {
        Some(_) => arguments.own(plain).base(&load, &bar)?,
        None => {
            let mirror = arguments.from.mirror.as_deref();
            fetch_base(
                plain,
                arguments.cut(),
                arguments.resize.rule(),
                mirror,
                &bar,
            )?
        }
    };
    if arguments.own.is_assumed() {
        log::info!(
            "pixels are normalised as is usual, by ImageNet's mean and deviation (PyTorch) or to -1 to 1 (TensorFlow); \
             --mean and --std say otherwise"
        );
    }
    if let Some(images) = calibrate {
        bar.spin("calibrating");
        let quantised = quantise(&load()?, &Network::made(&output, base)?, &name, images);
        bar.clear();
        base = quantised?;
    }
    let changed = file::replace_if_changed(&output, |out| out.write_all(&base))?;
    log::info!(
        "{}{}",
        output.display(),
        if changed { "" } else { ": it is there already" }
    );
    Ok(())
}

impl BaseArguments {
    /// The name that the base is to have: that of its file, where none is given.
    fn name(&self) -> anyhow::Result<String> {
        let stem = || {
            Some(
                self.own
                    .from
                    .as_ref()?
                    .file_stem()?
                    .to_string_lossy()
                    .into_owned(),
            )
        };
        let name = self
            .name
            .clone()
            .or_else(|| self.named.clone())
            .or_else(stem)
            .unwrap_or_default();
        match name.is_empty() || name.contains(['/', '\n', '\t']) {
            true => misuse(format!("'{name}' is no name for a base")),
            // retrain.py does not mind capitals.
            false if self.own.from.is_none() => Ok(name.to_lowercase()),
            false => Ok(name),
        }
    }

    /// The name without its ending, and the images to calibrate on where it has that ending.
    fn calibration<'a>(&'a self, name: &'a str) -> anyhow::Result<(&'a str, Option<&'a Path>)> {
        match (name.strip_suffix(QUANTIZED), &self.calibrate) {
            (None, None) => Ok((name, None)),
            (Some(plain), Some(images)) => Ok((plain, Some(images))),
            (Some(_), None) => misuse(format!(
                "{name} needs images to calibrate its integers on: add --calibrate IMAGES"
            )),
            (None, Some(_)) => misuse(format!(
                "--calibrate is for integers; the name of such a base ends in {QUANTIZED}"
            )),
        }
    }

    fn cut(&self) -> Cut {
        match (&self.own.output, self.bottleneck) {
            (Some(name), _) => Cut::Named(name.clone()),
            (None, Bottleneck::Pooled) => Cut::Pooled,
            (None, Bottleneck::Logits) => Cut::Logits,
        }
    }

    fn own<'a>(&'a self, name: &'a str) -> Own<'a> {
        Own {
            path: self.own.from.as_deref().unwrap_or(Path::new("")),
            name,
            cut: self.cut(),
            size: self.own.size,
            mean: self.own.mean,
            std: self.own.std,
            resize: self.resize.rule(),
        }
    }
}

fn list_tensors(tensors: &[(String, Vec<i64>)]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for (name, shape) in tensors {
        let sides = shape.iter().skip(1).map(|side| format!(", {side}"));
        writeln!(out, "{name}\t[N{}]", sides.collect::<String>())?;
    }
    Ok(())
}

fn images(arguments: &ImagesArguments) -> anyhow::Result<()> {
    let what = &arguments.what;
    let output = arguments
        .output
        .clone()
        .unwrap_or_else(|| Path::new("data").join(stem(what)));
    let set = Images {
        seed: arguments.seed,
        per_label: arguments.count,
    };
    let drawings = match (arguments.synthetic, arguments.no_synthetic) {
        (true, _) => Drawings::Always(set),
        (_, true) => Drawings::Never,
        _ => Drawings::Fallback(set),
    };
    let want = Want {
        what,
        out: &output,
        mirror: arguments.from.mirror.as_deref(),
        drawings,
    };
    let origin = fetch_images(&want, &Bar::default())?;
    let kind = if origin.drawings {
        "drawings"
    } else {
        "photos"
    };
    log::info!("{}: {kind} ({})", output.display(), origin.source);
    Ok(())
}

/// The name of what is at an address or path: the last part of it, up to the first dot.
fn stem(what: &str) -> &str {
    let last = what
        .rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or(what);
    last.split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or("images")
}

fn list() -> anyhow::Result<()> {
    let catalog = Catalog::built_in()?;
    let mut table = Table::default();
    table.row(["RUNTIME", "VERSION", "", "", "LICENCE", "HERE", "FROM"]);
    let (cpu, cuda) = (&catalog.runtime, &catalog.cuda);
    for (name, version, licence, kind) in [
        ("onnxruntime", &cpu.version, &cpu.licence, RuntimeKind::Cpu),
        (
            "onnxruntime with CUDA",
            &cuda.version,
            &cuda.licence,
            RuntimeKind::Cuda,
        ),
    ] {
        let here = match cached_runtime(kind) {
            Ok(path) => yes(path.is_file()),
            Err(_) => "not for this machine",
        };
        table.row([
            name,
            version,
            "",
            "",
            licence,
            here,
            "the Python package index",
        ]);
    }
    table.row([""; 7]);
    table.row([
        "BASE", "WEIGHTS", "PIXELS", "VALUES", "LICENCE", "HERE", "FROM",
    ]);
    for base in catalog.bases() {
        let weights = format!("{:.1} million", base.weights / 1e6);
        let pixels = format!("{0} x {0}", base.size);
        let values = format!("{} or {}", base.pooled, base.logits);
        let from = base.url.first().map_or("", String::as_str);
        let licence = &base.licence;
        table.row([
            &base.name,
            &weights,
            &pixels,
            &values,
            licence,
            here(&base.name),
            from,
        ]);
    }
    for (name, base) in others(&catalog) {
        let pixels = format!("{} x {}", base.preprocess.width, base.preprocess.height);
        let values = base.bottleneck_size.to_string();
        let said = |wanted: &str| {
            let found = base.properties.iter().find(|(key, _)| key == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        let (licence, source) = (said("hd.licence"), said("hd.source"));
        table.row([&name, "", &pixels, &values, licence, "yes", source]);
    }
    table.row([""; 7]);
    table.row(["IMAGES", "", "", "", "", "HERE", "FROM"]);
    for images in &catalog.images {
        let here = yes(Path::new("data").join(&images.name).is_dir());
        table.row([&images.name, "", "", "", "", here, &images.about]);
    }
    write!(io::stdout(), "{table}")?;
    log::info!("a name that ends in {QUANTIZED} is the same base in 8-bit integers");
    Ok(())
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Whether the folder that bases are written to has one of this name.
fn here(name: &str) -> &'static str {
    yes(Path::new(MODELS).join(format!("{name}.onnx")).is_file())
}

/// The bases in that folder that the catalogue does not name, by the names of their files.
fn others(catalog: &Catalog) -> Vec<(String, Network)> {
    let listed: Vec<String> = catalog.bases().into_iter().map(|base| base.name).collect();
    // Where there is no such folder there are none.
    let entries = std::fs::read_dir(MODELS).into_iter().flatten().flatten();
    let mut others: Vec<(String, Network)> = entries
        .filter_map(|entry| {
            let name = entry
                .file_name()
                .to_string_lossy()
                .strip_suffix(".onnx")?
                .to_owned();
            let base = Network::open_base(&entry.path()).ok()?;
            (!listed.contains(&name)).then_some((name, base))
        })
        .collect();
    others.sort_by(|a, b| a.0.cmp(&b.0));
    others
}

/// Rows of words, each column as wide as its widest.
#[derive(Default)]
struct Table(Vec<[String; 7]>);

impl Table {
    fn row(&mut self, row: [&str; 7]) {
        self.0.push(row.map(str::to_owned));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = [0; 7];
        for row in &self.0 {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.0 {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}
