//! `hd-fetch base`: a base out of published weights, or out of a network of the user's.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use hd::base::Runtime;
use hd::convert::{Cut, Import, QUANTIZED, quantise};
use hd::file;
use hd::onnx::Network;
use hd_cli::{Bar, Resize, misuse};
use hd_download::Progress;

use crate::import::ImportFlags;
use crate::published::{MODELS, published_base};
use crate::source::SourceFlags;

#[derive(Args)]
#[command(override_usage = "hd-fetch base [OPTIONS] <NAME>\n       \
        hd-fetch base [OPTIONS] --from <FILE> [NAME]\n       \
        hd-fetch base --describe <FILE.onnx>")]
pub(crate) struct Arguments {
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

    /// How images are brought to its size; the base carries the rule, and everything that uses it follows [default: squash;
    /// centre-crop for EfficientNet-Lite; what preprocessor_config.json beside an ONNX network says]
    #[arg(long, value_enum)]
    resize: Option<Resize>,

    /// The images to calibrate integers on: a folder with a subfolder per label, a tar, or a folder of tars
    #[arg(long, value_name = "IMAGES")]
    calibrate: Option<PathBuf>,

    /// The ONNX Runtime library, for networks of your own and for integers [default: $ORT_DYLIB_PATH, or what `hd-fetch
    /// runtime` brought]
    #[arg(long, value_name = "PATH")]
    runtime: Option<PathBuf>,

    /// Print a base's metadata, and do nothing else
    #[arg(long, value_name = "FILE.onnx", conflicts_with_all = ["name", "named", "from_file", "output", "mirror", "max_size"])]
    describe: Option<PathBuf>,

    #[command(flatten)]
    from: SourceFlags,

    #[command(flatten)]
    import: ImportFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bottleneck {
    Pooled,
    Logits,
}

impl Arguments {
    /// Does what the arguments ask for.
    pub(crate) fn run(&self) -> Result<()> {
        if let Some(path) = &self.describe {
            return Ok(write!(io::stdout(), "{}", Network::open_base(path)?)?);
        }
        let name = self.name()?;
        let load = || Runtime::load(self.runtime.as_deref());
        let bar = Bar::default();
        if self.import.list {
            let Some(import) = self.import(&name, &bar)? else {
                return Ok(());
            };
            return list_tensors(&import.candidates(&load)?);
        }
        let (plain, calibrate) = self.calibration(&name)?;
        let mut base = match self.import(plain, &bar)? {
            Some(import) => imported(&import, &load)?,
            None => self.published(plain, &bar)?,
        };
        let output =
            (self.output.clone()).unwrap_or_else(|| Path::new(MODELS).join(format!("{name}.onnx")));
        if let Some(images) = calibrate {
            bar.spin("calibrating");
            let quantised = quantise(&load()?, &Network::made(&output, base)?, &name, images);
            bar.clear();
            let quantised = quantised?;
            if let Some(reason) = quantised.left {
                log::warn!("{name}: left in float32, as {plain} is: {reason}");
            }
            base = quantised.base;
        }
        let changed = file::replace_if_changed(&output, |out| out.write_all(&base))?;
        let said = if changed { "" } else { ": it is there already" };
        log::info!("{}{said}", output.display());
        Ok(())
    }

    /// The network that `--from` names, if it names one, to become the base `name`.
    fn import(&self, name: &str, progress: &dyn Progress) -> Result<Option<Import<'_>>> {
        self.import.open(name, self.cut(), self.resize, progress)
    }

    /// The base `name` of the catalogue.
    fn published(&self, name: &str, progress: &dyn Progress) -> Result<Vec<u8>> {
        let sources = self.from.sources(progress);
        published_base(name, self.cut(), self.resize, &sources)
    }

    /// The name that the base is to have: that of its file, where none is given.
    fn name(&self) -> Result<String> {
        let stem = || {
            let stem = self.import.file()?.file_stem()?;
            Some(stem.to_string_lossy().into_owned())
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
            false if self.import.file().is_none() => Ok(name.to_lowercase()),
            false => Ok(name),
        }
    }

    /// The name without its ending, and the images to calibrate on where it has that ending.
    fn calibration<'a>(&'a self, name: &'a str) -> Result<(&'a str, Option<&'a Path>)> {
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
        match (&self.import.tensor, self.bottleneck) {
            (Some(name), _) => Cut::Named(name.clone()),
            (None, Bottleneck::Pooled) => Cut::Pooled,
            (None, Bottleneck::Logits) => Cut::Logits,
        }
    }
}

/// The base that a network of the user's becomes, with a word on what was taken from elsewhere or assumed.
fn imported(import: &Import, load: &dyn Fn() -> hd::Result<Runtime>) -> Result<Vec<u8>> {
    if import.normalises_itself() && (import.mean.is_some() || import.std.is_some()) {
        let path = import.path.display();
        bail!("{path}: it normalises pixels itself; leave --mean and --std away");
    }
    let base = import.base(load)?;
    if let Some(taken) = import.taken()? {
        log::info!("{taken}");
    }
    if import.assumes_normalisation()? {
        log::info!(
            "pixels are normalised as is usual, by ImageNet's mean and deviation (PyTorch) or to -1 to 1 \
             (TensorFlow); --mean and --std say otherwise"
        );
    }
    Ok(base)
}

fn list_tensors(tensors: &[(String, Vec<i64>)]) -> Result<()> {
    let mut out = io::stdout().lock();
    for (name, shape) in tensors {
        let sides = shape.iter().skip(1).map(|side| format!(", {side}"));
        writeln!(out, "{name}\t[N{}]", sides.collect::<String>())?;
    }
    Ok(())
}
