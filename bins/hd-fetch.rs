//! hd-fetch: brings what the other programs need.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hd::fetch::{
    Catalog, Drawings, Images, RuntimeKind, Want, cached_runtime, fetch_base, fetch_images,
    fetch_runtime,
};
use hd::photo::ResizeRule;
use hd_cli::{Bar, Common, Program};

/// Brings what the other programs need: ONNX Runtime, a base, pictures
///
/// Nothing is installed, and nothing that is brought is run before its digest was verified. Copies are kept in
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
    Base(BaseArguments),
    /// Bring labelled pictures, or draw some where none can be had
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
    /// The base, as `hd-fetch list` names it
    name: String,

    /// Where to write it [default: models/NAME.onnx]
    #[arg(short, long, value_name = "FILE.onnx")]
    output: Option<PathBuf>,

    /// How pictures are brought to its size; the base carries the rule, and everything that uses it follows
    #[arg(long, value_enum, default_value_t = Resize::Squash)]
    resize: Resize,

    #[command(flatten)]
    from: From,
}

#[derive(Clone, Copy, ValueEnum)]
enum Resize {
    /// All of a picture, whatever its proportions
    Squash,
    /// The middle of it, after its shorter side was brought to 256 pixels
    CentreCrop,
}

impl Resize {
    fn rule(self) -> ResizeRule {
        match self {
            Self::Squash => ResizeRule::Squash,
            Self::CentreCrop => ResizeRule::CentreCrop { shorter_side: 256 },
        }
    }
}

#[derive(Args)]
struct ImagesArguments {
    /// A name that `hd-fetch list` shows, or the address or path of a zip or tar with a folder per label
    #[arg(value_name = "NAME|URL|FILE")]
    what: String,

    /// The folder to make [default: data/NAME]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Draw pictures, without looking for photos
    #[arg(long, conflicts_with = "no_synthetic")]
    synthetic: bool,

    /// Fail where no photos can be had, instead of drawing pictures
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
    let BaseArguments {
        name,
        output,
        resize,
        from,
    } = arguments;
    let output = output
        .clone()
        .unwrap_or_else(|| Path::new("models").join(format!("{name}.onnx")));
    let changed = fetch_base(
        name,
        resize.rule(),
        &output,
        from.mirror.as_deref(),
        &Bar::default(),
    )?;
    log::info!(
        "{}{}",
        output.display(),
        if changed { "" } else { ": it is there already" }
    );
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
    let mut out = io::stdout().lock();
    let here = |kind| match cached_runtime(kind) {
        Ok(path) if path.is_file() => "here",
        Ok(_) => "not here",
        Err(_) => "not for this machine",
    };
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
        writeln!(out, "runtime  {name} {version}  {licence}  {}", here(kind))?;
    }
    for base in &catalog.base {
        writeln!(
            out,
            "base     {}  {}  {}",
            base.name, base.licence, base.url
        )?;
    }
    for images in &catalog.images {
        writeln!(out, "images   {}  {}", images.name, images.about)?;
    }
    Ok(())
}
