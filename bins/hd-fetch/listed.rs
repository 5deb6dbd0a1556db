//! What there is to list: the catalogue, and the bases of one's own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use hd::cache::RuntimeKind;
use hd::onnx::Network;
use serde::Serialize;

use crate::catalog::{Base, Catalog};
use crate::published::MODELS;

/// Everything that can be brought by name, as `--format json` prints it.
#[derive(Serialize)]
pub(crate) struct Listed {
    pub(crate) runtimes: Vec<ListedRuntime>,
    pub(crate) bases: Vec<ListedBase>,
    pub(crate) images: Vec<ListedImages>,
}

/// ONNX Runtime of one kind.
#[derive(Serialize)]
pub(crate) struct ListedRuntime {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) licence: String,
    pub(crate) here: bool,
    pub(crate) for_this_machine: bool,
    pub(crate) from: &'static str,
}

/// A base of the catalogue, or one that lies beside them.
#[derive(Serialize)]
pub(crate) struct ListedBase {
    pub(crate) name: String,
    /// How many weights it has, where that is known.
    pub(crate) weights: Option<f64>,
    /// Multiplications with an addition that an image takes, in thousand millions, where that is known.
    pub(crate) gmac: Option<f64>,
    /// Percent of ImageNet's images that its own classifier is right about, where its makers state that.
    pub(crate) top1: Option<f64>,
    /// Milliseconds of one core of this machine for an image, where that was measured.
    pub(crate) milliseconds: Option<f64>,
    /// Rows of an image.
    pub(crate) height: u32,
    /// Columns of an image.
    pub(crate) width: u32,
    /// The lengths that its bottlenecks can have.
    pub(crate) values: Vec<usize>,
    pub(crate) licence: String,
    pub(crate) here: bool,
    /// Where its weights come from.
    pub(crate) from: String,
}

/// A set of images.
#[derive(Serialize)]
pub(crate) struct ListedImages {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) here: bool,
}

impl Listed {
    /// What there is now. `time` says how long a base takes.
    pub(crate) fn now(time: &dyn Fn(&Network) -> Option<Duration>) -> Result<Self> {
        let catalog = Catalog::built_in()?;
        let published = catalog.bases();
        let own = others(&published, time);
        let published = published.iter().map(|base| listed(base, time));
        let images = catalog.images.iter().map(|images| ListedImages {
            name: images.name.clone(),
            about: images.about.clone(),
            here: Path::new("data").join(&images.name).is_dir(),
        });
        Ok(Self {
            runtimes: runtimes(&catalog)?,
            bases: published.chain(own).collect(),
            images: images.collect(),
        })
    }
}

fn runtimes(catalog: &Catalog) -> Result<Vec<ListedRuntime>> {
    let (cpu, cuda) = (&catalog.runtime.licence, &catalog.cuda.licence);
    let python = "the Python package index";
    let runtime = |name, kind: RuntimeKind, licence: &String, for_this_machine, from| {
        anyhow::Ok(ListedRuntime {
            name,
            version: kind.version(),
            licence: licence.clone(),
            here: for_this_machine && kind.library()?.is_file(),
            for_this_machine,
            from,
        })
    };
    Ok(vec![
        runtime(
            "onnxruntime",
            RuntimeKind::Cpu,
            cpu,
            catalog.library().is_ok(),
            python,
        )?,
        runtime(
            "onnxruntime with CUDA",
            RuntimeKind::Cuda,
            cuda,
            catalog.cuda().is_ok(),
            python,
        )?,
        runtime(
            "onnxruntime for browsers",
            RuntimeKind::Web,
            &catalog.web.licence,
            true,
            "the registry of npm",
        )?,
    ])
}

fn listed(base: &Base, time: &dyn Fn(&Network) -> Option<Duration>) -> ListedBase {
    let path = Path::new(MODELS).join(format!("{}.onnx", base.name));
    let network = Network::open_base(&path).ok();
    ListedBase {
        name: base.name.clone(),
        weights: Some(base.weights),
        gmac: base.gmac,
        top1: base.top1,
        milliseconds: network.and_then(|network| milliseconds(&network, time)),
        height: base.size,
        width: base.size,
        values: vec![base.pooled, base.logits],
        licence: base.licence.clone(),
        here: path.is_file(),
        from: base.origin(),
    }
}

/// The bases in the folder that bases are written to which the catalogue does not name, by the names of their files.
fn others(published: &[Base], time: &dyn Fn(&Network) -> Option<Duration>) -> Vec<ListedBase> {
    // Where there is no such folder there are none.
    let entries = fs::read_dir(MODELS).into_iter().flatten().flatten();
    let mut others: Vec<ListedBase> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = name.strip_suffix(".onnx")?;
            if published.iter().any(|base| base.name == name) {
                return None;
            }
            Some(own(name, &Network::open_base(&entry.path()).ok()?, time))
        })
        .collect();
    others.sort_by(|a, b| a.name.cmp(&b.name));
    others
}

fn milliseconds(network: &Network, time: &dyn Fn(&Network) -> Option<Duration>) -> Option<f64> {
    Some(time(network)?.as_micros() as f64 / 1e3)
}

fn own(name: &str, base: &Network, time: &dyn Fn(&Network) -> Option<Duration>) -> ListedBase {
    let said = |key: &str| base.property(key).unwrap_or_default().to_owned();
    ListedBase {
        name: name.to_owned(),
        weights: None,
        gmac: None,
        top1: None,
        milliseconds: milliseconds(base, time),
        height: base.preprocess.height,
        width: base.preprocess.width,
        values: vec![base.bottleneck_size],
        licence: said("hd.licence"),
        here: true,
        from: said("hd.source"),
    }
}
